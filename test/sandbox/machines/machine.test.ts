import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createAuthority } from '../authority';
import { TestMachines, type Result } from './testMachines';

const LIMIT_MS = 900_000;
const DISK = `disk() { lsblk --nodeps --noheadings --output NAME,SERIAL | awk -v s="$1" '$2 == s { print "/dev/" $1 }'; }
wait_for() { while [ -z "$(disk "$1")" ]; do sleep 0.1; done; }
`;
const DATA = 'vol-0123456789abcdef0';
const SERIAL = 'vol0123456789abcdef0';

async function listen(answer: (path: string) => string): Promise<Server & { port: number }> {
  const server = createServer((request, response) => response.end(answer(request.url ?? '')));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

describe('an instance of the sandbox', function () {
  this.timeout(LIMIT_MS);
  let proxy: Server & { port: number };
  let other: Server & { port: number };
  let machines: TestMachines;
  let authority: string;
  before(async () => {
    proxy = await listen((path) => `asked for ${path}`);
    other = await listen(() => 'not for instances');
    authority = (await createAuthority()).pem;
    machines = await TestMachines.start(proxy.port, authority);
    await machines.launch('i-1');
  });
  after(async () => {
    await machines.stop();
    proxy.close();
    other.close();
  });

  it('runs scripts as root and answers with their exit code and both outputs', async () => {
    const script = '#!/bin/bash\nid -un; echo "Grüße $((6 * 7))" >&2; read -r line; exit 3';
    const { rc, stdout, stderr } = await machines.begin('i-1', script, 60).result;
    assert.deepEqual([rc, stdout, stderr], [3, 'root\n', 'Grüße 42\n']);
    const long = await machines.print('i-1', `printf %s '${'x'.repeat(60_000)}'`);
    assert.equal(long.length, 60_000);
  });

  it('looks like Amazon Linux to a script', async () => {
    assert.equal(await machines.print('i-1', '. /etc/os-release; echo $ID $VERSION_ID'), 'amzn 2023');
    const programs = await machines.print('i-1', 'for p in dnf yum apt-get httpd; do command -v $p; done; true');
    assert.equal(programs, '/usr/bin/dnf\n/usr/bin/yum');
    assert.match(await machines.print('i-1', 'hostname'), /^ip-172-31-\d+-\d+\.ec2\.internal$/);
  });

  it('knows the time of the host', async () => {
    const skewSeconds = Number(await machines.print('i-1', 'date +%s')) - Date.now() / 1000;
    assert.ok(Math.abs(skewSeconds) < 60, `${skewSeconds} s apart`);
  });

  it('trusts the authority of the sandbox', async () => {
    const last = await machines.print('i-1', "tac /etc/ssl/certs/ca-certificates.crt | sed '/BEGIN/q' | tac");
    assert.equal(last, authority.trim());
  });

  it('reaches the proxy, several times at once, and nothing else', async () => {
    const many = 'for n in 1 2 3 4; do curl -sS http://bucket.example/$n -o out$n & done; wait; cat out*';
    const asked = [1, 2, 3, 4].map((n) => `asked for http://bucket.example/${n}`).join('');
    assert.equal(await machines.print('i-1', many), asked);
    const direct = `curl -sS --noproxy '*' --max-time 10 http://10.0.2.2:${other.port}/`;
    const { rc, stdout } = await machines.begin('i-1', direct, 60).result;
    assert.deepEqual([rc === 0, stdout], [false, '']);
  });

  it('kills a script that runs too long, with all that it started', async () => {
    let killed: Result;
    let limitSeconds = 1;
    // A busy machine may not have begun by then.
    do {
      limitSeconds *= 2;
      killed = await machines.begin('i-1', 'echo begun; sleep 1000 & sleep 1000', limitSeconds).result;
    } while (killed.stdout === '' && limitSeconds < 60);
    assert.deepEqual([killed.rc, killed.stdout, killed.timed_out], [137, 'begun\n', true]);
    // What is killed takes its time to go on a busy machine.
    const untilNone = 'for try in {1..500}; do pgrep -x sleep >/dev/null || break; done; pgrep -x sleep || echo none';
    assert.equal(await machines.print('i-1', untilNone), 'none');
  });

  it('kills a script that is cancelled', async () => {
    const { result, cancel } = machines.begin('i-1', 'touch /run/begun; sleep 1000', 600);
    await machines.print('i-1', 'while [ ! -e /run/begun ]; do sleep 0.1; done');
    cancel();
    const { rc, cancelled } = await result;
    assert.deepEqual([rc, cancelled], [137, true]);
  });

  it('installs httpd when told to, neither enabled nor running before it is asked', async () => {
    await machines.print('i-1', 'dnf install -y httpd');
    const state = 'systemctl is-enabled httpd; systemctl is-active httpd; true';
    assert.equal(await machines.print('i-1', state), 'disabled\ninactive');
    assert.match(await machines.print('i-1', 'httpd -M 2>/dev/null'), /rewrite_module[^]*|headers_module/);
    await machines.print('i-1', 'systemctl enable --now httpd');
    assert.match(await machines.page('i-1'), /It works/);
    const unknown = await machines.begin('i-1', 'dnf install -y no-such-thing', 60).result;
    assert.deepEqual([unknown.rc, unknown.stderr], [1, 'Error: Unable to find a match: no-such-thing\n']);
  });

  it('shows a volume by its serial, whatever was plugged in before it', async () => {
    await machines.call('create_volume', 'vol-0decoy', 1);
    await machines.call('create_volume', DATA, 2);
    await machines.call('attach', 'i-1', 'vol-0decoy');
    await machines.call('attach', 'i-1', DATA);
    const size = `${DISK} wait_for ${SERIAL}; lsblk --nodeps --noheadings --bytes --output SIZE $(disk ${SERIAL})`;
    assert.equal(Number(await machines.print('i-1', size)), 2 * 2 ** 30);
    await machines.call('detach', 'i-1', 'vol-0decoy');
    assert.equal(await machines.print('i-1', 'ls /sys/class/nvme | wc -l'), '1');
    await assert.rejects(machines.call('attach', 'i-1', 'vol-0missing'), /There is no volume/);
  });

  it('comes back from a reboot with its volumes mounted and its web server started', async () => {
    const mount = `${DISK} set -e; d=$(disk ${SERIAL})
      echo 'size=250MiB,type=linux' | sfdisk --quiet --label gpt $d; udevadm settle; mkfs.ext4 -q "\${d}p1"
      echo "UUID=$(blkid -o value -s UUID "\${d}p1") /var/www/html ext4 defaults,nofail,x-systemd.device-timeout=30 0 2" >> /etc/fstab
      systemctl daemon-reload; mount /var/www/html; echo kept > /var/www/html/index.html`;
    await machines.print('i-1', mount);
    const boot = await machines.print('i-1', 'cat /proc/sys/kernel/random/boot_id');
    await machines.call('reboot', 'i-1');
    assert.equal(await machines.call('ready', 'i-1'), false);
    await machines.ready('i-1');
    await machines.print('i-1', 'systemctl is-system-running --wait');
    assert.notEqual(await machines.print('i-1', 'cat /proc/sys/kernel/random/boot_id'), boot);
    assert.equal((await machines.processes()).length, 1);
    assert.equal(await machines.page('i-1'), 'kept\n');
  });

  it('comes back from a restart of the guest’s own, and counts as running meanwhile', async () => {
    const restart = 'sync; echo 1 > /proc/sys/kernel/sysrq; echo b > /proc/sysrq-trigger; sleep 1000';
    await assert.rejects(machines.print('i-1', restart), /MachineGone/);
    await machines.state('i-1', 'running');
    await machines.ready('i-1');
    await machines.print('i-1', 'systemctl is-system-running --wait');
    assert.equal(await machines.page('i-1'), 'kept\n');
    assert.equal((await machines.processes()).length, 1);
  });

  it('says that it is gone to a script under which it powers off, and counts as stopped', async () => {
    await assert.rejects(machines.print('i-1', 'poweroff; sleep 1000'), /MachineGone/);
    await machines.state('i-1', 'stopped');
    assert.equal(await machines.call('http_port', 'i-1'), null);
    await assert.rejects(machines.print('i-1', 'true'), /MachineGone/);
  });

  it('takes and gives a volume although its emulator ends meanwhile', async () => {
    for (const method of ['attach', 'detach']) {
      await machines.call('start', 'i-1');
      await machines.ready('i-1');
      const [emulator] = await machines.processes();
      assert.ok(emulator !== undefined);
      // A halted one takes the command and does not answer.
      process.kill(emulator, 'SIGSTOP');
      await Promise.all([
        machines.call(method, 'i-1', 'vol-0decoy'),
        machines.call('state', 'i-1').then(() => process.kill(emulator, 'SIGKILL')),
      ]);
      await machines.state('i-1', 'stopped');
    }
  });

  it('keeps its disk and its volumes over a stop, and takes one that grew meanwhile', async () => {
    await machines.call('resize_volume', DATA, 3);
    await machines.call('start', 'i-1');
    await machines.ready('i-1');
    await machines.print('i-1', 'systemctl is-system-running --wait');
    assert.equal(await machines.page('i-1'), 'kept\n');
    const size = await machines.print('i-1', `${DISK} lsblk --nodeps --noheadings --bytes -o SIZE $(disk ${SERIAL})`);
    assert.equal(Number(size), 3 * 2 ** 30);
  });

  it('leaves its volume, with everything on it, to the next instance', async () => {
    const own = 'cat /etc/machine-id; hostname; cat /proc/sys/kernel/random/uuid';
    const first = (await machines.print('i-1', own)).split('\n');
    await machines.call('terminate', 'i-1');
    await machines.launch('i-2', 'ubuntu');
    await machines.call('attach', 'i-2', DATA);
    await machines.state('i-1', 'terminated');
    const look = `${DISK} wait_for ${SERIAL}; udevadm settle; mount "$(disk ${SERIAL})p1" /mnt; cat /mnt/index.html`;
    assert.equal(await machines.print('i-2', look), 'kept');
    for (const value of (await machines.print('i-2', own)).split('\n')) assert.ok(!first.includes(value), value);
    assert.equal(
      await machines.print('i-2', '. /etc/os-release; echo $ID; command -v apt-get'),
      'ubuntu\n/usr/bin/apt-get',
    );
  });

  it('holds the package lists of a fresh Ubuntu locked, so that apt says what it says there', async () => {
    await machines.launch('i-3', 'ubuntu', 1e6);
    const refused = await machines.begin('i-3', 'apt-get update', 60).result;
    assert.equal(refused.rc, 100);
    const held = /Could not get lock \/var\/lib\/apt\/lists\/lock\. It is held by process (\d+) \(apt-get\)/;
    const holder = held.exec(refused.stderr)?.[1];
    assert.ok(holder, refused.stderr);
    await machines.print('i-3', `kill ${holder}; tail --pid=${holder} -f /dev/null; apt-get update`);
    await machines.call('terminate', 'i-3');
    await machines.launch('i-4', 'ubuntu', 1);
    await machines.print('i-4', 'until apt-get update; do sleep 0.5; done');
    await machines.call('terminate', 'i-4');
  });

  it('does not outlive the process that started it, even when that is killed', async () => {
    const processes = await machines.processes();
    assert.ok(processes.length > 0);
    await machines.crash();
    while (processes.some(isAlive)) await pause(50);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
