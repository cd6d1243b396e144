import { CreateTagsCommand, TerminateInstancesCommand, type Tag } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import type { Context } from '../../../src/core/context';
import { ADOPTED_TAG, REPLACES_TAG, ROLE_TAG, SITE_TAG } from '../../../src/core/names';
import { run, stepsOf } from '../../../src/core/plan';
import { planAdoption } from '../../../src/core/resources/adopt/planAdoption';
import { wished } from '../../../src/core/resources/adopt/wants';
import { planRestore } from '../../../src/core/resources/volume/planRestore';
import { listSiteSnapshots } from '../../../src/core/resources/volume/snapshots';
import { describeSite } from '../../../src/core/resources/stack';
import { findLeftovers } from '../../../src/core/resources/teardown/leftovers';
import { describeParts } from '../../../src/core/resources/teardown/parts';
import { planTeardown } from '../../../src/core/resources/teardown/planTeardown';
import { deleteVolume } from '../../../src/core/resources/teardown/volumeDeletion';
import type { VolumeFate } from '../../../src/core/resources/teardown/volumeRemoval';
import { whatStays } from '../../../src/core/resources/teardown/whatStays';
import { terminate } from '../../../src/core/resources/server/termination';
import { describeInstance } from '../../sandbox/controlplane/testInstances';
import { controlPlane, newContext, newOp } from '../sandbox';
import { makeByHand, makeVolume, telling, tellingOf, volumeOf } from './handMade';
import { callsOf, changesOf, keysOf } from './provisioned';
import { idsOf, runOnly, takenSnapshot } from './succeeded';

