import { CreateInvalidationCommand, UntagResourceCommand } from '@aws-sdk/client-cloudfront';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DescribeSecurityGroupsCommand,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  UntagRoleCommand,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { isDenied } from '../../../src/core/aws/errors';
import type { Context } from '../../../src/core/context';
import { exportSite } from '../../../src/core/handover/exportSite';
import { bucketName, REGION_TAG, ROLE_TAG, SITE_TAG, tagsFor } from '../../../src/core/names';
import { run } from '../../../src/core/plan';
import { planSwitch } from '../../../src/core/resources/distribution/distributionSwitch';
import { planSnapshot } from '../../../src/core/resources/volume/planSnapshot';
import { listSiteSnapshots } from '../../../src/core/resources/volume/snapshots';
import { planRestriction } from '../../../src/core/resources/distribution/planRestriction';
import { AGENT_POLICY_NAME, BROAD_POLICY_ARN } from '../../../src/core/resources/server/agentPolicy';
import { known } from '../../../src/core/resources/resource';
import { profileName } from '../../../src/core/resources/server/role';
import { describeSite } from '../../../src/core/resources/stack';
import { parseSite } from '../../../src/core/site';
import { instanceReaches, launchInstance } from '../../sandbox/controlplane/testInstances';
import { asUser } from './asUser';
import { newPublishDriver } from '../publish/publishDriver';
import { controlPlane, newContext, newOp } from '../sandbox';
import { distributionOf, edit } from '../resources/edited';
import { keysOf, planned, provision } from '../resources/provisioned';
import { plannedReplace, plannedRestore, stopServer } from '../resources/succeeded';

/** The same site with other wishes in its file. */
const wishing = ({ clients, site }: Context, wishes: object): Context => ({
  clients,
  site: parseSite(JSON.stringify({ ...site, ...wishes })),
});

