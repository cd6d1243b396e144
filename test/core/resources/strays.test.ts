import {
  AttachVolumeCommand,
  DescribeInstancesCommand,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetBucketLocationCommand, GetBucketTaggingCommand } from '@aws-sdk/client-s3';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { bucketName, tagsFor } from '../../../src/core/names';
import { run } from '../../../src/core/plan';
import { bucket } from '../../../src/core/resources/bucket/bucket';
import { runningInstance } from '../../../src/core/resources/lookup';
import { known } from '../../../src/core/resources/resource';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite } from '../../../src/core/resources/stack';
import { controlPlane, newContext, newOp } from '../sandbox';
import { callsOf, planned, provision, requests } from './provisioned';

const stepOf = async (context: Context, key: string) => {
  const step = (await planned(context, 'volume')).flat().find((candidate) => candidate.key === key);
  return step ?? assert.fail(`no step ${key}`);
};
const idOf = async (context: Context) =>
  known((await describeSite(context, newOp())).server)?.instanceId ?? assert.fail('no server');

describe('a step that finds another state than it was planned for', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1 }));
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  it('says that the server is not there, or is stopped', async () => {
    const context = newContext();
    await assert.rejects(
      runningInstance(context, newOp()),
      /^UserError: This site has no server yet\. Run “Provision Server…” first/,
    );
    const [attach, volume] = [await stepOf(context, 'attachment'), await stepOf(context, 'volume')];
    for (const step of [attach, volume]) await assert.rejects(run([[step]], newOp()), /has no server yet/);
    await provision(context, 'server');
    await assert.rejects(
      run([[attach]], newOp()),
      /^UserError: This site has no volume yet\. Run “Provision Volume…” first/,
    );
    await context.clients.ec2.send(new StopInstancesCommand({ InstanceIds: [await idOf(context)] }));
    await assert.rejects(run([[volume]], newOp()), /^UserError: The server is stopped\. Run “Start Server…” first/);
    const start = await stepOf(context, 'startInstance');
    await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [await idOf(context)] }));
    await assert.rejects(
      run([[start]], newOp()),
      /^UserError: This site has no server any more\. Run “Provision Server…” again/,
    );
  });

  it('starts a server once, though somebody else started it meanwhile', async () => {
    const context = newContext();
    await provision(context, 'server');
    await context.clients.ec2.send(new StopInstancesCommand({ InstanceIds: [await idOf(context)] }));
    const start = await stepOf(context, 'startInstance');
    await run([[start]], newOp());
    const calls = await callsOf(() => run([[start]], newOp()));
    assert.deepEqual(requests(calls, 'StartInstances'), []);
  });

  it('takes the volume from no living instance, and waits for AWS to take it from a dead one', async () => {
    const context = newContext();
    await provision(context, 'server');
    await run([[await stepOf(context, 'volume')]], newOp());
    const volume = known((await describeSite(context, newOp())).volume) ?? assert.fail('no volume');
    const { ec2, ssm } = context.clients;
    const Name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name }));
    const { Instances } = await ec2.send(
      new RunInstancesCommand({
        ImageId: Parameter?.Value,
        ...{ InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 },
        Placement: { AvailabilityZone: volume.zone },
      }),
    );
    const InstanceId = Instances?.[0]?.InstanceId ?? assert.fail('no instance');
    const isRunning = async () => {
      const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
      return Reservations?.[0]?.Instances?.[0]?.State?.Name === 'running';
    };
    while (!(await isRunning())) await new Promise((resolve) => setTimeout(resolve, 50));
    await ec2.send(new AttachVolumeCommand({ VolumeId: volume.volumeId, InstanceId, Device: '/dev/sdf' }));
    const attach = await stepOf(context, 'attachment');
    await assert.rejects(run([[attach]], newOp()), {
      message: `The volume ${volume.volumeId} is attached to another instance (${InstanceId}). Detach it there first; Sitelift does not take it away.`,
    });
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
    await run([[attach]], newOp());
    const after = known((await describeSite(context, newOp())).volume);
    assert.deepEqual(after?.attachment, { instanceId: await idOf(context), device: '/dev/sdf', state: 'attached' });
    assert.deepEqual([after.zone, after.sizeGib, after.encrypted, after.state], [volume.zone, 1, true, 'in-use']);
  });
});

