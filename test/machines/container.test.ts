import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { startContainer, whyNoContainer } from './container';
import type { Ground } from './ground';

const VOLUMES = ['vol-1', 'vol-2'];
const CHECKOUT = join(__dirname, '..', '..');

/** What a process of its own does that starts a container and is killed then. */
const STARTER = `require('./test/machines/container')
  .startContainer({ platform: 'ubuntu', volumes: ${JSON.stringify(VOLUMES)} })
  .then(() => console.log('up'));`;

// Elsewhere there is nothing to hold; which ground the tests are on is told by sample.ts.
if (whyNoContainer() === undefined) {
  describe('a container of the server’s image', () => {
    let container: Ground;
    before(async () => (container = await startContainer({ platform: 'amazon-linux', volumes: VOLUMES })));
    after(() => container?.stop());
    const print = async (script: string): Promise<string> => {
      const { rc, stdout, stderr } = await container.run(`#!/bin/bash\n${script}`, 60);
      assert.equal(rc, 0, stderr);
      return stdout.trim();
    };

    it('shows the volumes as disks with their serials, in their order', async () => {
      const serials = await print('lsblk -dnro SERIAL | grep ^vol');
      assert.equal(serials, 'vol1\nvol2');
    });

    it('shows partitions once udev has settled, and none that is gone', async () => {
      const disk = await print('lsblk -dnrpo NAME,SERIAL | sed -n "s/ vol1$//p"');
      const partitions = (change: string) => print(`${change}; udevadm settle; shopt -s nullglob; echo ${disk}p*`);
      assert.equal(await partitions(`printf ',1M\\n,1M\\n' | sfdisk -q ${disk}`), `${disk}p1 ${disk}p2`);
      assert.equal(await partitions(`sfdisk -q --delete ${disk} 2`), `${disk}p1`);
      assert.equal(await partitions(`sfdisk -q --delete ${disk} 1`), '');
    });

    it('reaches no disk but its own', async () => {
      const own = await print('lsblk -nro NAME,SERIAL | sed -n "s/ vol.$//p" | sort');
      const opened = await print(
        'find / -path /proc -prune -o -path /sys -prune -o -type b -print | while read -r node; do { : <"$node"; } && echo "${node##*/}"; done 2>/dev/null | sort',
      );
      assert.equal(opened, own);
      const made = await print(
        'for numbers in /sys/dev/block/*; do numbers=${numbers##*/}; mknod /root/disk b ${numbers/:/ } 2>&1 && echo made; done; true',
      );
      assert.ok(made.split('\n').length > 2, made);
      assert.doesNotMatch(made, /^(?!mknod: .*: Operation not permitted$)/m);
    });

    it('may do nothing to this machine’s kernel, clock and hardware', async () => {
      const bounds = BigInt(`0x${await print("sed -n 's/^CapBnd:.//p' /proc/self/status")}`);
      // As linux/capability.h numbers them.
      const refused = { SYS_MODULE: 16n, SYS_RAWIO: 17n, SYS_TIME: 25n, MKNOD: 27n, SYSLOG: 34n };
      for (const [name, bit] of Object.entries(refused)) assert.equal((bounds >> bit) & 1n, 0n, name);
    });

    it('is gone with its disks when the process that started it is killed', async () => {
      const starter = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', STARTER], {
        cwd: CHECKOUT,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(createInterface({ input: starter.stdout }), 'line');
      const keeper = readFileSync(`/proc/${starter.pid}/task/${starter.pid}/children`, 'utf8').trim();
      const loops = readdirSync(`/proc/${keeper}/fd`)
        .map((name) => readlinkSync(`/proc/${keeper}/fd/${name}`))
        .filter((target) => target.startsWith('/dev/loop'));
      const attached = (): string[] =>
        execFileSync('losetup', ['--noheadings', '--raw', '--output', 'NAME,BACK-MAJ:MIN,BACK-INO'], {
          encoding: 'utf8',
        })
          .split('\n')
          .filter((line) => loops.includes(line.split(' ')[0] ?? ''));
      const before = attached();
      assert.equal(before.length, VOLUMES.length);

      starter.kill('SIGKILL');
      while (existsSync(`/proc/${keeper}`)) await pause(20);
      while (attached().some((line) => before.includes(line))) await pause(20);
    });
  });
}
