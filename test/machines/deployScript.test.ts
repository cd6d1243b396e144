import assert from 'node:assert/strict';
import { sample } from './sample';
import { expectKills, SCRIPTS, startBench, type ScriptBench } from './scriptBench';

/** The checks of `guest/deploy.sh` and what each promises. */
const PROMISES = {
  publishes: 'puts all pages in place, a second time as well',
  release: 'leaves what somebody else published meanwhile',
  space: 'changes nothing when the volume is too full',
  inodes: 'changes nothing when the volume cannot hold as many files',
  sum: 'changes nothing when the pages are not the ones that were sent',
  cut_bundle: 'changes nothing when the bundle is broken',
  one_copy: 'needs room for the pages once, and none for their bundle',
  full_meanwhile: 'changes nothing when the volume fills up while it unpacks, by bytes or by files',
  secret: 'keeps the URL out of arguments and messages',
  order:
    'makes folders first, then notes what it places, then style sheets, then pages, then the release, each safe on the disk',
  rename: 'replaces a page by another file and never writes into it',
  links: 'follows no link, wherever it lies',
  other_kind: 'changes nothing where something else than a file is in the way',
  not_placed: 'tells that placing was cut short until it is done again',
  fetch: 'tells a refused URL from a lost connection, and tries again where that helps',
  charset: 'lets pages say their encoding themselves',
  private: 'denies its own folder and listings, and redirects images',
  settings: 'leaves the web server with the former settings when it refuses the new ones',
  not_mounted: 'writes nothing when the volume is not mounted',
  busy: 'waits for another run and gives up in the end',
} as const;

describe('deploy.sh on a real server', function () {
  this.timeout(1_800_000);
  let bench: ScriptBench;
  before(async () => {
    bench = await startBench({ deploy: 'set_up_deploy' });
  });
  after(() => bench?.stop());

  for (const [name, promise] of Object.entries(PROMISES)) {
    it(promise, async () => void (await bench.run('deploy', `check_${name}`)));
  }

  for (const [from, count, what] of [
    ['A', 8, 'the same publication and then the former one leave pages of one release each'],
    ['back', 4, 'the former publication alone leaves pages of one release'],
    ['new', 4, 'the first publication of a server still loads its settings'],
  ] as const) {
    it(`killed before any of its commands that changes something: ${what}`, async () => {
      const commands = (await bench.run('deploy', `changes_of_deploy ${from}`)).trim().split('\n');
      assert.ok(commands.length > 30, `${commands.length} commands`);
      const chosen = sample(commands, count, `${from}${SCRIPTS.deploy}`);
      await expectKills(bench, 'deploy', `kills_deploy ${from}`, chosen);
    });
  }
});
