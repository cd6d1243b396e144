import assert from 'node:assert/strict';
import { sampleOnServer } from './sample';
import { expectKills, startBench, type ScriptBench } from './scriptBench';

/** The checks of `guest/grow.sh` and what each promises. */
const PROMISES = {
  grows:
    'makes the partition as large as asked, then all of the disk, under the pages, and changes nothing a second time',
  never_smaller: 'makes nothing smaller',
  no_room: 'takes no more than there is, and nothing of the next partition',
  ours_alone: 'touches nothing but the partition of the volume that is on the document root',
  not_seen_yet: 'begins nothing while the server does not see the new size, which it tells',
  tells: 'tells what the programs say, and goes on where it stopped',
} as const;

describe('grow.sh on a real server', function () {
  this.timeout(1_800_000);
  let bench: ScriptBench;
  before(async () => {
    bench = await startBench({ grow: 'set_up_mount' });
  });
  after(() => bench?.stop());

  for (const [name, promise] of Object.entries(PROMISES)) {
    it(promise, async () => void (await bench.run('grow', `check_${name}`)));
  }

  it('killed before any of its commands that changes something, comes to the same end the next time', async () => {
    const commands = (await bench.run('grow', 'changes_of_grow')).trim().split('\n');
    assert.ok(commands.length >= 5, `${commands.length} commands`);
    await expectKills(bench, 'grow', 'kills_grow', sampleOnServer(commands, { contained: 16, emulated: 4 }, 'grow'));
  });
});
