import { DeleteSnapshotCommand, DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Context } from '../../../src/core/context';
import { SITE_TAG } from '../../../src/core/names';
import { run, stepsOf, type Plan } from '../../../src/core/plan';
import { planSnapshot, type SnapshotRequest } from '../../../src/core/resources/volume/planSnapshot';
import { listSiteSnapshots } from '../../../src/core/resources/volume/snapshots';
import { describeSite } from '../../../src/core/resources/stack';
import { describeParts } from '../../../src/core/resources/teardown/parts';
import { findLeftovers } from '../../../src/core/resources/teardown/leftovers';
import { controlPlane, newContext, newOp, refuse } from '../sandbox';
import { callsOf, changesOf, keysOf, leaveVolume } from './provisioned';

const REQUEST: SnapshotRequest = { id: 'click-1', name: '' };

async function snapshot(context: Context, request = REQUEST): Promise<Plan> {
  const [site, snapshots] = await Promise.all([describeSite(context, newOp()), listSiteSnapshots(context, newOp())]);
  return planSnapshot(context, site, snapshots, request);
}
const taken = async ({ clients, site }: Context) =>
  (await clients.ec2.send(new DescribeSnapshotsCommand({ Filters: [{ Name: `tag:${SITE_TAG}`, Values: [site.id] }] })))
    .Snapshots ?? [];

/** Until whoever takes a snapshot has seen it and told how much of it is stored. */
async function untilSeen({ reports }: ReturnType<typeof newOp>, taking: Promise<void>): Promise<void> {
  let isOver = false;
  const end = () => void (isOver = true);
  taking.then(end, end);
  while (!reports.some((said) => /^\d+ % of snap-\w+ is stored$/.test(said))) {
    assert.ok(!isOver, 'it ended without telling');
    await setImmediate();
  }
}

describe('a snapshot of the volume', function () {
  this.timeout(60_000);
  let context: Context;
  beforeEach(async () => {
    context = newContext();
    await leaveVolume(context, 'us-east-1a');
    await controlPlane().send('POST', 'settings', { snapshotSeconds: 0.1 });
  });
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  it('is planned with its cost, taken once, kept apart from last snapshots, and leaves nothing to do', async () => {
    const plan = await snapshot(context);
    assert.deepEqual(keysOf(plan), ['snapshotVolume']);
    assert.deepEqual(
      stepsOf(plan)[0]?.charges?.map(({ rate }) => rate),
      ['snapshot'],
    );
    const op = newOp();
    await controlPlane().send('POST', 'settings', { snapshotSeconds: 1e6 });
    const going = run(plan, op);
    await untilSeen(op, going);
    await controlPlane().send('POST', 'settings', { snapshotSeconds: 0.1 });
    await going;
    assert.equal((await taken(context)).length, 1);
    assert.deepEqual(keysOf(await snapshot(context)), []);
    assert.deepEqual(changesOf(await callsOf(() => run(plan, newOp()))), []);
    assert.deepEqual((await describeParts(context, newOp())).lastSnapshots, []);
    const { found } = await findLeftovers(context.clients, newOp(), {
      siteId: context.site.id,
      regions: ['us-east-1'],
    });
    assert.deepEqual(
      found.filter(({ kind }) => kind === 'snapshot').map(({ costs }) => costs),
      ['existence'],
    );
    // Who asks again gets another one.
    assert.deepEqual(keysOf(await snapshot(context, { ...REQUEST, id: 'click-2' })), ['snapshotVolume']);
  });

  it('is called what its user likes, whatever that is', async () => {
    const name = `aws:${'ä\u0000\n$(reboot)<b>`'.repeat(60)}`;
    await run(await snapshot(context, { id: 'click', name }), newOp());
    const [made] = await listSiteSnapshots(context, newOp());
    assert.match(made?.name ?? '', /^aws-ä--/);
    assert.ok((made?.name.length ?? 0) <= 255);
    assert.match(made?.name ?? '', /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u);
    await run(await snapshot(context, { id: 'nameless', name: '  ' }), newOp());
    // The sandbox tells whole seconds, so that either may count as the newest.
    const names = (await listSiteSnapshots(context, newOp())).map(({ name: given }) => given);
    assert.deepEqual(names.sort(), [made?.name, 'demo snapshot'].sort());
  });

  for (const [title, fault] of [
    ['AWS fails before it', { kind: 'error', when: 'before' }],
    ['AWS fails after it', { kind: 'error', when: 'after' }],
    ['the answer is lost', { kind: 'cut', when: 'after' }],
    [
      'another one was taken a moment ago',
      { kind: 'error', code: 'SnapshotCreationPerVolumeRateExceeded', status: 400 },
    ],
  ] as const) {
    it(`is taken once, by this run or the next one, where ${title}`, async () => {
      await controlPlane().send('POST', 'faults', { service: 'ec2', action: 'CreateSnapshot', ...fault });
      await run(await snapshot(context), newOp()).catch(() => undefined);
      await controlPlane().send('DELETE', 'faults');
      await run(await snapshot(context), newOp());
      assert.equal((await taken(context)).length, 1);
      assert.deepEqual(keysOf(await snapshot(context)), []);
    });
  }

  it('tells when AWS could not make it, does not let it, or it is deleted meanwhile', async () => {
    await controlPlane().send('POST', 'misfortunes', { kind: 'snapshot' });
    await assert.rejects(run(await snapshot(context), newOp()), /could not make the snapshot snap-\w+ of the volume/);
    await refuse('ec2', 'CreateSnapshot');
    await assert.rejects(run(await snapshot(context, { id: 'b', name: '' }), newOp()), /not now/);
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { snapshotSeconds: 1e6 });
    const op = newOp();
    const waiting = run(await snapshot(context, { id: 'c', name: '' }), op);
    const deleted = untilSeen(op, waiting).then(async () => {
      const made = (await listSiteSnapshots(context, newOp())).find(({ request }) => request === 'c');
      await context.clients.ec2.send(new DeleteSnapshotCommand({ SnapshotId: made?.snapshotId }));
    });
    await assert.rejects(waiting, /Somebody deleted the snapshot/);
    await deleted;
  });

  it('is not planned without a volume', async () => {
    await assert.rejects(snapshot(newContext()), /has no volume yet/);
  });
});
