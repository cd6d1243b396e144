import { AttachVolumeCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { makeSuccessor } from '../../../src/core/resources/server/replacement';
import { makeRestored } from '../../../src/core/resources/volume/restoration';
import { controlPlane, newContext, newOp } from '../sandbox';
import { callsOf, changesOf } from './provisioned';
import {
  idsOf,
  instancesOf,
  plannedReplace,
  plannedRestore,
  runOnly,
  stoppedSite,
  takenSnapshot,
  volumesOf,
} from './succeeded';

describe('a switch while another window changes the site', function () {
  this.timeout(120_000);
  let context: Context;
  before(async () => {
    await controlPlane().send('POST', 'settings', { profileSeconds: 0.1, stopSeconds: 0.1 });
    context = newContext();
    await stoppedSite(context);
  });
  const attachAgain = async ({ instanceId, volumeId }: Readonly<Record<'instanceId' | 'volumeId', string>>) => {
    await context.clients.ec2.send(
      new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device: '/dev/sdf' }),
    );
    while ((await idsOf(context)).holderId !== instanceId);
  };

  it('takes no volume’s place that a server has again', async () => {
    const before = await idsOf(context);
    const snapshotId = await takenSnapshot(context);
    const plan = await plannedRestore(context, snapshotId);
    await runOnly([`restoredVolume ${snapshotId}`, 'detach'], plan);
    await attachAgain(before);
    await assert.rejects(runOnly(['switchVolume'], plan), /is attached again by now/);
    assert.deepEqual(Object.keys(await volumesOf(context)).sort(), ['server-root', 'volume']);
    assert.deepEqual(await idsOf(context), before);
  });

  it('takes no server’s place that has the volume again', async () => {
    const before = await idsOf(context);
    const plan = await plannedReplace(context);
    await runOnly(['successor', 'detach'], plan);
    await attachAgain(before);
    await assert.rejects(runOnly(['switchServer'], plan), /is attached to i-\w+ again by now/);
    assert.deepEqual(Object.keys(await instancesOf(context)), ['server']);
    assert.deepEqual(await idsOf(context), before);
  });

  it('makes nothing beside what is not the site’s any more', async () => {
    const gone = { replacedId: 'vol-0123456789abcdef0', zone: 'us-east-1a', snapshotId: 'snap-0123456789abcdef0' };
    const calls = await callsOf(async () => {
      await assert.rejects(makeRestored(context, gone, newOp()), /is not the site’s any more/);
      await assert.rejects(makeSuccessor(context, 'i-0123456789abcdef0', newOp()), /is not the site’s any more/);
    });
    assert.deepEqual(changesOf(calls), []);
  });
});
