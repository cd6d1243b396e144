import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../../src/core/remote/reasons';
import { startBench, type ScriptBench } from './scriptBench';

const FOLDER = join(__dirname, '../fixtures/disks');
const ENDING = '.tar.gz';
/** The kinds that are mounted; all others are left alone. */
const MOUNTABLE = ['ext4', 'xfs'];
/** What `mount.sh` says of disks that blkid does not tell the file system of: two signatures, or a partition table without partitions. */
const NOT_BLANK = ['two', 'swap_xfs', 'gpt', 'mbr'];
/** How blkid calls what its file is not called. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ lvm: 'LVM2_member', mdraid: 'linux_raid_member', luks: 'crypto_LUKS', luks1: 'crypto_LUKS' },
};

const names = readdirSync(FOLDER).flatMap((file) => (file.endsWith(ENDING) ? [file.slice(0, -ENDING.length)] : []));

describe('mount.sh before a disk that holds something', function () {
  this.timeout(1_800_000);
  let bench: ScriptBench;
  before(async () => {
    bench = await startBench({ signatures: 'set_up_mount' });
  });
  after(() => bench?.stop());

  const call = (check: string, name: string, ...more: string[]) =>
    bench.run(
      'signatures',
      [check, name, readFileSync(join(FOLDER, `${name}${ENDING}`)).toString('base64'), ...more].join(' '),
    );

  it('is tried out with at least ten kinds of file systems, and with LVM, RAID, swap, encryption, tables and two signatures', () => {
    assert.ok(names.length >= 20, `${names.length} kinds`);
    for (const name of [
      'ext2',
      'btrfs',
      'vfat',
      'ntfs',
      'f2fs',
      'lvm',
      'mdraid',
      'swap',
      'luks',
      'gpt',
      'mbr',
      'two',
    ]) {
      assert.ok(names.includes(name), name);
    }
  });

  for (const name of names.filter((one) => !MOUNTABLE.includes(one))) {
    const isTold = !NOT_BLANK.includes(name);
    const type = TYPES[name] ?? name;
    it(`changes no byte of ${name}, whatever the tag of the volume says, and tells what it found`, async () => {
      const reason = isTold ? `$'other-file-system\\tvol-1\\tDISK\\t${type}'` : `$'not-blank\\tvol-1\\tDISK'`;
      await call('keeps', name, reason);
      const line = isTold ? `other-file-system\tvol-1\t/dev/xvdf\t${type}` : 'not-blank\tvol-1\t/dev/xvdf';
      const sentence = reasonOf(`sitelift: ${line}`)?.message;
      assert.match(sentence ?? '', isTold ? new RegExp(`vol-1 has a ${type} file system`) : /not formatted/);
    });
  }

  for (const name of ['btrfs', 'lvm', 'mdraid', 'luks', 'swap', 'two']) {
    it(`changes no byte of ${name} in a partition that an interrupted run has made`, async () => {
      await call('keeps_partition', name);
    });
  }

  for (const name of MOUNTABLE) {
    it(`takes ${name} as it is`, async () => void (await call('keeps_mountable', name)));
  }
});
