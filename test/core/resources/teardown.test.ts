import {
  AttachVolumeCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DeleteTagsCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  ModifyInstanceAttributeCommand,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateRoleCommand, GetRoleCommand, TagRoleCommand, UntagRoleCommand } from '@aws-sdk/client-iam';
import {
  DeleteBucketTaggingCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  GetBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { bucketName, DESTROYING_TAG, SITE_TAG, tagsFor } from '../../../src/core/names';
import { isUserError, type Op } from '../../../src/core/op';
import { chargesOfSite } from '../../../src/core/cost/siteCharges';
import { chargesOf, run, stepsOf, type Plan } from '../../../src/core/plan';
import { detachStages } from '../../../src/core/resources/volume/detachment';
import { findInstance, findVolume } from '../../../src/core/resources/lookup';
import { known } from '../../../src/core/resources/resource';
import { profileName } from '../../../src/core/resources/server/role';
import { describeSite, type ResourceName } from '../../../src/core/resources/stack';
import { describeParts } from '../../../src/core/resources/teardown/parts';
import { planTeardown } from '../../../src/core/resources/teardown/planTeardown';
import type { VolumeFate } from '../../../src/core/resources/teardown/volumeRemoval';
import { instanceReaches } from '../../sandbox/controlplane/testInstances';
import { controlPlane, newContext, newOp, refuse } from '../sandbox';
import { inventory } from './inventory';
import { callsOf, keysOf, leaveVolume, planned, provision } from './provisioned';

async function teardown(what: ResourceName | 'all', context: Context, fate: VolumeFate = 'delete'): Promise<Plan> {
  const [site, parts] = await Promise.all([describeSite(context, newOp()), describeParts(context, newOp())]);
  return planTeardown(what, context, site, parts, fate);
}

async function destroy(what: ResourceName | 'all', context: Context, fate?: VolumeFate): Promise<readonly string[]> {
  const plan = await teardown(what, context, fate);
  await run(plan, newOp());
  return keysOf(plan);
}

/** Runs some of the steps of a plan, as a run that is cut short does. */
function runOnly(keys: readonly string[], plan: Plan, op: Op = newOp()): Promise<void> {
  return run(
    plan.map((stage) => stage.filter(({ key }) => keys.includes(key))),
    op,
  );
}

const whole = (file: Record<string, unknown>) => {
  file['distribution'] = { serves: 'site' };
  (file['server'] as Record<string, unknown>)['address'] = 'elastic';
};
/** An `Op` that is cancelled as soon as there is a last snapshot. */
function cancelledOnceTaken(context: Context): Op {
  const cancelled = new AbortController();
  context.clients.ec2.middlewareStack.add(
    (next, { commandName }) =>
      async (given) => {
        const seen = await next(given);
        const { Snapshots = [] } = seen.output as { Snapshots?: unknown[] };
        if (commandName === DescribeSnapshotsCommand.name && Snapshots.length > 0) cancelled.abort();
        return seen;
      },
    { step: 'initialize' },
  );
  return newOp(cancelled.signal);
}
const losses = (plan: Plan) => Object.fromEntries(stepsOf(plan).map(({ key, loses }) => [key, loses]));
const kindsIn = (items: readonly string[]) => [...new Set(items.map((item) => item.split(' ')[0]))].sort();

async function putObject({ clients, site }: Context, key: string): Promise<void> {
  await clients.s3.send(new PutObjectCommand({ Bucket: bucketName(site), Key: key, Body: 'x' }));
}

describe('destroying a site', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.2, deploySeconds: 0.5 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  for (const [title, change] of [
    ['of images', undefined],
    ['that serves the pages as well', whole],
  ] as const) {
    it(`leaves the account as it was before there was a site ${title}`, async () => {
      const context = newContext(change);
      const before = await inventory(context.clients);
      await provision(context, 'all');
      await putObject(context, 'site/images/a.png');
      await destroy('all', context);
      assert.deepEqual(await inventory(context.clients), before);
      assert.deepEqual(keysOf(await teardown('all', context)), []);
    });
  }

  it('says what is lost: data for what cannot be brought back, and that readers miss it for the rest', async () => {
    const context = newContext(whole);
    await provision(context, 'all');
    const plan = await teardown('all', context);
    const { bucket, distribution, volume } = await describeSite(context, newOp());
    assert.deepEqual(losses(plan), {
      ...{ mark: undefined, disableDistribution: 'uptime', terminate: 'uptime', releaseAddress: 'uptime' },
      ...Object.fromEntries(keysOf(plan).flatMap((key) => (key.startsWith('securityGroup') ? [[key, undefined]] : []))),
      ...{ deleteVolume: 'data', deleteDistribution: undefined, deleteAccessControl: undefined },
      ...{ deleteFunction: undefined, deleteBucket: 'data', deleteRole: undefined },
    });
    const titles = stepsOf(plan)
      .map(({ title }) => title)
      .join('\n');
    for (const name of [known(bucket)?.name, known(distribution)?.id, known(volume)?.volumeId]) {
      assert.ok(name && titles.includes(name), `${name} in ${titles}`);
    }
    // The slowest begins first; what tells whose the rest is goes last.
    assert.deepEqual(keysOf(plan).slice(0, 2), ['mark', 'disableDistribution']);
    assert.equal(keysOf(plan).at(-1), 'deleteRole');
    await destroy('all', context);
  });

  it('ends all that the site costs, but for what is kept', async () => {
    const context = newContext(whole);
    await provision(context, 'all');
    await putObject(context, 'site/images/a.png');
    const site = await describeSite(context, newOp());
    const left = (plan: Plan) => {
      const sums: Record<string, number> = {};
      for (const { quantity, rate } of [...chargesOfSite(site).charges, ...chargesOf(plan)]) {
        sums[rate] = (sums[rate] ?? 0) + quantity;
      }
      return Object.fromEntries(Object.entries(sums).filter(([, quantity]) => quantity !== 0));
    };
    assert.deepEqual(left(await teardown('all', context)), {});
    assert.deepEqual(left(await teardown('all', context, 'keep')), { 'disk gp3': 1 });
    assert.deepEqual(left(await teardown('all', context, 'snapshot')), { snapshot: 1 });
    await destroy('all', context);
  });

  it('keeps the volume where that is chosen, and gives it to the server that is made next', async () => {
    const context = newContext();
    const before = await inventory(context.clients);
    await provision(context, 'all');
    const volumeId = (await findVolume(context, newOp()))?.VolumeId;
    const keys = await destroy('all', context, 'keep');
    assert.ok(!keys.includes('deleteVolume'));
    const left = (await inventory(context.clients)).filter((item) => !before.includes(item));
    assert.deepEqual(left, [`volume ${volumeId}`]);
    await provision(context, 'volume');
    const site = await describeSite(context, newOp());
    assert.equal(known(site.volume)?.volumeId, volumeId);
    assert.equal(known(site.volume)?.attachment?.instanceId, known(site.server)?.instanceId);
    await destroy('all', context);
    assert.deepEqual(await inventory(context.clients), before);
  });

  it('keeps a volume that somebody set to go with its server', async () => {
    const context = newContext();
    await provision(context, 'volume');
    const [instance, volume] = await Promise.all([findInstance(context, newOp()), findVolume(context, newOp())]);
    await context.clients.ec2.send(
      new ModifyInstanceAttributeCommand({
        InstanceId: instance?.InstanceId,
        BlockDeviceMappings: [{ DeviceName: volume?.Attachments?.[0]?.Device, Ebs: { DeleteOnTermination: true } }],
      }),
    );
    // Also one that does not carry the site's tag, or not any more.
    await context.clients.ec2.send(
      new DeleteTagsCommand({ Resources: [volume?.VolumeId ?? ''], Tags: [{ Key: SITE_TAG }] }),
    );
    await destroy('all', context, 'keep');
    const { Volumes = [] } = await context.clients.ec2.send(
      new DescribeVolumesCommand({ VolumeIds: [volume?.VolumeId ?? ''] }),
    );
    assert.equal(Volumes.length, 1);
  });

  it('takes a last snapshot anew after the volume was in use again', async () => {
    const context = newContext();
    const before = await inventory(context.clients);
    await provision(context, 'bucket');
    await provision(context, 'volume');
    await destroy('server', context);
    await runOnly(['mark', 'snapshot'], await teardown('all', context, 'snapshot'));
    const again = await teardown('all', context, 'snapshot');
    assert.deepEqual(keysOf(again), ['deleteVolume', 'deleteBucket']);
    assert.match(
      stepsOf(again).find(({ key }) => key === 'deleteVolume')?.title ?? '',
      /its snapshot snap-\w+ of \d{4}/,
    );
    const [site, parts] = await Promise.all([describeSite(context, newOp()), describeParts(context, newOp())]);
    const volume = known(site.volume) ?? assert.fail('no volume');
    const attachment = { instanceId: 'i-1', device: '/dev/sdf', state: 'attached' } as const;
    const inUse = { ...site, volume: { kind: 'known', have: { ...volume, attachment } } } as const;
    assert.ok(keysOf(planTeardown('all', context, inUse, parts, 'snapshot')).includes('snapshot'));
    await provision(context, 'all');
    // Nothing has the volume attached now, as when that snapshot was taken.
    await destroy('server', context);
    // Killed once it was marked again.
    await runOnly(['mark'], await teardown('all', context, 'snapshot'));
    assert.ok((await destroy('all', context, 'snapshot')).includes('snapshot'));
    const left = (await inventory(context.clients)).filter((item) => !before.includes(item));
    assert.deepEqual(kindsIn(left), ['snapshot']);
    assert.equal(left.length, 2);
  });

  it('deletes the volume only once its snapshot is complete, which a later run waits for', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    await leaveVolume(context, 'us-east-1a');
    await controlPlane().send('POST', 'settings', { snapshotSeconds: 1e6 });
    const first = await teardown('all', context, 'snapshot');
    await runOnly(['mark'], first);
    await assert.rejects(runOnly(['snapshot'], first, cancelledOnceTaken(context)));
    const again = await teardown('all', context, 'snapshot');
    assert.deepEqual(keysOf(again), ['snapshot', 'deleteVolume', 'deleteBucket']);
    assert.match(stepsOf(again)[0]?.title ?? '', /^wait until the snapshot snap-\w+ of volume vol-\w+ is complete/);
    await assert.rejects(runOnly(['deleteVolume'], again, newOp(AbortSignal.timeout(1500))));
    assert.ok(await findVolume(context, newOp()));
    await controlPlane().send('POST', 'settings', { snapshotSeconds: 0.2 });
    await runOnly(['snapshot'], again);
    await destroy('all', context, 'snapshot');
    assert.equal(await findVolume(context, newOp()), undefined);
  });

  it('keeps a volume whose snapshot AWS could not make, and takes another one the next time', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    await leaveVolume(context, 'us-east-1a');
    await controlPlane().send('POST', 'misfortunes', { kind: 'snapshot' });
    await assert.rejects(
      destroy('all', context, 'snapshot'),
      (error) => isUserError(error) && /could not make the snapshot snap-\w+/.test(error.message),
    );
    assert.ok(await findVolume(context, newOp()));
    assert.deepEqual(await destroy('all', context, 'snapshot'), ['snapshot', 'deleteVolume', 'deleteBucket']);
  });

  it('leaves a volume alone whose tag, or whose snapshot, somebody takes away meanwhile', async () => {
    const context = newContext();
    const { ec2 } = context.clients;
    await provision(context, 'bucket');
    const VolumeId = await leaveVolume(context, 'us-east-1a');
    const plan = await teardown('all', context, 'delete');
    await ec2.send(new DeleteTagsCommand({ Resources: [VolumeId], Tags: [{ Key: SITE_TAG }] }));
    await assert.rejects(run(plan, newOp()), /does not carry this site’s tag any more/);
    await ec2.send(new CreateTagsCommand({ Resources: [VolumeId], Tags: tagsFor(context.site, 'volume') }));
    const taken = await teardown('all', context, 'snapshot');
    await runOnly(['mark', 'snapshot'], taken);
    for (const { snapshotId } of (await describeParts(context, newOp())).lastSnapshots ?? []) {
      await ec2.send(new DeleteSnapshotCommand({ SnapshotId: snapshotId }));
    }
    await assert.rejects(runOnly(['deleteVolume'], taken), /is not there, or not complete/);
    assert.ok(await findVolume(context, newOp()));
    await destroy('all', context);
  });

  it('is seen by every other window until it is done, and taken back by provisioning', async () => {
    const context = newContext();
    await provision(context, 'all');
    await refuse('cloudfront', 'DeleteDistribution');
    await assert.rejects(destroy('all', context, 'keep'));
    const since = known((await describeSite(context, newOp())).bucket)?.destroyingSince;
    assert.match(since ?? '', /^\d{4}-\d\d-\d\dT/);
    assert.ok(!keysOf(await teardown('all', context, 'keep')).includes('mark'));
    assert.equal((await provision(context, 'all'))[0], 'unmark');
    const { TagSet = [] } = await context.clients.s3.send(
      new GetBucketTaggingCommand({ Bucket: bucketName(context.site) }),
    );
    assert.ok(!TagSet.some(({ Key }) => Key === DESTROYING_TAG));
    assert.ok(TagSet.some(({ Key, Value }) => Key === SITE_TAG && Value === context.site.id));
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
    await destroy('all', context);
  });

  it('deletes all versions of all objects, and the marks of those that were deleted before', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    const Bucket = bucketName(context.site);
    const { s3 } = context.clients;
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    await putObject(context, 'site/a.png');
    await putObject(context, 'site/a.png');
    await putObject(context, '_sitelift/b');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: '_sitelift/b' }));
    assert.deepEqual(await destroy('bucket', context), ['deleteBucket']);
    assert.equal((await describeSite(context, newOp())).bucket.kind, 'absent');
  });

  it('deletes a bucket of more objects than one request takes, also while somebody puts more into it', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    const keys = Array.from({ length: 1001 }, (_, index) => `site/${index}.png`);
    for (let start = 0; start < keys.length; start += 50) {
      await Promise.all(keys.slice(start, start + 50).map((key) => putObject(context, key)));
    }
    const { DeleteBucketCommand } = await import('@aws-sdk/client-s3');
    let isLate = true;
    context.clients.s3.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === DeleteBucketCommand.name && isLate) {
            isLate = false;
            await putObject(context, 'site/late.png');
          }
          return next(args);
        },
      { step: 'initialize' },
    );
    await destroy('bucket', context);
    assert.equal(isLate, false);
    assert.equal((await describeSite(context, newOp())).bucket.kind, 'absent');
  });

  it('tries again where S3 fails to delete single objects for the moment', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    await putObject(context, 'site/a.png');
    let isFirst = true;
    context.clients.s3.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName !== 'DeleteObjectsCommand' || !isFirst) return next(args);
          isFirst = false;
          const Errors = [{ Key: 'site/a.png', Code: 'InternalError', Message: 'Please try again.' }];
          return { response: {}, output: { $metadata: {}, Errors } };
        },
      { step: 'initialize' },
    );
    await destroy('bucket', context);
    assert.equal(isFirst, false);
    assert.equal((await describeSite(context, newOp())).bucket.kind, 'absent');
  });

  it('leaves a bucket, a role and an address alone that are not known to be the site’s', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    await context.clients.s3.send(new DeleteBucketTaggingCommand({ Bucket: bucketName(context.site) }));
    await assert.rejects(
      teardown('all', context),
      (error) => isUserError(error) && /does not carry this site’s tag/.test(error.message),
    );
    const known = newContext();
    await provision(known, 'bucket');
    await refuse('s3', 'GetBucketTagging');
    await assert.rejects(teardown('bucket', known), /is this site’s could not be read, so it is left alone/);
    const agreed = await teardown('bucket', known);
    await known.clients.s3.send(new DeleteBucketTaggingCommand({ Bucket: bucketName(known.site) }));
    await putObject(known, 'site/a.png');
    await assert.rejects(run(agreed, newOp()), /does not carry this site’s tag any more/);
    assert.equal(
      (await known.clients.s3.send(new ListObjectsV2Command({ Bucket: bucketName(known.site) }))).KeyCount,
      1,
    );
    const other = newContext();
    const RoleName = profileName(other.site);
    await other.clients.iam.send(
      new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}' }),
    );
    assert.deepEqual(keysOf(await teardown('all', other)), []);
    await other.clients.iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: SITE_TAG, Value: other.site.id }] }));
    assert.deepEqual(await destroy('all', other), ['deleteRole']);
    const theirs = newContext();
    await provision(theirs, 'server');
    const name = profileName(theirs.site);
    await theirs.clients.iam.send(new UntagRoleCommand({ RoleName: name, TagKeys: [SITE_TAG] }));
    await destroy('all', theirs);
    assert.equal((await theirs.clients.iam.send(new GetRoleCommand({ RoleName: name }))).Role?.RoleName, name);
  });

  it('destroys nothing where something could not be read, since that would go on costing unseen', async () => {
    const context = newContext();
    await provision(context, 'server');
    for (const [service, action] of [
      ['ec2', 'DescribeAddresses'],
      ['ec2', 'DescribeVolumes'],
      ['cloudfront', 'ListDistributions'],
      ['iam', 'GetRole'],
    ] as const) {
      await controlPlane().send('POST', 'faults', {
        ...{ service, action, kind: 'error', code: 'AccessDenied', status: 403, times: 99 },
      });
      await assert.rejects(
        teardown('all', context),
        (error) => isUserError(error) && /Not all of it could be read/.test(error.message),
      );
      await controlPlane().send('DELETE', 'faults');
    }
    await destroy('all', context);
  });

  it('destroys one resource where only what others need could not be read', async () => {
    const context = newContext();
    await provision(context, 'all');
    const site = await describeSite(context, newOp());
    const have = known(site.server) ?? assert.fail('no server');
    const stopped = { ...site, server: { kind: 'known', have: { ...have, state: 'stopped' } } } as const;
    for (const [service, action, needed] of [
      ['ec2', 'DescribeAddresses', ['server']],
      ['ec2', 'DescribeSecurityGroups', ['server']],
      ['iam', 'GetInstanceProfile', ['server']],
      ['ec2', 'DescribeSnapshots', ['volume']],
      ['cloudfront', 'DescribeFunction', ['distribution']],
      ['cloudfront', 'ListOriginAccessControls', ['distribution']],
    ] as const) {
      await controlPlane().send('POST', 'faults', {
        ...{ service, action, kind: 'error', code: 'AccessDenied', status: 403, times: 99 },
      });
      const parts = await describeParts(context, newOp());
      await controlPlane().send('DELETE', 'faults');
      const refused = (['server', 'volume', 'bucket', 'distribution'] as const).filter((what) => {
        try {
          assert.ok(planTeardown(what, context, stopped, parts, 'delete').length > 0, what);
          return false;
        } catch (error) {
          assert.match(String(error), /Not all of it could be read/);
          return true;
        }
      });
      assert.deepEqual(refused, needed, action);
    }
    await destroy('all', context);
  });

  it('destroys nothing where the site lies in another region than its file says', async () => {
    const context = newContext();
    const site = await describeSite(context, newOp());
    const parts = await describeParts(context, newOp());
    const moved = { ...site, server: { kind: 'absent', otherRegion: 'eu-west-1' } } as const;
    for (const what of ['all', 'server'] as const) {
      assert.throws(
        () => planTeardown(what, context, moved, parts, 'delete'),
        (error) => isUserError(error) && /eu-west-1/.test(error.message),
      );
    }
  });

  it('does not take a volume from an instance that is not the site’s', async () => {
    const context = newContext();
    await provision(context, 'server');
    const instance = await findInstance(context, newOp());
    const { ec2 } = context.clients;
    const { Instances = [] } = await ec2.send(
      new RunInstancesCommand({
        ...{ ImageId: instance?.ImageId, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 },
        Placement: { AvailabilityZone: instance?.Placement?.AvailabilityZone },
      }),
    );
    const InstanceId = Instances[0]?.InstanceId ?? assert.fail('no instance');
    const VolumeId = await leaveVolume(context, instance?.Placement?.AvailabilityZone ?? '');
    for (;;) {
      const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
      if (Reservations[0]?.Instances?.[0]?.State?.Name === 'running') break;
    }
    await ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: '/dev/sdg' }));
    await assert.rejects(destroy('all', context), /is attached to the instance i-\w+\. Detach it there first/);
    const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }));
    assert.equal(Volumes[0]?.Attachments?.[0]?.InstanceId, InstanceId);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await destroy('all', context);
  });

  it('tells that a server is protected against termination', async () => {
    const context = newContext();
    await provision(context, 'server');
    const InstanceId = (await findInstance(context, newOp()))?.InstanceId;
    const protect = (Value: boolean) =>
      context.clients.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value } }));
    await protect(true);
    await assert.rejects(destroy('server', context), /is protected against termination/);
    await protect(false);
    await destroy('server', context);
  });

  it('releases an address that a server which is going still has, and none that something else uses', async () => {
    const context = newContext(whole);
    await provision(context, 'server');
    const { ec2 } = context.clients;
    const InstanceId = (await findInstance(context, newOp()))?.InstanceId ?? assert.fail('no server');
    const site = await describeSite(context, newOp());
    // A server that is alive, as one that was launched meanwhile is, keeps it.
    await runOnly(['releaseAddress'], await teardown('all', context));
    assert.equal((await describeParts(context, newOp())).addresses?.[0]?.instanceId, InstanceId);
    await controlPlane().send('POST', 'settings', { stopSeconds: 1e6 });
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    const plan = await teardown('all', context);
    await controlPlane().send('POST', 'settings', { stopSeconds: 0.1 });
    assert.deepEqual(
      keysOf(plan).filter((key) => !key.startsWith('securityGroup')),
      ['releaseAddress', 'deleteRole'],
    );
    const parts = await describeParts(context, newOp());
    const [address] = parts.addresses ?? [];
    assert.deepEqual([address?.associationId, address?.instanceId], [undefined, undefined]);
    const used = { ...(address ?? assert.fail('no address')), associationId: 'eipassoc-1', instanceId: undefined };
    const absent = { ...site, server: { kind: 'absent' } as const };
    const elsewhere = planTeardown('all', context, absent, { ...parts, addresses: [used] }, 'keep');
    assert.ok(!keysOf(elsewhere).includes('releaseAddress'));
    await run(plan, newOp());
    assert.deepEqual((await describeParts(context, newOp())).addresses, []);
  });

  it('tells at once that a distribution on a flat-rate plan cannot go yet', async () => {
    const context = newContext();
    await provision(context, 'distribution');
    const message = 'You can’t delete this distribution while it’s subscribed to a pricing plan.';
    await controlPlane().send('POST', 'faults', {
      ...{ service: 'cloudfront', action: 'DeleteDistribution', kind: 'error', code: 'ResourceInUse', status: 409 },
      ...{ message, times: 1 },
    });
    await assert.rejects(
      destroy('distribution', context),
      (error) => isUserError(error) && /pricing plan\. It is disabled\..* cancel that/.test(error.message),
    );
    await destroy('all', context);
  });

  it('is marked also where another window changes the bucket just then', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    await leaveVolume(context, 'us-east-1a');
    await refuse('s3', 'PutBucketTagging', 'OperationAborted', 409);
    await runOnly(['mark'], await teardown('all', context, 'snapshot'));
    assert.ok(known((await describeSite(context, newOp())).bucket)?.destroyingSince);
    await destroy('all', context);
  });

  it('does not detach a volume without unmounting it where its server was started meanwhile', async () => {
    const context = newContext();
    await provision(context, 'volume');
    const site = await describeSite(context, newOp());
    const server = known(site.server) ?? assert.fail('no server');
    const stopped = {
      ...site,
      server: { kind: 'known', have: { ...server, state: 'stopped', online: false } },
    } as const;
    const plan = planTeardown('volume', context, stopped, await describeParts(context, newOp()), 'delete');
    await assert.rejects(run(plan, newOp()), /is running by now, so its volume must be unmounted/);
    assert.equal((await findVolume(context, newOp()))?.State, 'in-use');
    await destroy('all', context);
  });

  it('deletes a volume that AWS could not make', async () => {
    const context = newContext();
    const before = await inventory(context.clients);
    await controlPlane().send('POST', 'misfortunes', { kind: 'volume' });
    await assert.rejects(provision(context, 'volume'));
    await destroy('all', context);
    assert.deepEqual(await inventory(context.clients), before);
  });
});

