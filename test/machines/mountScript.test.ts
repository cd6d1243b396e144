import assert from 'node:assert/strict';
import { sampleOnServer } from './sample';
import { expectKills, startBench, type ScriptBench } from './scriptBench';

/** The checks of `guest/mount.sh` and what each promises. */
const PROMISES = {
  mounts: 'mounts a new partition with the old pages, by UUID, and changes nothing a second time',
  whole_disk: 'takes the whole disk where no partition size is wanted',
  serial: 'takes the disk by its serial and leaves the other one as it is',
  no_disk: 'tells a disk that does not show up',
  not_ours: 'never formats a disk that Sitelift did not create',
  ambivalent_disk: 'never formats a disk with two signatures, for which blkid names no type',
  ambivalent_partition: 'never formats a partition with two signatures, not even one of its own making',
  empty_table: 'never formats a disk with an empty partition table',
  other_contents: 'never formats a disk or partition with other contents',
  keeps_volume: 'mounts a volume with the pages that it holds',
  other_mount: 'leaves what is mounted there by others, with or without a UUID',
  other_fstab_line: 'leaves lines of fstab that are not its own, and does not mount over them',
  own_fstab_line: 'replaces its own line of fstab and no other',
  too_big: 'copies nothing when the old pages do not fit, by bytes or by files',
  copies_again: 'copies the old pages again when that was cut short',
  copy_from_elsewhere: 'keeps what came across from another server before it was cut short',
  copy_order: 'notes that it copies before the first page, and mounts for every boot last',
  aside: 'puts away what a killed run left mounted aside',
  boot_order: 'lets the web server wait for the volume',
  look: 'is seen by a look inside: the disk, its place in fstab, the release and the web server as they are',
} as const;

describe('mount.sh on a real server', function () {
  this.timeout(1_800_000);
  let bench: ScriptBench;
  before(async () => {
    bench = await startBench({ mount: 'set_up_mount' });
  });
  after(() => bench?.stop());

  for (const [name, promise] of Object.entries(PROMISES)) {
    it(promise, async () => void (await bench.run('mount', `check_${name}`)));
  }

  it('killed before any of its commands that changes something, comes to the same end the next time', async () => {
    const commands = (await bench.run('mount', 'changes_of_mount')).trim().split('\n');
    assert.ok(commands.length > 25, `${commands.length} commands`);
    await expectKills(bench, 'mount', 'kills_mount', sampleOnServer(commands, { contained: 16, emulated: 8 }, 'mount'));
  });
});
