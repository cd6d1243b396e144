import assert from 'node:assert/strict';
import { sampleOnServer } from './sample';
import { expectKills, startBench, type ScriptBench } from './scriptBench';

/** The checks of `guest/deploy.sh` and what each promises. */
const PROMISES = {
  publishes: 'puts all pages in place, a second time as well',
  list: 'lists the sum and the path of each file that it published, whatever the names',
  changes: 'puts in place what changed, deletes what is gone, and touches nothing else',
  base: 'changes nothing when the changes are for another list of files',
  result: 'changes nothing when what would come of it is not the release',
  nothing_new: 'fetches nothing when the changes are in place already, but makes the settings',
  repairs: 'puts right what somebody changed when all pages are sent',
  stays: 'deletes nothing that was there before the site, and lists it no more',
  leaves: 'deletes only what is as it was published, through no link, and tells what it left',
  leaves_folders: 'leaves folders where something else is in them, and what cannot be deleted',
  swap: 'changes nothing when a file that becomes a folder, or the reverse, is not as it was published',
  cut_short: 'comes to one release after changes that were cut short, whatever is published next',
  many: 'reads ten thousand files in a few processes',
  verify: 'is followed by a look that tells how the document root differs from what was published',
  strange: 'takes nothing that leads out of the root or into its own folder, whatever lists and bundles say',
  release: 'leaves what somebody else published meanwhile',
  space: 'changes nothing when the volume is too full',
  inodes: 'changes nothing when the volume cannot hold as many files',
  sum: 'changes nothing when the pages are not the ones that were sent',
  cut_bundle: 'changes nothing when the bundle is broken',
  one_copy: 'needs room for the pages once, and none for their bundle',
  full_meanwhile: 'changes nothing when the volume fills up while it unpacks, by bytes or by files',
  secret: 'keeps the URL out of arguments and messages',
  order:
    'notes what it places, then makes folders, style sheets and pages, new ones before others, then waits and deletes, then notes the release, each safe on the disk',
  rename: 'replaces a page by another file and never writes into it',
  label: 'gives each file its SELinux label before it is placed',
  links: 'follows no link, wherever it lies',
  other_kind: 'changes nothing where something else than a file is in the way',
  not_placed: 'tells that placing was cut short until it is done again',
  fetch: 'tells a refused URL from a lost connection, and tries again where that helps',
  charset: 'lets pages say their encoding themselves',
  private: 'denies its own folder and listings, and redirects images',
  settings: 'leaves the web server with the former settings when it refuses the new ones',
  settings_order: 'loads other settings once their pages are there, and at once where none are known to be in force',
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

  for (const [from, some, what] of [
    [
      'changes',
      8,
      'the same changes, all pages where those are refused, and then the former release leave its pages alone',
    ],
    ['changes_back', 4, 'after changes the former publication alone leaves pages of one release'],
    ['A', 8, 'the same publication and then the former one leave pages of one release each'],
    ['back', 4, 'the former publication alone leaves pages of one release'],
    ['settings', 6, 'the same changes with the same settings, and then the former release with its own, converge'],
    ['new', 4, 'the first publication of a server still loads its settings'],
  ] as const) {
    it(`killed before any of its commands that changes something: ${what}`, async () => {
      const commands = (await bench.run('deploy', `changes_of_deploy ${from}`)).trim().split('\n');
      assert.ok(commands.length > 30, `${commands.length} commands`);
      const chosen = sampleOnServer(commands, { contained: some, emulated: some }, `deploy ${from}`);
      await expectKills(bench, 'deploy', `kills_deploy ${from}`, chosen);
    });
  }
});
