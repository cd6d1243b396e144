import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { chargesOfSite } from '../../../src/core/cost/siteCharges';
import { run, stepsOf } from '../../../src/core/plan';
import { planRestore, restoreNotes } from '../../../src/core/resources/volume/planRestore';
import { listSiteSnapshots } from '../../../src/core/resources/volume/snapshots';
import { describeSite } from '../../../src/core/resources/stack';
import { findLeftovers } from '../../../src/core/resources/teardown/leftovers';
import { describeParts } from '../../../src/core/resources/teardown/parts';
import { planTeardown } from '../../../src/core/resources/teardown/planTeardown';
import { parseSite } from '../../../src/core/site';
import { controlPlane, newContext, newOp } from '../sandbox';
import { sample } from '../../setup/sampling';
import { callsOf, changesOf, keysOf, planned, provision, requests } from './provisioned';
import { idsOf, plannedRestore, runOnly, stoppedSite, stopServer, takenSnapshot, volumesOf } from './succeeded';

const asking = ({ clients, site }: Context, sizeGib: number): Context => ({
  clients,
  site: parseSite(JSON.stringify({ ...site, volume: { ...site.volume, sizeGib } })),
});

describe('a snapshot that is restored', function () {
  this.timeout(300_000);
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1, stopSeconds: 0.1, deploySeconds: 0.2 }));
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0 });
  });

  it('becomes the site’s volume, attached in the place of the old one, which is kept, and leaves nothing to do', async () => {
    const context = newContext();
    await stoppedSite(context);
    const snapshotId = await takenSnapshot(context);
    const before = await idsOf(context);
    const plan = await plannedRestore(context, snapshotId);
    assert.deepEqual(keysOf(plan), [
      ...[`restoredVolume ${snapshotId}`, 'detach', 'switchVolume', 'startInstance', 'attachment'],
    ]);
    assert.match(stepsOf(plan)[2]?.title ?? '', new RegExp(`${before.volumeId}, which is kept as it is`));
    await run(plan, newOp());
    const after = await idsOf(context);
    assert.notEqual(after.volumeId, before.volumeId);
    assert.deepEqual([after.instanceId, after.holderId], [before.instanceId, before.instanceId]);
    const { volume: [volume, ...more] = [], 'former-volume': [former] = [] } = await volumesOf(context);
    assert.deepEqual([volume?.VolumeId, volume?.SnapshotId, more], [after.volumeId, snapshotId, []]);
    assert.deepEqual([former?.VolumeId, former?.State], [before.volumeId, 'available']);
    // No volume that holds something may ever be formatted.
    assert.ok(!volume?.Tags?.some(({ Key }) => Key === 'sitelift:created-blank'));
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
    assert.deepEqual(changesOf(await callsOf(() => run(plan, newOp()))), []);
    const { found } = await findLeftovers(context.clients, newOp(), {
      siteId: context.site.id,
      regions: ['us-east-1'],
    });
    const kept = found.find(({ id }) => id === before.volumeId);
    assert.match(kept?.about ?? '', /replaced by another one/);
    assert.equal(kept?.charges?.length, 1);
    const disks = chargesOfSite(await describeSite(context, newOp())).charges.filter(({ rate }) => rate === 'disk gp3');
    assert.equal(disks.length, 3);
    await stopServer(context);
    // The same one again is of the same bytes, in yet another volume.
    assert.equal(keysOf(await plannedRestore(context, snapshotId))[0], `restoredVolume ${snapshotId}`);
  });

  it('gets a volume as large as the site file asks for, and is refused where that is smaller', async () => {
    const before = newContext();
    await stoppedSite(before);
    const snapshotId = await takenSnapshot(before);
    const context = asking(before, 3);
    const site = await describeSite(context, newOp());
    const snapshots = await listSiteSnapshots(context, newOp());
    assert.ok(keysOf(planRestore(context, site, snapshots, snapshotId)).includes('growFileSystem'));
    const calls = await callsOf(async () => run(await plannedRestore(context, snapshotId), newOp()));
    assert.deepEqual(
      requests(calls, 'CreateVolume').map(({ Encrypted, Size, SnapshotId }) => [Encrypted, Size, SnapshotId]),
      [[true, 3, snapshotId]],
    );
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
    const larger = await takenSnapshot(context);
    await assert.rejects(plannedRestore(before, larger), /of a volume of 3 GiB, and sitelift\.json asks for 1 GiB/);
    await assert.rejects(plannedRestore(before, 'snap-0'), /has no snapshot snap-0/);
  });

  const STEPS = ['restoredVolume', 'detach', 'switchVolume', 'startInstance', 'attachment'];
  for (const last of sample(STEPS, 3, 'restore cut short')) {
    const index = STEPS.indexOf(last);
    it(`leaves one volume that the server has, restored or not, where restoring ended after ${last}`, async () => {
      const context = newContext();
      await stoppedSite(context);
      const snapshotId = await takenSnapshot(context);
      const before = await idsOf(context);
      const done = STEPS.slice(0, index + 1).map((key) => (key === 'restoredVolume' ? `${key} ${snapshotId}` : key));
      await runOnly(done, await plannedRestore(context, snapshotId));
      await run(await planned(context, 'all'), newOp());
      const after = await idsOf(context);
      assert.equal(after.holderId, after.instanceId);
      assert.equal(after.volumeId === before.volumeId, index < STEPS.indexOf('switchVolume'));
      assert.deepEqual(keysOf(await planned(context, 'all')), []);
      const { volume = [], 'former-volume': formers = [] } = await volumesOf(context);
      assert.equal(volume.length + formers.length, 2);
    });
  }

  it('goes on with the volume that an earlier run made, and makes no second one', async () => {
    const context = newContext();
    await stoppedSite(context);
    const snapshotId = await takenSnapshot(context);
    const other = await takenSnapshot(context);
    await runOnly([`restoredVolume ${other}`], await plannedRestore(context, other));
    await runOnly([`restoredVolume ${snapshotId}`, 'detach'], await plannedRestore(context, snapshotId));
    const plan = await plannedRestore(context, snapshotId);
    assert.match(stepsOf(plan)[0]?.title ?? '', /^wait for the volume vol-\w+, which an earlier run made/);
    await run(plan, newOp());
    const { volume = [], 'former-volume': formers = [] } = await volumesOf(context);
    // Neither the old one nor that of the other snapshot is touched otherwise.
    assert.deepEqual([volume.length, formers.length], [1, 2]);
    assert.equal(volume[0]?.SnapshotId, snapshotId);
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
  });

  it('goes with the volume whose place it was to take, and is not the site’s once that is gone', async () => {
    const context = newContext();
    await stoppedSite(context);
    const snapshotId = await takenSnapshot(context);
    await runOnly([`restoredVolume ${snapshotId}`], await plannedRestore(context, snapshotId));
    const teardown = async () =>
      planTeardown(
        'all',
        context,
        await describeSite(context, newOp()),
        await describeParts(context, newOp()),
        'delete',
      );
    const plan = await teardown();
    const spare = stepsOf(plan).find(({ key }) => key.startsWith('spareVolume'));
    assert.equal(spare?.loses, 'data');
    await runOnly(keysOf(plan).slice(0, keysOf(plan).indexOf(spare.key) + 1), plan);
    assert.equal((await describeSite(context, newOp())).volume.kind, 'known');
    await run(await teardown(), newOp());
    assert.deepEqual([await volumesOf(context), keysOf(await teardown())], [{}, []]);
    assert.equal((await listSiteSnapshots(context, newOp())).length, 1);
  });

  it('is made once where no answer comes, though AWS lists it late', async () => {
    const context = newContext();
    await stoppedSite(context);
    const snapshotId = await takenSnapshot(context);
    for (const action of ['CreateVolume', 'CreateTags']) {
      await controlPlane().send('POST', 'faults', { service: 'ec2', action, kind: 'cut', when: 'after' });
    }
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0.3 });
    await run(await plannedRestore(context, snapshotId), newOp());
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0 });
    const { volume = [], 'former-volume': formers = [] } = await volumesOf(context);
    assert.deepEqual([volume.length, formers.length], [1, 1]);
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
  });

  it('is told beforehand to keep readers waiting, and the newest pages away', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    assert.match(restoreNotes(await describeSite(context, newOp()), 'snap-0').join(' '), /until Publish Site brings/);
  });
});