describe('what was adopted', function () {
  this.timeout(300_000);
  const made: { context: Context; id: string }[] = [];
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1 }));
  after(async () => {
    for (const { context, id } of made)
      await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  });

  async function handMade(context = newContext()) {
    const hand = await makeByHand(context);
    made.push({ context, id: hand.id });
    return { context, ...hand };
  }
  const plan = (id: string, context: Context) => planAdoption('server', id, context, tmpdir(), newOp());
  async function adopt(id: string, told: Context): Promise<Context> {
    const adoption = await plan(id, told);
    await run(adoption.plan, newOp());
    return { clients: told.clients, site: wished(told.site, adoption.wants) };
  }
  const teardown = async (context: Context, fate: VolumeFate) =>
    planTeardown('all', context, await describeSite(context, newOp()), await describeParts(context, newOp()), fate);
  const restoring = async (context: Context, snapshotId: string) =>
    planRestore(context, await describeSite(context, newOp()), await listSiteSnapshots(context, newOp()), snapshotId);
  const ours = (tags: readonly Tag[] = []) => tags.filter(({ Key = '' }) => Key.startsWith('sitelift:'));
  const nameOf = (tags: readonly Tag[] = []) => tags.find(({ Key }) => Key === 'Name')?.Value;

  it('is let go, and serves again, when the site is destroyed after another volume took the place of its own', async () => {
    const { context, id, volumeId } = await handMade();
    const Tags = [{ Key: 'Name', Value: 'precious' }];
    await context.clients.ec2.send(new CreateTagsCommand({ Resources: [volumeId], Tags }));
    const adopted = await adopt(id, telling(context, tellingOf(volumeId)));
    const snapshotId = await takenSnapshot(adopted);
    await run(await restoring(adopted, snapshotId), newOp());
    const { volumeId: restored } = await idsOf(adopted);
    assert.notEqual(restored, volumeId);
    const former = (await volumeOf(context, volumeId)).Tags;
    assert.deepEqual(
      [nameOf(former), ours(former).find(({ Key }) => Key === ROLE_TAG)?.Value],
      ['precious', 'former-volume'],
    );
    const { found } = await findLeftovers(context.clients, newOp(), {
      siteId: context.site.id,
      regions: ['us-east-1'],
    });
    assert.match(found.find((one) => one.id === volumeId)?.about ?? '', /by another one, was there before the site$/);
    assert.match(found.find((one) => one.id === id)?.about ?? '', /running, was there before the site$/);
    const stays = whatStays(await describeSite(adopted, newOp()), 'delete');
    assert.equal(
      stays,
      `the files of this folder; the server ${id}, which was there before the site; ${volumeId}, whose place another volume took`,
    );
    const going = await teardown(adopted, 'delete');
    assert.deepEqual(keysOf(going), [
      ...['unmount', 'detach', 'webServer', 'letGoServer', `letGoVolume ${volumeId}`, 'deleteVolume'],
    ]);
    assert.match(stepsOf(going)[3]?.title ?? '', /it stays, without the pages, which are on that volume/);
    // Cut short, it starts the web server all the same.
    await runOnly(['unmount', 'detach'], going);
    const ended = telling(adopted, tellingOf(undefined, { active: 'inactive' }));
    const rest = await teardown({ ...adopted, clients: ended.clients }, 'delete');
    assert.deepEqual(keysOf(rest).slice(0, 2), ['webServer', 'letGoServer']);
    await run(rest, newOp());
    assert.deepEqual(keysOf(await teardown(adopted, 'delete')), []);
    const instance = await describeInstance(context.clients.ec2, id);
    assert.deepEqual([instance.State?.Name, ours(instance.Tags)], ['running', []]);
    const kept = await volumeOf(context, volumeId);
    assert.deepEqual([kept.State, nameOf(kept.Tags), ours(kept.Tags)], ['available', 'precious', []]);
  });

  it('keeps what was restored beside it when the volume is to be kept, and its own tags no longer than the server', async () => {
    const { context, id, volumeId } = await handMade();
    const adopted = await adopt(id, telling(context, tellingOf(volumeId)));
    const snapshotId = await takenSnapshot(adopted);
    await runOnly([`restoredVolume ${snapshotId}`], await restoring(adopted, snapshotId));
    assert.deepEqual(keysOf(await teardown(adopted, 'keep')), ['letGoServer', 'letGoVolume']);
    assert.deepEqual(
      keysOf(await teardown(adopted, 'delete')).map((key) => key.split(' ')[0]),
      ['letGoServer', 'spareVolume', 'letGoVolume'],
    );
    const [site, parts] = [await describeSite(adopted, newOp()), await describeParts(adopted, newOp())];
    const unread = { ...site, volume: { kind: 'unknown', reason: 'denied' } } as const;
    assert.throws(() => planTeardown('all', adopted, unread, parts, 'keep'), /nothing is destroyed: .* volume: denied/);
  });

  it('is not tagged once it became another site’s, or is gone, since the plan was shown', async () => {
    const { context, id, volumeId } = await handMade();
    const { plan: shown } = await plan(id, telling(context, tellingOf(volumeId)));
    const Tags = [{ Key: SITE_TAG, Value: 'other678' }];
    await context.clients.ec2.send(new CreateTagsCommand({ Resources: [volumeId], Tags }));
    const calls = await callsOf(() =>
      assert.rejects(run(shown, newOp()), /a moment ago does not any more: .*other678/),
    );
    assert.deepEqual(changesOf(calls), []);
  });

  it('is neither terminated nor deleted, whatever asks for that', async () => {
    const { context, id, volumeId } = await handMade();
    await adopt(id, telling(context, tellingOf(volumeId)));
    const calls = await callsOf(async () => {
      await assert.rejects(
        terminate(context, id, newOp()),
        /was there before the site, so Sitelift does not terminate/,
      );
      await assert.rejects(deleteVolume(context, volumeId, newOp()), /was there before .* does not delete it/);
    });
    assert.deepEqual(changesOf(calls), []);
  });

  it('is adopted again to the same end while something is to take the place of its volume', async () => {
    const context = newContext();
    const restored = await makeVolume(context, 'us-east-1a');
    const { id, volumeId } = await handMade(context);
    const adopted = await adopt(id, telling(context, tellingOf(volumeId)));
    const Tags = [
      ...[ROLE_TAG, SITE_TAG].map((Key) => ({ Key, Value: Key === ROLE_TAG ? 'volume' : context.site.id })),
      { Key: REPLACES_TAG, Value: volumeId },
    ];
    await context.clients.ec2.send(new CreateTagsCommand({ Resources: [restored], Tags }));
    assert.deepEqual(keysOf((await plan(id, adopted)).plan), []);
    assert.ok(ours((await volumeOf(context, volumeId)).Tags).some(({ Key }) => Key === ADOPTED_TAG));
  });

  it('gets a volume under a device name that nothing of it has', async () => {
    const context = newContext((file) => void Object.assign(file, { volume: { device: '/dev/xvdg' } }));
    const { id } = await handMade(context);
    // The hand-made volume is /dev/sdg, and holds something else.
    const { wants } = await plan(id, telling(context, tellingOf(undefined)));
    assert.deepEqual(
      wants.filter(({ path: [part] }) => part === 'volume'),
      [{ path: ['volume', 'device'], value: '/dev/sdf' }],
    );
  });
});