describe('a bucket elsewhere', () => {
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  it('lies in the region of its site', async () => {
    const context = newContext((file) => (file['region'] = 'eu-central-1'));
    await provision(context, 'bucket');
    const { LocationConstraint } = await context.clients.s3.send(
      new GetBucketLocationCommand({ Bucket: bucketName(context.site) }),
    );
    assert.equal(LocationConstraint, 'eu-central-1');
  });

  it('of another account is told as such, and nothing is done to it', async () => {
    const context = newContext();
    const fault = { service: 's3', kind: 'error', code: 'Forbidden', status: 403 };
    await controlPlane().send('POST', 'faults', { ...fault, action: 'HeadBucket' });
    await controlPlane().send('POST', 'faults', { ...fault, action: 'ListObjectsV2', code: 'AccessDenied' });
    await assert.rejects(bucket.describe(context, newOp()), {
      message: `Access to the bucket ${bucketName(context.site)} is denied: it belongs to another account, or these credentials lack s3:ListBucket.`,
    });
    const taken = { ...fault, action: 'CreateBucket', code: 'BucketAlreadyExists', status: 409 };
    await controlPlane().send('POST', 'faults', taken);
    await assert.rejects(provision(context, 'bucket'), {
      message: `The name ${bucketName(context.site)} is taken by another AWS account. Change “id” in sitelift.json and try again.`,
    });
    await controlPlane().send('POST', 'faults', { ...fault, action: 'HeadBucket', code: 'InternalError', status: 501 });
    await assert.rejects(bucket.describe(context, newOp()), (error) => (error as Error).name !== 'UserError');
  });

  it('that was made meanwhile is taken for ours when it is', async () => {
    const context = newContext();
    const plan = planProvision('bucket', context, await describeSite(context, newOp()));
    await context.clients.s3.send(new CreateBucketCommand({ Bucket: bucketName(context.site) }));
    await controlPlane().send('POST', 'faults', {
      service: 's3',
      action: 'HeadBucket',
      kind: 'error',
      code: 'NotFound',
      status: 404,
    });
    await controlPlane().send('POST', 'faults', {
      ...{ service: 's3', action: 'CreateBucket', kind: 'error' },
      ...{ code: 'BucketAlreadyOwnedByYou', status: 409 },
    });
    await run(plan, newOp());
    const { TagSet } = await context.clients.s3.send(new GetBucketTaggingCommand({ Bucket: bucketName(context.site) }));
    assert.deepEqual(
      TagSet?.map(({ Key }) => Key).sort(),
      tagsFor(context.site, 'bucket')
        .map(({ Key }) => Key)
        .sort(),
    );
  });

  it('is listed to its last page', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    const { s3 } = context.clients;
    const send = async (command: { input: { Prefix?: string; ContinuationToken?: string } }) => {
      if (command.input.Prefix !== 'site/') return s3.send(command as never);
      return command.input.ContinuationToken === 'more'
        ? { Contents: [{ Key: 'site/b.png', Size: 2, ETag: '"two"' }] }
        : {
            Contents: [{ Key: 'site/' }, { Key: 'site/a.png', Size: 1, ETag: '"one"' }],
            NextContinuationToken: 'more',
          };
    };
    const paged: Context = {
      ...context,
      clients: { ...context.clients, s3: Object.assign(Object.create(s3), { send }) },
    };
    const have = known(await bucket.describe(paged, newOp()));
    assert.deepEqual(Object.fromEntries(have?.objects ?? []), {
      'a.png': { sizeBytes: 1, etag: 'one' },
      'b.png': { sizeBytes: 2, etag: 'two' },
    });
  });
});