describe('a user with docs/iam-policy.json and nothing else', function () {
  this.timeout(300_000);
  let admin: Context;
  let user: Context;

  before(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { profileSeconds: 0.1, deploySeconds: 0.2 });
    admin = newContext((file) => void Object.assign(file, { server: { address: 'elastic' } }));
    user = await asUser(admin, 'iam-policy.json');
  });
  after(async () => {
    const { instanceId } = known((await describeSite(admin, newOp())).server) ?? {};
    if (instanceId === undefined) return;
    await admin.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  });

  it('makes a whole site, and then there is nothing to do', async () => {
    const keys = await provision(user, 'all');
    for (const key of [
      'role',
      'securityGroup',
      'instance',
      'address',
      'volume',
      'bucket',
      'distribution',
      'bucketPolicy',
    ]) {
      assert.ok(keys.includes(key), `${key} is not in ${keys.join()}`);
    }
    assert.deepEqual(keysOf(await planned(user, 'all')), []);
  });

  it('puts the settings of the bucket in order', async () => {
    const Bucket = { Bucket: bucketName(admin.site) };
    const { s3 } = admin.clients;
    await s3.send(new DeleteBucketPolicyCommand(Bucket));
    await s3.send(new DeleteBucketLifecycleCommand(Bucket));
    await s3.send(new DeletePublicAccessBlockCommand(Bucket));
    await s3.send(new DeleteBucketOwnershipControlsCommand(Bucket));
    assert.deepEqual(await provision(user, 'all'), ['bucket', 'bucketPolicy']);
    assert.deepEqual(keysOf(await planned(user, 'all')), []);
  });

  it('puts role and group in order, and starts a server that was stopped', async () => {
    const { ec2, iam } = admin.clients;
    const RoleName = profileName(admin.site);
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: AGENT_POLICY_NAME }));
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: BROAD_POLICY_ARN }));
    await iam.send(new UntagRoleCommand({ RoleName, TagKeys: [REGION_TAG] }));
    const { instanceId } = known((await describeSite(admin, newOp())).server) ?? assert.fail('no server');
    await ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    await instanceReaches(ec2, instanceId, 'stopped');
    const keys = await provision(user, 'server');
    assert.ok(keys.includes('role') && keys.includes('startInstance'), keys.join());
  });

  it('takes a snapshot and restores it, and replaces the server', async () => {
    const request = { id: 'click', name: '' };
    await run(planSnapshot(user, await describeSite(user, newOp()), [], request), newOp());
    const [taken] = await listSiteSnapshots(user, newOp());
    await stopServer(admin);
    await run(await plannedRestore(user, taken?.snapshotId ?? ''), newOp());
    await stopServer(admin);
    await run(await plannedReplace(user), newOp());
    assert.deepEqual(keysOf(await planned(user, 'all')), []);
  });

  it('gives the address up again', async () => {
    const changing = wishing(user, { server: { ...user.site.server, address: 'changing' } });
    assert.deepEqual(await provision(changing, 'server'), ['releaseAddress']);
  });

  it('puts the distribution in order, switches it off and on, and restricts it', async () => {
    await edit(admin, (config) => ({ ...config, Enabled: false }));
    await provision(user, 'distribution');
    assert.ok((await distributionOf(user)).enabled);
    for (const enabled of [false, true]) await run(await planSwitch(user, enabled, newOp()), newOp());
    await run(await planRestriction(user, { block: ['FR'] }, newOp()), newOp());
    await run(await planRestriction(user, 'none', newOp()), newOp());
    const { enabled, geoRestriction } = await distributionOf(user);
    assert.deepEqual([enabled, geoRestriction], [true, 'none']);
  });

  it('lets the distribution serve the whole site, reached by CloudFront alone', async () => {
    const whole = wishing(user, {
      distribution: { ...user.site.distribution, serves: 'site' },
      server: { ...user.site.server, address: 'changing', openTo: 'cloudfront' },
    });
    const keys = await provision(whole, 'all');
    assert.ok(keys.includes('distributionSettings') && keys.includes('securityGroup'), keys.join());
    assert.deepEqual(keysOf(await planned(whole, 'all')), []);
  });

  it('hands the whole site over', async () => {
    const { imports } = await exportSite(user, newOp());
    const types = imports.map(({ ResourceType }) => ResourceType);
    for (const type of ['AWS::EC2::Instance', 'AWS::IAM::Role', 'AWS::S3::Bucket', 'AWS::CloudFront::Function']) {
      assert.ok(types.includes(type), `${type} is not in ${types.join()}`);
    }
  });

  it('puts the server into a security group of somebody else’s, and nothing of somebody else’s into one', async () => {
    const { ec2 } = admin.clients;
    const { SecurityGroups } = await ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-name', Values: ['default'] }] }),
    );
    const securityGroup = SecurityGroups?.[0]?.GroupId ?? assert.fail('no group');
    const named = wishing(user, { server: { ...user.site.server, securityGroup } });
    assert.ok((await provision(named, 'server')).includes('serverGroups'));
    assert.ok((await provision(user, 'server')).includes('serverGroups'));
    const InstanceId = await launchInstance(admin.clients);
    await assert.rejects(
      user.clients.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, Groups: [securityGroup] })),
      isDenied,
    );
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  });

  it('can change nothing that lacks the site’s tag or name', async () => {
    const { cloudfront, ec2, iam, s3 } = user.clients;
    const instanceId = await launchInstance(admin.clients);
    const { instanceId: ownId } = known((await describeSite(admin, newOp())).server) ?? assert.fail('no server');
    const other = newContext();
    await provision(other, 'distribution');
    const { arn, id } = await distributionOf(other);
    await admin.clients.cloudfront.send(new UntagResourceCommand({ Resource: arn, TagKeys: { Items: [SITE_TAG] } }));
    const groups = await admin.clients.ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'group-name', Values: ['default'] }] }),
    );
    const [group] = groups.SecurityGroups ?? [];
    const rule = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
    const paths = { Quantity: 1, Items: ['/*'] };
    const attempts: readonly (() => Promise<unknown>)[] = [
      () => ec2.send(new StartInstancesCommand({ InstanceIds: [instanceId] })),
      () => ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group?.GroupId, IpPermissions: [rule] })),
      () => ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 })),
      () => ec2.send(new CreateTagsCommand({ Resources: [instanceId], Tags: tagsFor(other.site, 'server') })),
      () => ec2.send(new CreateTagsCommand({ Resources: [instanceId], Tags: [{ Key: ROLE_TAG, Value: 'server' }] })),
      () => ec2.send(new CreateTagsCommand({ Resources: [ownId], Tags: [{ Key: SITE_TAG, Value: other.site.id }] })),
      () =>
        cloudfront.send(
          new CreateInvalidationCommand({
            DistributionId: id,
            InvalidationBatch: { CallerReference: id, Paths: paths },
          }),
        ),
      () => iam.send(new CreateRoleCommand({ RoleName: 'admin', AssumeRolePolicyDocument: '{}' })),
      () => s3.send(new CreateBucketCommand({ Bucket: `elsewhere-${admin.site.id}` })),
    ];
    for (const attempt of attempts) {
      await assert.rejects(attempt(), (error) => isDenied(error) || assert.fail(String(error)));
    }
    await admin.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  });
});

for (const file of ['iam-policy.json', 'iam-policy-publish.json']) {
  describe(`a publisher with docs/${file} and nothing else`, () => {
    it('publishes, publishes anew and rolls back, with images that are copied, removed and forgotten by the edges', async () => {
      const site = await newPublishDriver({ 'index.html': 'one', 'a.png': 'one', 'gone.png': 'gone' }, 'site', {
        assets: { naming: 'hashed' },
      });
      try {
        const { clients } = await asUser(site.context, file);
        const by: Context = { site: site.context.site, clients: { ...clients, ...site.server.clients } };
        const publish = () => site.publish(newOp(), {}, by);
        await publish();
        await site.put('index.html', 'two');
        await site.put('a.png', 'two');
        await site.drop('gone.png');
        await publish();
        const [former] = (await site.ledger()).former;
        const { plan } = await site.planRollback(former?.at ?? assert.fail('no former release'), {}, by);
        await run(plan, newOp());
        assert.equal(await site.text('site/a.png'), 'one');
      } finally {
        await site.remove();
      }
    });
  });
}
