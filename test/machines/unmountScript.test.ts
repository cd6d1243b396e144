import assert from 'node:assert/strict';
import { sampleOnServer } from './sample';
import { expectKills, startBench, type ScriptBench } from './scriptBench';

/** The checks of `guest/mount.sh` for `unmount.sh` and what each promises. */
const PROMISES = {
  unmounts: 'stops the web server, unmounts and forgets the volume, and does nothing a second time',
  unmount_gone: 'forgets a volume that is gone already',
  unmount_busy: 'leaves mounted what something still uses, and tells so',
  unmount_elsewhere: 'tells where else the volume is mounted',
  unmount_other: 'leaves what is mounted there by others',
  unmount_order: 'forgets the volume last',
} as const;

describe('unmount.sh on a real server', function () {
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
    const commands = (await bench.run('mount', 'changes_of_unmount')).trim().split('\n');
    assert.ok(commands.length > 5, `${commands.length} commands`);
    await expectKills(
      bench,
      'mount',
      'kills_unmount',
      sampleOnServer(commands, { contained: 8, emulated: 2 }, 'unmount'),
    );
  });
});
