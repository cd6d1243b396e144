import assert from 'node:assert/strict';
import {
  CloudFrontClient,
  CreateDistributionWithTagsCommand,
  ListDistributionsCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-cloudfront';
import {
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  CreateVolumeCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { DescribeInstanceInformationCommand, GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import type { MadeUser, SandboxUser } from '../sandbox';
import { code, setInstant, startTestControlPlane, type TestControlPlane } from './testControlPlane';
import { AMAZON_LINUX, makeProfile } from './testInstances';

const BUCKET = 'sitelift-photos';
const ACCOUNT = '123456789012';

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

describe('the control plane, on users', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
    await plane.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });
  after(() => plane.stop());

  const make = (user: SandboxUser) => plane.admin<MadeUser>('POST', 'users', user);
  const makeWith = (...policy: object[]) => make({ name: 'ann', policy });
  const allow = (Action: string | string[], more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more });
  const bucketArn = `arn:aws:s3:::${BUCKET}`;

  function clientsOf(credentials: Keys) {
    const options = { endpoint: plane.endpoint, region: 'us-east-1', maxAttempts: 1, credentials };
    return {
      s3: new S3Client({ ...options, forcePathStyle: true }),
      ec2: new EC2Client(options),
      iam: new IAMClient(options),
      ssm: new SSMClient(options),
      sts: new STSClient(options),
      cloudFront: new CloudFrontClient(options),
    };
  }

  /** The predicate of `assert.rejects` for an AWS error with a code and a message. */
  const refusal = (name: string, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof Error);
    assert.equal((error as Error & { Code?: string }).Code ?? error.name, name);
    assert.match(error.message, message);
    return true;
  };

  it('tells every caller who it is', async () => {
    const ann = await makeWith();
    const identity = await clientsOf(ann).sts.send(new GetCallerIdentityCommand({}));
    assert.deepEqual([identity.Account, identity.Arn], [ACCOUNT, `arn:aws:iam::${ACCOUNT}:user/ann`]);
    assert.equal(ann.arn, identity.Arn);
    const calls = await plane.admin<{ action: string; caller: string }[]>('GET', 'calls');
    assert.equal(calls.at(-1)?.caller, ann.arn);
  });

  it('lets a user do nothing that no policy allows, and says so as each service does', async () => {
    const ann = await makeWith();
    const { s3, ec2, iam, ssm, cloudFront } = clientsOf(ann);
    const sentence = (action: string) =>
      new RegExp(`User: ${ann.arn} is not authorized to perform: ${action} on resource: .* because no identity-based`);
    await assert.rejects(
      s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x' })),
      refusal('AccessDenied', new RegExp(`s3:PutObject on resource: "${bucketArn}/a" because`)),
    );
    await assert.rejects(
      ec2.send(new DescribeVolumesCommand({})),
      refusal('UnauthorizedOperation', /perform: ec2:DescribeVolumes on .* Encoded authorization failure message: \S+/),
    );
    await assert.rejects(
      iam.send(new GetRoleCommand({ RoleName: 'web' })),
      refusal('AccessDenied', sentence('iam:GetRole')),
    );
    await assert.rejects(
      ssm.send(new DescribeInstanceInformationCommand({})),
      refusal('AccessDeniedException', sentence('ssm:DescribeInstanceInformation')),
    );
    await assert.rejects(
      cloudFront.send(new ListDistributionsCommand({})),
      refusal('AccessDenied', sentence('cloudfront:ListDistributions')),
    );
  });

  it('allows what a policy names, by action and resource, with wildcards', async () => {
    const { s3, ec2 } = clientsOf(
      await makeWith(
        allow(['s3:PutObject', 's3:Get*'], { Resource: `${bucketArn}/site/*` }),
        allow('s3:ListBucket', { Resource: bucketArn }),
        { Effect: 'Allow', NotAction: ['s3:*', 'iam:*', 'ec2:CreateVolume'], Resource: '*' },
      ),
    );
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'site/a', Body: 'x' }));
    await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'site/a' }));
    await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    await ec2.send(new DescribeVolumesCommand({}));
    const denied = code('AccessDenied');
    await assert.rejects(s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'b', Body: 'x' })), denied);
    await assert.rejects(s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'site/a' })), denied);
    await assert.rejects(s3.send(new ListBucketsCommand({})), refusal('AccessDenied', /s3:ListAllMyBuckets/));
    await assert.rejects(
      s3.send(new GetPublicAccessBlockCommand({ Bucket: BUCKET })),
      refusal('AccessDenied', /s3:GetBucketPublicAccessBlock/),
    );
    await assert.rejects(
      ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 })),
      code('UnauthorizedOperation'),
    );
  });

  it('lets a denial win, in a policy of its own or of the bucket', async () => {
    const ann = await makeWith(allow('s3:*'), {
      Effect: 'Deny',
      Action: 's3:PutObject',
      Resource: '*',
      Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' } },
    });
    const { s3 } = clientsOf(ann);
    const object = { Bucket: BUCKET, Key: 'a', Body: 'x' };
    await assert.rejects(
      s3.send(new PutObjectCommand(object)),
      refusal('AccessDenied', /with an explicit deny in an identity-based policy/),
    );
    await s3.send(new PutObjectCommand({ ...object, ServerSideEncryption: 'AES256' }));
    const statement = {
      Effect: 'Deny',
      Principal: { AWS: ann.arn },
      Action: 's3:GetObject',
      Resource: `${bucketArn}/*`,
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statement });
    await plane.s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }));
    await assert.rejects(
      s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' })),
      refusal('AccessDenied', /with an explicit deny in a resource-based policy/),
    );
    await plane.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  });

  it('lets a user in whom the bucket’s policy names', async () => {
    const ann = await makeWith();
    const statement = { Effect: 'Allow', Principal: { AWS: ann.arn }, Action: 's3:*', Resource: `${bucketArn}/*` };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await plane.s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }));
    await clientsOf(ann).s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x' }));
  });

  it('deletes of several objects those that the user may delete, and tells of the others', async () => {
    const { s3 } = clientsOf(await makeWith(allow('s3:DeleteObject', { Resource: `${bucketArn}/site/*` })));
    const keys = ['site/a&b', 'private/a', 'site/c'];
    for (const Key of keys) await plane.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
    const remove = (...some: string[]) =>
      s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: some.map((Key) => ({ Key })) } }));
    const { Deleted, Errors } = await remove(...keys);
    assert.deepEqual(Deleted?.map(({ Key }) => Key).sort(), ['site/a&b', 'site/c']);
    assert.deepEqual(
      Errors?.map(({ Key, Code }) => [Key, Code]),
      [['private/a', 'AccessDenied']],
    );
    assert.equal((await remove('private/a')).Errors?.length, 1);
    const { Contents } = await plane.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    assert.deepEqual(
      Contents?.map(({ Key }) => Key),
      ['private/a'],
    );
  });

  it('tells only those who may list a bucket that a key is missing', async () => {
    const missing = new GetObjectCommand({ Bucket: BUCKET, Key: 'missing' });
    const { s3 } = clientsOf(await makeWith(allow('s3:GetObject')));
    await assert.rejects(s3.send(missing), refusal('AccessDenied', /s3:ListBucket/));
    const bob = await make({ name: 'bob', policy: [allow(['s3:GetObject', 's3:ListBucket'])] });
    await assert.rejects(clientsOf(bob).s3.send(missing), code('NoSuchKey'));
  });

  it('asks for the permission to pass a role, and to tag, beside the one to launch', async () => {
    await makeProfile(plane, 'web');
    const { Parameter } = await plane.ssm.send(new GetParameterCommand({ Name: AMAZON_LINUX }));
    const launch = new RunInstancesCommand({
      ...{ ImageId: Parameter?.Value, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 },
      IamInstanceProfile: { Name: 'web' },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'sitelift:site', Value: 'demo' }] }],
    });
    const ec2Of = async (name: string, ...policy: object[]) => clientsOf(await make({ name, policy })).ec2;
    await assert.rejects(
      (await ec2Of('ann', allow('ec2:RunInstances'))).send(launch),
      refusal('UnauthorizedOperation', /perform: ec2:CreateTags on resource: arn:aws:ec2:us-east-1:\d+:instance/),
    );
    const tagging = [allow('ec2:RunInstances'), allow('ec2:CreateTags')];
    await assert.rejects(
      (await ec2Of('bob', ...tagging)).send(launch),
      refusal('UnauthorizedOperation', /perform: iam:PassRole on resource: arn:aws:iam::\d+:role\/web/),
    );
    const passing = { Condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } } };
    await assert.rejects(
      (await ec2Of('cid', ...tagging, allow('iam:PassRole', passing))).send(launch),
      code('UnauthorizedOperation'),
    );
    const ours = { Condition: { StringEquals: { 'aws:RequestTag/sitelift:site': 'demo' } } };
    const right = { Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } } };
    const dora = await ec2Of('dora', allow('ec2:RunInstances'), allow('ec2:CreateTags', ours), allow('iam:*', right));
    await dora.send(launch);
  });

  it('asks for the permission for the network of a group and the key of a server as well', async () => {
    const { Vpcs } = await plane.ec2.send(new DescribeVpcsCommand({}));
    const { KeyName } = await plane.ec2.send(new CreateKeyPairCommand({ KeyName: 'mine' }));
    const { Parameter } = await plane.ssm.send(new GetParameterCommand({ Name: AMAZON_LINUX }));
    const server = { ImageId: Parameter?.Value, InstanceType: 't3.micro' as const, MinCount: 1, MaxCount: 1 };
    const arns = (...kinds: string[]) => kinds.map((kind) => `arn:aws:ec2:*:*:${kind}/*`);
    const parts = [...arns('instance', 'volume', 'network-interface'), 'arn:aws:ec2:*::image/*'];
    const group = (GroupName: string) =>
      new CreateSecurityGroupCommand({ GroupName, Description: 'x', VpcId: Vpcs?.[0]?.VpcId });
    const { ec2 } = clientsOf(
      await makeWith(
        allow('ec2:CreateSecurityGroup', { Resource: arns('security-group') }),
        allow('ec2:RunInstances', { Resource: parts }),
      ),
    );
    await assert.rejects(ec2.send(group('a')), refusal('UnauthorizedOperation', /:vpc\/vpc-/));
    await assert.rejects(
      ec2.send(new RunInstancesCommand({ ...server, KeyName })),
      refusal('UnauthorizedOperation', /:key-pair\/mine/),
    );
    await ec2.send(new RunInstancesCommand(server));
    const bob = await make({
      name: 'bob',
      policy: [allow('ec2:CreateSecurityGroup', { Resource: arns('security-group', 'vpc') })],
    });
    await clientsOf(bob).ec2.send(group('b'));
  });

  it('asks for the permission to tag a distribution, and knows distributions by their tags', async () => {
    const config = {
      ...{ CallerReference: 'demo', Comment: '', Enabled: true },
      Origins: {
        Quantity: 1,
        Items: [
          { Id: 'b', DomainName: `${BUCKET}.s3.us-east-1.amazonaws.com`, S3OriginConfig: { OriginAccessIdentity: '' } },
        ],
      },
      DefaultCacheBehavior: {
        ...{ TargetOriginId: 'b', ViewerProtocolPolicy: 'redirect-to-https' as const },
        CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
      },
    };
    const create = new CreateDistributionWithTagsCommand({
      DistributionConfigWithTags: { DistributionConfig: config, Tags: { Items: [{ Key: 'team', Value: 'web' }] } },
    });
    const ann = clientsOf(await makeWith(allow('cloudfront:CreateDistribution')));
    await assert.rejects(ann.cloudFront.send(create), refusal('AccessDenied', /cloudfront:TagResource/));
    const { Distribution } = await plane.cloudFront.send(create);
    const read = async (name: string, team: string) => {
      const own = allow('cloudfront:List*', { Condition: { StringEquals: { 'aws:ResourceTag/team': team } } });
      const { cloudFront } = clientsOf(await make({ name, policy: [own] }));
      return await cloudFront.send(new ListTagsForResourceCommand({ Resource: Distribution?.ARN }));
    };
    await read('bob', 'web');
    await assert.rejects(read('cid', 'other'), code('AccessDenied'));
  });

  it('keeps accounts apart', async () => {
    const account = '999999999999';
    const policy = [allow('*')];
    const eve = clientsOf(await make({ name: 'eve', policy, account }));
    const identity = await eve.sts.send(new GetCallerIdentityCommand({}));
    assert.deepEqual([identity.Account, identity.Arn], [account, `arn:aws:iam::${account}:user/eve`]);
    await plane.ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 }));
    assert.deepEqual((await eve.ec2.send(new DescribeVolumesCommand({}))).Volumes ?? [], []);
    assert.deepEqual((await eve.s3.send(new ListBucketsCommand({}))).Buckets ?? [], []);
    await assert.rejects(eve.s3.send(new ListObjectsV2Command({ Bucket: BUCKET })), code('AccessDenied'));
    await assert.rejects(eve.s3.send(new CreateBucketCommand({ Bucket: BUCKET })), code('BucketAlreadyExists'));
    await eve.s3.send(new CreateBucketCommand({ Bucket: 'eves-photos' }));
    await eve.s3.send(new PutObjectCommand({ Bucket: 'eves-photos', Key: 'a', Body: 'x' }));
    const { Buckets } = await plane.s3.send(new ListBucketsCommand({}));
    assert.deepEqual(
      Buckets?.map(({ Name }) => Name),
      [BUCKET],
    );
    await assert.rejects(plane.s3.send(new ListObjectsV2Command({ Bucket: 'eves-photos' })), code('AccessDenied'));
  });

  it('obeys an organisation that denies an action to all or to one, until it no longer does', async () => {
    const { s3 } = clientsOf(await makeWith(allow('s3:*')));
    const put = new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x' });
    await plane.admin('POST', 'denies', { action: 's3:PutObject', for: 'ann' });
    const denied = refusal('AccessDenied', /s3:PutObject on .* with an explicit deny in a service control policy/);
    await assert.rejects(s3.send(put), denied);
    await plane.s3.send(put);
    await plane.admin('POST', 'denies', { action: 'ec2:Describe*' });
    await assert.rejects(
      plane.ec2.send(new DescribeVolumesCommand({})),
      refusal('UnauthorizedOperation', /explicit deny in a service control policy/),
    );
    await plane.admin('DELETE', 'denies');
    await s3.send(put);
    await plane.ec2.send(new DescribeVolumesCommand({}));
    await assert.rejects(plane.admin('POST', 'denies', { act: 'x' }), /A denial has action/);
  });

  describe('with roles', () => {
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/publisher`;

    async function makeRole(condition: object = {}): Promise<void> {
      const statement = {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: 'sts:AssumeRole',
        ...condition,
      };
      const trust = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
      await plane.iam.send(new CreateRoleCommand({ RoleName: 'publisher', AssumeRolePolicyDocument: trust }));
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [allow('s3:*')] });
      await plane.iam.send(new PutRolePolicyCommand({ RoleName: 'publisher', PolicyName: 'publish', PolicyDocument }));
    }
    const withMfa = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } };

    async function assume(keys: Keys, more: { SerialNumber?: string; TokenCode?: string } = {}): Promise<Keys> {
      const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', ...more });
      const { Credentials } = await clientsOf(keys).sts.send(command);
      assert.ok(Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken);
      assert.ok(Credentials.Expiration && Credentials.Expiration.getTime() > Date.now());
      return {
        accessKeyId: Credentials.AccessKeyId,
        secretAccessKey: Credentials.SecretAccessKey,
        sessionToken: Credentials.SessionToken,
      };
    }

    it('gives temporary keys to those whom the role trusts and who may assume it', async () => {
      await makeRole();
      const notAllowed = refusal('AccessDenied', /not authorized to perform: sts:AssumeRole on resource: arn:aws:iam/);
      await assert.rejects(assume(await makeWith()), notAllowed);
      const session = await assume(await make({ name: 'bob', policy: [allow('sts:AssumeRole')] }));
      assert.match(session.accessKeyId, /^ASIA/);
      const { s3, ec2, sts } = clientsOf(session);
      const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
      assert.equal(Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/publisher/session`);
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'x' }));
      await assert.rejects(ec2.send(new DescribeVolumesCommand({})), code('UnauthorizedOperation'));
      const PolicyArn = 'arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess';
      await plane.iam.send(new AttachRolePolicyCommand({ RoleName: 'publisher', PolicyArn }));
      await ec2.send(new DescribeVolumesCommand({}));
      const foreign = new AssumeRoleCommand({ RoleArn: `${RoleArn}2`, RoleSessionName: 'session' });
      await assert.rejects(
        plane.iam.config.credentials().then((keys) => clientsOf(keys).sts.send(foreign)),
        notAllowed,
      );
    });

    it('demands the code of an MFA device where the role does', async () => {
      await makeRole(withMfa);
      const ann = await make({ name: 'ann', policy: [allow('sts:*')], mfa: true });
      const SerialNumber = ann.mfaSerial ?? '';
      await assert.rejects(assume(ann), refusal('AccessDenied', /not authorized to perform: sts:AssumeRole/));
      await assert.rejects(
        assume(ann, { SerialNumber, TokenCode: '000000' }),
        refusal('AccessDenied', /^MultiFactorAuthentication failed with invalid MFA one time pass code\. $/),
      );
      await assert.rejects(
        assume(ann, { SerialNumber: `${SerialNumber}2`, TokenCode: '123456' }),
        refusal('AccessDenied', /unable to validate MFA code/),
      );
      const { s3 } = clientsOf(await assume(ann, { SerialNumber, TokenCode: '123456' }));
      await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      const { Credentials } = await clientsOf(ann).sts.send(
        new GetSessionTokenCommand({ SerialNumber, TokenCode: '123456' }),
      );
      assert.ok(Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken);
      await assume({
        accessKeyId: Credentials.AccessKeyId,
        secretAccessKey: Credentials.SecretAccessKey,
        sessionToken: Credentials.SessionToken,
      });
    });

    it('takes temporary keys only with their token, and only until they end', async () => {
      await makeRole();
      const session = await assume(await make({ name: 'ann', policy: [allow('sts:*')] }));
      const list = (keys: Keys) => clientsOf(keys).s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      await list(session);
      const bare = { accessKeyId: session.accessKeyId, secretAccessKey: session.secretAccessKey };
      await assert.rejects(list(bare), code('InvalidAccessKeyId'));
      await assert.rejects(list({ ...session, sessionToken: 'another' }), code('InvalidToken'));
      await plane.admin('DELETE', 'sessions');
      await assert.rejects(list(session), code('ExpiredToken'));
      const { ec2, ssm, iam } = clientsOf(session);
      await assert.rejects(ec2.send(new DescribeVolumesCommand({})), code('RequestExpired'));
      await assert.rejects(ssm.send(new DescribeInstanceInformationCommand({})), code('ExpiredTokenException'));
      await assert.rejects(iam.send(new GetRoleCommand({ RoleName: 'publisher' })), code('ExpiredToken'));
    });
  });
});
