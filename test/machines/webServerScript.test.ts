import assert from 'node:assert/strict';
import { reasonOf } from '../../src/core/remote/reasons';
import webServerScript from '../../src/core/remote/scripts/webServer.sh';
import type { Ground } from './ground';
import { startScriptServer } from './scriptServer';

const WITHOUT_PATIENCE = webServerScript.replace('SECONDS + 300', 'SECONDS + 0');

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

describe('webServer.sh on a real Ubuntu server', function () {
  this.timeout(900_000);
  let server: Ground;
  before(async () => (server = await startScriptServer({ platform: 'ubuntu', volumes: [] })));
  after(() => server?.stop());

  const run = (around: string, script: string) => server.run(`#!/bin/bash\n${around}\n(${script}\n)`, 600);
  const without = (what: string) =>
    `mv ${what} ${what}.away; trap 'mv ${what}.away ${what}' EXIT; rm -rf /var/lib/apt/lists/*_*`;

  it('tells the last line of apt when there is no such package', async () => {
    const { rc, stderr } = await run(without('/etc/apt/sources.list'), webServerScript);
    assert.equal(rc, 1, stderr);
    assert.match(reasonOf(stderr)?.message ?? stderr, /could not be installed: “E: .*apache2.*”\. .*way out/);
  });

  it('tells the error of dnf when there is no such package', async () => {
    const dnf = 'mkdir -p /root/dnf; ln -sf /usr/lib/sandbox/dnf /root/dnf/dnf; PATH=/root/dnf:$PATH';
    const { rc, stderr } = await run(`${dnf}\n${without('/etc/apt/sources.list')}`, webServerScript);
    assert.equal(rc, 1, stderr);
    assert.match(reasonOf(stderr)?.message ?? stderr, /could not be installed: “Error: .*httpd.*”/);
  });

  it('tells that the package lists are locked when they stay so', async () => {
    const { rc, stderr } = await run(holdLock(true), WITHOUT_PATIENCE);
    assert.equal(rc, 1, stderr);
    assert.match(reasonOf(stderr)?.message ?? stderr, /were locked by another program.*“E: .*lock/);
  });

  it('waits while another program holds the lock of the package lists', async () => {
    const { rc, stderr } = await run(holdLock(false), webServerScript);
    assert.equal(rc, 0, stderr);
    const { stdout } = await server.run(
      '#!/bin/sh\nls /root/failed; systemctl is-enabled apache2; systemctl is-active apache2',
      60,
    );
    assert.equal(stdout, '/root/failed\nenabled\nactive\n');
  });
});