describe('destroying one resource', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.2, deploySeconds: 0.5 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  it('takes just what it alone needed, and provisioning brings it back', async () => {
    const context = newContext(whole);
    await provision(context, 'all');
    const kinds = async (what: ResourceName) => {
      const before = await inventory(context.clients);
      await destroy(what, context);
      assert.deepEqual(keysOf(await teardown(what, context)), []);
      const after = await inventory(context.clients);
      return kindsIn(before.filter((item) => !after.includes(item)));
    };
    assert.deepEqual(await kinds('distribution'), ['control', 'distribution', 'function']);
    assert.deepEqual(await kinds('server'), [
      ...['address', 'group', 'instance', 'interface', 'profile', 'role'],
      // Its own disk.
      'volume',
    ]);
    assert.deepEqual(await kinds('volume'), ['volume']);
    assert.deepEqual(await kinds('bucket'), ['bucket']);
    for (const what of ['server', 'bucket'] as const) {
      await provision(context, what);
      assert.deepEqual(keysOf(await planned(context, what)), []);
    }
    await destroy('all', context);
  });

  it('unmounts a volume before it is detached, for which the agent must answer unless the server is stopped', async () => {
    const context = newContext();
    await provision(context, 'volume');
    const site = await describeSite(context, newOp());
    const parts = await describeParts(context, newOp());
    const server = known(site.server) ?? assert.fail('no server');
    const as = (state: 'running' | 'stopped', online: boolean) =>
      planTeardown(
        ...(['volume', context] as const),
        { ...site, server: { kind: 'known', have: { ...server, state, online } } },
        ...([parts, 'delete'] as const),
      );
    const alone = planTeardown('server', context, { ...site, volume: { kind: 'absent' } }, parts, 'keep');
    // Where no volume has the pages, they go with the server.
    assert.equal(losses(alone)['terminate'], 'data');
    // From an instance that is not the site's server, nothing is taken.
    const foreign = { kind: 'known', have: { ...server, instanceId: 'i-0' } } as const;
    assert.deepEqual(detachStages(context, { ...site, server: foreign }), []);
    assert.deepEqual(keysOf(as('running', true)), ['unmount', 'detach', 'deleteVolume']);
    assert.deepEqual(keysOf(as('stopped', false)), ['detach', 'deleteVolume']);
    assert.throws(() => as('running', false), /agent does not answer/);
    const { ec2 } = context.clients;
    await ec2.send(new StopInstancesCommand({ InstanceIds: [server.instanceId] }));
    await instanceReaches(ec2, server.instanceId, 'stopped');
    const calls = await callsOf(() => run(as('stopped', false), newOp()));
    assert.ok(calls.some(({ action }) => action === 'DetachVolume'));
    assert.equal((await describeSite(context, newOp())).volume.kind, 'absent');
    await destroy('all', context);
  });
});
