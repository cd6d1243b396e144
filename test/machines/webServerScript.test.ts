import assert from 'node:assert/strict';
import { reasonOf } from '../../src/core/remote/reasons';
import webServerScript from '../../src/core/remote/scripts/webServer.sh';
import { mutated } from './fault';
import type { Ground, Wanted } from './ground';
import { sampleOnServer } from './sample';
import { startScriptServer } from './scriptServer';

/**
 * Shell code that holds the lock of apt's lists as a fresh server's own update does, until apt-get has failed once; with `forever`, until its
 * end. A lock of fcntl goes with its process.
 */
const holdLock = (forever: boolean) => `
rm -rf /root/bin /root/locked /root/failed; mkdir /root/bin
perl -e 'use Fcntl; my $all = pack("s s x4 q q l x4", F_WRLCK, 0, 0, 0, 0);
  open F, ">", "/var/lib/apt/lists/lock" or die $!; fcntl F, F_SETLK, $all or die $!;
  open G, ">", "/root/locked" or die $!; sleep 1 until -e "/root/failed"' >/dev/null &
holder=$!
until [ -e /root/locked ]; do kill -0 $holder || exit 2; sleep 0.1; done
cat >/root/bin/apt-get <<'X'
#!/bin/bash
/usr/bin/apt-get "$@"; status=$?
${forever ? '' : '[ $status = 0 ] || touch /root/failed'}
exit $status
X
chmod 755 /root/bin/apt-get; PATH=/root/bin:$PATH; trap 'kill $holder' EXIT`;

const without = (what: string) =>
  `mv ${what} ${what}.away; trap 'mv ${what}.away ${what}' EXIT; rm -rf /var/lib/apt/lists/*_*`;
const dnf = 'mkdir -p /root/dnf; ln -sf /usr/lib/sandbox/dnf /root/dnf/dnf; PATH=/root/dnf:$PATH';

/** What webServer.sh promises under some circumstances, and faults that somebody could write into it and that must be noticed then. */
interface Promised {
  readonly platform: Wanted['platform'];
  readonly title: string;
  /** Shell code that makes the circumstances. */
  readonly around: string;
  readonly script?: string;
  /** What is to be seen afterwards, by shell code, when it succeeds; else what the reason says. */
  readonly seen: readonly [look: string, output: string] | RegExp;
  readonly faults: readonly (readonly [fault: string, find: string, put: string])[];
}

// The last of a platform installs the web server.
const PROMISES: readonly Promised[] = [
  {
    platform: 'ubuntu',
    title: 'tells the last line of apt when there is no such package',
    around: without('/etc/apt/sources.list'),
    seen: /could not be installed: “E: .*apache2.*”\. .*way out/,
    faults: [
      ['what apt says is not told', 'last_line() {', 'last_line() { return;'],
      ['a failed installation is ignored', '  } || stop packages-failed "$(last_line)"', '  } || true'],
    ],
  },
  {
    platform: 'ubuntu',
    title: 'tells the error of dnf when there is no such package',
    around: `${dnf}\n${without('/etc/apt/sources.list')}`,
    seen: /could not be installed: “Error: .*httpd.*”/,
    faults: [['what dnf says is not told', '"${missing[@]}" >"$said"', '"${missing[@]}" >/dev/null']],
  },
  {
    platform: 'ubuntu',
    title: 'tells that the package lists are locked when they stay so',
    around: holdLock(true),
    script: webServerScript.replace('SECONDS + 300', 'SECONDS + 0'),
    seen: /were locked by another program.*“E: .*lock/,
    faults: [['the lock is told as something else', 'stop packages-busy', 'stop packages-failed']],
  },
  {
    platform: 'ubuntu',
    title: 'waits while another program holds the lock of the package lists',
    around: holdLock(false),
    seen: [
      'ls /root/failed; systemctl is-enabled apache2; systemctl is-active apache2',
      '/root/failed\nenabled\nactive\n',
    ],
    faults: [['the lock is not waited for', `grep -q 'Could not get lock' "$said" || return 1`, 'return 1']],
  },
  {
    platform: 'amazon-linux',
    title: 'starts the web server, for every boot, also one that was stopped',
    around: 'systemctl disable -q --now httpd 2>/dev/null',
    seen: ['systemctl is-enabled httpd; systemctl is-active httpd', 'enabled\nactive\n'],
    faults: [
      ['it is not installed', 'is_there httpd || missing', 'true || missing'],
      ['it is not started at boot', 'systemctl enable --now', 'systemctl start'],
      ['it is not started now', 'systemctl enable --now', 'systemctl enable'],
    ],
  },
];

for (const platform of ['ubuntu', 'amazon-linux'] as const) {
  describe(`webServer.sh on a real server (${platform})`, function () {
    this.timeout(900_000);
    let server: Ground;
    before(async () => (server = await startScriptServer({ platform, volumes: [] })));
    after(() => server?.stop());

    async function holds({ around, seen }: Promised, script: string): Promise<void> {
      const { rc, stderr } = await server.run(`#!/bin/bash\n${around}\n(${script}\n)`, 600);
      if (seen instanceof RegExp) {
        assert.equal(rc, 1, stderr);
        assert.match(reasonOf(stderr)?.message ?? stderr, seen);
      } else {
        assert.equal(rc, 0, stderr);
        assert.equal((await server.run(`#!/bin/sh\n${seen[0]}`, 60)).stdout, seen[1]);
      }
    }

    for (const promised of PROMISES.filter((one) => one.platform === platform)) {
      const { title, script = webServerScript, faults } = promised;
      for (const [fault, find, put] of sampleOnServer(faults, { contained: 1, emulated: 1 }, title)) {
        it(`notices that ${fault}`, async () => {
          const changed = mutated(script, { fault, find, put });
          await assert.rejects(holds(promised, changed), { name: 'AssertionError' });
        });
      }
      it(title, () => holds(promised, script));
    }
  });
}
