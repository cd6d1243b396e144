import assert from 'node:assert/strict';
import { run } from '../../src/core/plan';
import { planReplace } from '../../src/core/resources/server/planReplace';
import { planRestore } from '../../src/core/resources/volume/planRestore';
import { planSnapshot } from '../../src/core/resources/volume/planSnapshot';
import { known } from '../../src/core/resources/resource';
import { listSiteSnapshots } from '../../src/core/resources/volume/snapshots';
import { planProvision } from '../../src/core/resources/planProvision';
import { newOp } from '../core/sandbox';
import { keysOf } from '../core/resources/provisioned';
import { idsOf, instancesOf, volumesOf } from '../core/resources/succeeded';
import { eventually, fetched, newSite, type SiteDriver } from './siteDriver';

describe('a real server whose volume, and which itself, another one takes the place of', function () {
  this.timeout(1_800_000);
  let site: SiteDriver;
  before(async () => {
    site = await newSite((file) => {
      file['server'] = { address: 'elastic' };
      file['volume'] = { sizeGib: 1 };
    });
    await site.put('index.html', '<!doctype html><title>one</title>\n');
    await site.put('kept.txt', 'one');
    await site.put('_redirects', '/former /kept.txt 302\n');
    await site.provision();
    await site.publish();
  });
  after(() => site?.remove());

  const nothingToDo = async () =>
    assert.deepEqual(keysOf(planProvision('all', site.context, await site.describe())), []);
  const redirects = async () => {
    const address = await host();
    const isRedirected = (path: string) => fetched(address, path).status.startsWith('302');
    return { former: isRedirected('former'), later: isRedirected('later') };
  };
  const host = async () => (await site.server()).host;

  it('serves the older bytes once a snapshot is restored, keeps the newer ones, and is published to again', async () => {
    const request = { id: 'click', name: 'one' };
    await run(planSnapshot(site.context, await site.describe(), [], request), newOp());
    await site.put('kept.txt', 'two');
    await site.put('_redirects', '/later /kept.txt 302\n');
    await site.publish();
    assert.equal(await eventually(await host(), 'kept.txt'), 'two');
    assert.deepEqual(await redirects(), { former: false, later: true });
    const before = await idsOf(site.context);
    const snapshots = await listSiteSnapshots(site.context, newOp());
    const plan = planRestore(site.context, await site.describe(), snapshots, snapshots[0]?.snapshotId ?? '');
    assert.deepEqual(keysOf(plan).slice(1), ['unmount', 'detach', 'switchVolume', 'attachment', 'mount', 'webServer']);
    await run(plan, newOp());
    assert.equal(await eventually(await host(), 'kept.txt'), 'one');
    assert.deepEqual(await redirects(), { former: true, later: false });
    await nothingToDo();
    const { 'former-volume': formers = [] } = await volumesOf(site.context);
    assert.deepEqual(
      formers.map(({ VolumeId }) => VolumeId),
      [before.volumeId],
    );
    // What is on it again is none of what the ledger tells, which a publication sees.
    await site.publish();
    assert.equal(await eventually(await host(), 'kept.txt'), 'two');
  });

  it('is another one with the same pages at the same address', async () => {
    const [before, address] = [await idsOf(site.context), await host()];
    const settings = known((await site.describe()).server)?.inspection?.settings;
    assert.ok(settings);
    const plan = planReplace(site.context, await site.describe());
    assert.deepEqual(keysOf(plan), [
      ...['successor', 'successorReady', 'unmount', 'detach', 'switchServer', 'attachment', 'mount', 'address'],
      `terminate ${before.instanceId}`,
    ]);
    await run(plan, newOp());
    const after = await idsOf(site.context);
    assert.notEqual(after.instanceId, before.instanceId);
    assert.deepEqual([after.volumeId, await host()], [before.volumeId, address]);
    assert.equal(await eventually(address, 'kept.txt'), 'two');
    assert.deepEqual(Object.keys(await instancesOf(site.context)), ['server']);
    await nothingToDo();
    // Readers get the same answers, before anything is published again.
    assert.deepEqual(await redirects(), { former: false, later: true });
    assert.equal(fetched(address, '.sitelift/release').status.startsWith('4'), true);
    assert.equal(known((await site.describe()).server)?.inspection?.settings, settings);
    assert.ok(!(await site.publish()).some((key) => key.startsWith('pages')));
  });
});
