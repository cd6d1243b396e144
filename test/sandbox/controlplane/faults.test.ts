import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { CreateBucketCommand, ListBucketsCommand, PutBucketTaggingCommand } from '@aws-sdk/client-s3';
import { CreateVolumeCommand, DescribeRegionsCommand, DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import {
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import { askSigned, code, startTestControlPlane, type TestControlPlane } from './testControlPlane';
import { makeProfile } from './testInstances';

describe('the control plane', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(() => plane.admin('POST', 'reset'));
  after(() => plane.stop());

  const volumes = async () => (await plane.ec2.send(new DescribeVolumesCommand({}))).Volumes?.length;
  const createVolume = () =>
    plane.ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1, VolumeType: 'gp3' }));
  const arm = (fault: object) => plane.admin('POST', 'faults', { service: 'ec2', action: 'CreateVolume', ...fault });

  it('fails the nth call of an action, and only as often as told', async () => {
    await arm({ kind: 'error', nth: 2, times: 2, code: 'RequestLimitExceeded', status: 503 });
    await createVolume();
    await assert.rejects(createVolume(), code('RequestLimitExceeded'));
    await assert.rejects(createVolume(), code('RequestLimitExceeded'));
    await createVolume();
    assert.equal(await volumes(), 2);
  });

  it('loses the answer of a call that took effect', async () => {
    await arm({ kind: 'cut', when: 'after' });
    await assert.rejects(createVolume(), /ECONNRESET|socket hang up|aborted/);
    assert.equal(await volumes(), 1);
    await arm({ kind: 'error', when: 'after', code: 'InternalError', status: 500 });
    await assert.rejects(createVolume(), code('InternalError'));
    assert.equal(await volumes(), 2);
  });

  it('cuts a connection before anything happens', async () => {
    await arm({ kind: 'cut' });
    await assert.rejects(createVolume(), /ECONNRESET|socket hang up|aborted/);
    assert.equal(await volumes(), 0);
  });

  it('forgets faults that are disarmed, and refuses what is no fault', async () => {
    await arm({ kind: 'error', times: 100 });
    await plane.admin('DELETE', 'faults');
    await createVolume();
    await assert.rejects(arm({ kind: 'explode' }), /kind is error, delay or cut/);
  });

  it('remembers every AWS call in order until told to forget', async () => {
    await plane.s3.send(new CreateBucketCommand({ Bucket: 'sitelift-calls' }));
    await createVolume();
    const calls = () =>
      plane.admin<{ service: string; action: string; parameters: Record<string, unknown> }[]>('GET', 'calls');
    const [first, second] = await calls();
    assert.deepEqual(
      [first?.service, first?.action, first?.parameters['Bucket']],
      ['s3', 'CreateBucket', 'sitelift-calls'],
    );
    assert.deepEqual([second?.service, second?.action, second?.parameters['Size']], ['ec2', 'CreateVolume', 1]);
    await plane.admin('DELETE', 'calls');
    assert.deepEqual(await calls(), []);
  });

  it('refuses requests whose shape is wrong', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const ask = (body: string) => askSigned(plane, ['ec2', 'us-east-1'], form, body);
    const missing = await ask('Action=AttachVolume&Version=2016-11-15&Device=%2Fdev%2Fsdf');
    assert.equal(missing.status, 400);
    assert.match(await missing.text(), /<Code>MissingParameter<\/Code>.*VolumeId/s);
    const unknown = await ask('Action=DoNothing&Version=2016-11-15');
    assert.match(await unknown.text(), /InvalidAction/);
  });

  it('starts again from an empty account', async () => {
    await plane.s3.send(new CreateBucketCommand({ Bucket: 'sitelift-reset' }));
    await createVolume();
    await plane.admin('POST', 'reset');
    assert.deepEqual((await plane.s3.send(new ListBucketsCommand({}))).Buckets ?? [], []);
    assert.equal(await volumes(), 0);
    assert.ok(((await plane.ec2.send(new DescribeRegionsCommand({}))).Regions?.length ?? 0) > 1);
  });

  it('keeps roles and profiles that something depends on', async () => {
    await makeProfile(plane, 'web');
    const [profile, role] = [{ InstanceProfileName: 'web' }, { RoleName: 'web' }];
    await assert.rejects(plane.iam.send(new DeleteInstanceProfileCommand(profile)), code('DeleteConflictException'));
    await assert.rejects(plane.iam.send(new DeleteRoleCommand(role)), code('DeleteConflictException'));
    await plane.iam.send(new RemoveRoleFromInstanceProfileCommand({ ...profile, ...role }));
    await assert.rejects(plane.iam.send(new DeleteRoleCommand(role)), code('DeleteConflictException'));
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';
    await plane.iam.send(new DetachRolePolicyCommand({ ...role, PolicyArn }));
    await plane.iam.send(new DeleteRoleCommand(role));
    await plane.iam.send(new DeleteInstanceProfileCommand(profile));
    await plane.iam.send(new CreateInstanceProfileCommand(profile));
  });

  it('refuses roles and buckets whose tags have characters that AWS does not take', async () => {
    const document = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    const create = (Value: string) =>
      plane.iam.send(
        new CreateRoleCommand({
          ...{ RoleName: 'web', AssumeRolePolicyDocument: document },
          Tags: [{ Key: 'sitelift:site', Value }],
        }),
      );
    await assert.rejects(create('Ann’s site'), (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.equal(error.name, 'ValidationError');
      assert.match(error.message, /'tags\.1\.member\.value' failed to satisfy constraint: .*\\p\{L\}/);
      return true;
    });
    await create('Ann s site ü/1');
    await plane.s3.send(new CreateBucketCommand({ Bucket: 'sitelift-tags' }));
    const tag = (Value: string) =>
      plane.s3.send(
        new PutBucketTaggingCommand({ Bucket: 'sitelift-tags', Tagging: { TagSet: [{ Key: 'site', Value }] } }),
      );
    await assert.rejects(tag('a&b'), code('InvalidTag'));
    await tag('a b');
  });

  it('ends with its parent and leaves no folder behind', async () => {
    const other = await startTestControlPlane();
    assert.ok(existsSync(other.folder));
    await other.stop();
    assert.ok(!existsSync(other.folder));
    await assert.rejects(fetch(other.endpoint));
  });
});
