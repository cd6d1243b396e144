import { GetBucketTaggingCommand } from '@aws-sdk/client-s3';
import { GetInstanceProfileCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import {
  DescribeAddressesCommand,
  DescribeVolumesCommand,
  DisassociateAddressCommand,
  ReleaseAddressCommand,
} from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from '../../../src/core/context';
import { exportSite, type Handover } from '../../../src/core/handover/exportSite';
import { tagList } from '../../../src/core/handover/template';
import { bucketName, SITE_TAG } from '../../../src/core/names';
import { run } from '../../../src/core/plan';
import { findInstance } from '../../../src/core/resources/lookup';
import { profileName } from '../../../src/core/resources/server/role';
import { ownGroups } from '../../../src/core/resources/network/securityGroup';
import { describeSite } from '../../../src/core/resources/stack';
import { describeParts } from '../../../src/core/resources/teardown/parts';
import { planTeardown } from '../../../src/core/resources/teardown/planTeardown';
import { pythonEnvironment } from '../../setup/python';
import { controlPlane, newContext, newOp } from '../sandbox';
import { count, provision } from '../resources/provisioned';

interface StackResource {
  readonly ResourceType?: string;
  readonly PhysicalResourceId?: string;
}

/** The types of which moto makes nothing. */
const UNMADE = [
  ...['AWS::S3::BucketPolicy', 'AWS::CloudFront::OriginAccessControl', 'AWS::CloudFront::Function'],
  'AWS::CloudFront::Distribution',
];

async function destroy(context: Context): Promise<void> {
  const [site, parts] = await Promise.all([describeSite(context, newOp()), describeParts(context, newOp())]);
  await run(planTeardown('all', context, site, parts, 'delete'), newOp());
}

/** Of a stack, moto makes machines, rights and the bucket, each with some of its settings; these are what it makes. */
describe('a stack made of the template of a site that is gone', () => {
  let context: Context;
  let handover: Handover;
  let folder: string;
  let resources: readonly StackResource[];

  /** Runs `aws cloudformation` and gives what it answers. */
  async function cloudFormation<Answer>(...args: string[]): Promise<Answer> {
    const { aws } = await pythonEnvironment();
    const { stdout } = await promisify(execFile)(aws, ['--region', context.site.region, 'cloudformation', ...args]);
    return JSON.parse(stdout) as Answer;
  }

  before(async () => {
    await controlPlane().send('POST', 'settings', { profileSeconds: 0.2, deploySeconds: 0.5 });
    folder = await mkdtemp(join(tmpdir(), 'sitelift-stack-'));
    context = newContext((file) => {
      file['distribution'] = { serves: 'site' };
      (file['server'] as Record<string, unknown>)['address'] = 'elastic';
    });
    await provision(context, 'all');
    handover = await exportSite(context, newOp());
    await destroy(context);
    assert.deepEqual(await count(context), { instances: 0, dataVolumes: 0 });
    const file = join(folder, 'site.template.json');
    await writeFile(file, JSON.stringify(handover.template, null, 2));
    const stack = ['--stack-name', context.site.id];
    const options = ['--template-body', `file://${file}`, '--capabilities', 'CAPABILITY_NAMED_IAM'];
    await cloudFormation('create-stack', ...stack, ...options, '--parameters', ...parameters());
    const described = await cloudFormation<{ StackResources: readonly StackResource[] }>(
      'describe-stack-resources',
      ...stack,
    );
    resources = described.StackResources;
  });
  after(async () => {
    // An account has few addresses, and other tests give up all that they find with the servers that have them.
    const { AllocationId, AssociationId } = await address();
    if (AssociationId) await context.clients.ec2.send(new DisassociateAddressCommand({ AssociationId }));
    await context.clients.ec2.send(new ReleaseAddressCommand({ AllocationId }));
    await rm(folder, { recursive: true });
  });

  const idOf = (type: string) =>
    resources.find(({ ResourceType }) => ResourceType === type)?.PhysicalResourceId ?? assert.fail(`no ${type}`);
  const address = async () => {
    const command = new DescribeAddressesCommand({ PublicIps: [idOf('AWS::EC2::EIP')] });
    return (await context.clients.ec2.send(command)).Addresses?.[0] ?? assert.fail('no address');
  };
  const parameters = () =>
    Object.keys(handover.template.Parameters ?? {}).map((key) => `ParameterKey=${key},ParameterValue=secret`);
  const propertiesOf = (logicalId: string) =>
    handover.template.Resources[logicalId]?.Properties ?? assert.fail(`no ${logicalId}`);
  const tagsOf = (tags: Parameters<typeof tagList>[0]) =>
    Object.fromEntries(tagList(tags).map(({ Key, Value }) => [Key, Value]));
  const wantedTags = (logicalId: string) => tagsOf(propertiesOf(logicalId)['Tags'] as { Key: string; Value: string }[]);

  it('has all resources of the template but those of which the control plane makes none', () => {
    const made = resources.flatMap(({ PhysicalResourceId, ResourceType }) => (PhysicalResourceId ? ResourceType : []));
    const wanted = Object.values(handover.template.Resources).map(({ Type }) => Type);
    assert.deepEqual(made.sort(), wanted.filter((type) => !UNMADE.includes(type)).sort());
  });

  it('has the server where it was, of its type and image, with its profile, its tags and its address', async () => {
    const server = (await findInstance(context, newOp())) ?? assert.fail('no server');
    const { ImageId, InstanceType, SubnetId } = propertiesOf('Server');
    assert.deepEqual(
      [server.ImageId, server.InstanceType, server.SubnetId, tagsOf(server.Tags)],
      [ImageId, InstanceType, SubnetId, wantedTags('Server')],
    );
    assert.match(server.IamInstanceProfile?.Arn ?? '', new RegExp(`/sitelift/${profileName(context.site)}$`));
    assert.equal((await address()).InstanceId, server.InstanceId);
  });

  it('has the volume, of its size in its zone', async () => {
    const { AvailabilityZone, Size } = propertiesOf('Volume');
    const command = new DescribeVolumesCommand({ VolumeIds: [idOf('AWS::EC2::Volume')] });
    const [found] = (await context.clients.ec2.send(command)).Volumes ?? [];
    assert.deepEqual([found?.AvailabilityZone, found?.Size], [AvailabilityZone, Size]);
  });

  it('has the security group, which opens port 80 and nothing else', async () => {
    const [group, ...others] = await ownGroups(context, newOp());
    assert.deepEqual(others, []);
    const { GroupName, GroupDescription, VpcId } = propertiesOf('SecurityGroup');
    assert.deepEqual([group?.GroupName, group?.Description, group?.VpcId], [GroupName, GroupDescription, VpcId]);
    assert.deepEqual(
      [...new Set(group?.IpPermissions?.map(({ FromPort, ToPort }) => `${FromPort}-${ToPort}`))],
      ['80-80'],
    );
  });

  it('has the role, bound to the profile, and the bucket with its tags', async () => {
    const { iam, s3 } = context.clients;
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: profileName(context.site) }));
    const { AssumeRolePolicyDocument, Path } = propertiesOf('ServerRole');
    const trust = JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')) as unknown;
    assert.deepEqual([Role?.Path, trust], [Path, AssumeRolePolicyDocument]);
    const profile = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: profileName(context.site) }));
    assert.deepEqual(
      profile.InstanceProfile?.Roles?.map(({ RoleName }) => RoleName),
      [profileName(context.site)],
    );
    const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket: bucketName(context.site) }));
    assert.deepEqual(tagsOf(TagSet), wantedTags('Bucket'));
    assert.equal(tagsOf(TagSet)[SITE_TAG], context.site.id);
  });
});
