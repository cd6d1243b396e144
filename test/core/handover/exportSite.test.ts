import {
  DescribeFunctionCommand,
  GetDistributionCommand,
  GetOriginAccessControlCommand,
} from '@aws-sdk/client-cloudfront';
import {
  CreateTagsCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
} from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { GetBucketPolicyCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { exportSite, type Handover } from '../../../src/core/handover/exportSite';
import { nextSteps } from '../../../src/core/handover/nextSteps';
import { findInstance } from '../../../src/core/resources/lookup';
import { proofOf } from '../../../src/core/resources/distribution/wholeSite';
import { controlPlane, newContext, newOp, refuse } from '../sandbox';
import { configOf, edit } from '../resources/edited';
import { callsOf, changesOf, provision, releaseAll } from '../resources/provisioned';
import { lint, schemasOf } from './linted';

const whole = (file: Record<string, unknown>) => {
  file['distribution'] = { serves: 'site' };
  Object.assign(file['server'] as object, { address: 'elastic', openTo: 'cloudfront' });
};

const typesOf = ({ imports }: Handover) => imports.map(({ ResourceType }) => ResourceType);
const propertiesOf = ({ template }: Handover, logicalId: string) =>
  template.Resources[logicalId]?.Properties ?? assert.fail(`no ${logicalId}`);

/** Asks AWS for what an import identifies; throws where it is not there. */
async function look({ clients }: Context, type: string, id: Readonly<Record<string, string>>): Promise<unknown> {
  const { cloudfront, ec2, iam, s3 } = clients;
  switch (type) {
    case 'AWS::EC2::SecurityGroup':
      return ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id['Id'] ?? ''] }));
    case 'AWS::EC2::Instance':
      return ec2.send(new DescribeInstancesCommand({ InstanceIds: [id['InstanceId'] ?? ''] }));
    case 'AWS::EC2::Volume':
      return ec2.send(new DescribeVolumesCommand({ VolumeIds: [id['VolumeId'] ?? ''] }));
    case 'AWS::EC2::EIP': {
      const { Addresses } = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [id['AllocationId'] ?? ''] }));
      return assert.equal(Addresses?.[0]?.PublicIp, id['PublicIp']);
    }
    case 'AWS::IAM::Role':
      return iam.send(new GetRoleCommand({ RoleName: id['RoleName'] }));
    case 'AWS::IAM::InstanceProfile':
      return iam.send(new GetInstanceProfileCommand({ InstanceProfileName: id['InstanceProfileName'] }));
    case 'AWS::S3::Bucket':
      return s3.send(new HeadBucketCommand({ Bucket: id['BucketName'] }));
    case 'AWS::S3::BucketPolicy':
      return s3.send(new GetBucketPolicyCommand({ Bucket: id['Bucket'] }));
    case 'AWS::CloudFront::OriginAccessControl':
      return cloudfront.send(new GetOriginAccessControlCommand({ Id: id['Id'] }));
    case 'AWS::CloudFront::Function': {
      const Name = id['FunctionARN']?.split('/').pop();
      const { FunctionSummary } = await cloudfront.send(new DescribeFunctionCommand({ Name, Stage: 'LIVE' }));
      return assert.equal(FunctionSummary?.FunctionMetadata?.FunctionARN, id['FunctionARN']);
    }
    case 'AWS::CloudFront::Distribution':
      return cloudfront.send(new GetDistributionCommand({ Id: id['Id'] }));
    default:
      return assert.fail(`${type} is not asked for`);
  }
}

const IMAGES = [
  ...['AWS::EC2::SecurityGroup', 'AWS::IAM::Role', 'AWS::IAM::InstanceProfile', 'AWS::EC2::Instance'],
  ...['AWS::EC2::Volume', 'AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'AWS::CloudFront::OriginAccessControl'],
  'AWS::CloudFront::Distribution',
];

describe('handing a site over', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.2, deploySeconds: 0.5 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  for (const [title, change, more] of [
    ['of images', () => undefined, []],
    ['that CloudFront serves as a whole', whole, ['AWS::EC2::EIP', 'AWS::CloudFront::Function']],
  ] as const) {
    describe(`one ${title}`, () => {
      let context: Context;
      let handover: Handover;

      before(async () => {
        context = newContext(change);
        await provision(context, 'all');
        handover = await exportSite(context, newOp());
      });
      after(() => releaseAll(context));

      it('has every resource, each of which is kept', () => {
        assert.deepEqual(typesOf(handover).sort(), [...IMAGES, ...more].sort());
        for (const { DeletionPolicy, UpdateReplacePolicy } of Object.values(handover.template.Resources)) {
          assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['Retain', 'Retain']);
        }
      });

      it('is a template that cfn-lint finds nothing wrong with', async () => {
        assert.equal(await lint(handover.template, context.site.region), '');
      });

      it('fits into a request', () => {
        assert.ok(Buffer.byteLength(JSON.stringify(handover.template, null, 2)) <= 51_200);
      });

      it('identifies each resource by what its type is identified by, with what AWS shows', async () => {
        const { Resources } = handover.template;
        const schemas = await schemasOf([...new Set(typesOf(handover))]);
        assert.deepEqual(
          handover.imports.map(({ LogicalResourceId }) => LogicalResourceId).sort(),
          Object.keys(Resources).sort(),
        );
        for (const { LogicalResourceId, ResourceIdentifier, ResourceType } of handover.imports) {
          assert.equal(Resources[LogicalResourceId]?.Type, ResourceType);
          assert.deepEqual(Object.keys(ResourceIdentifier), schemas[ResourceType]?.primaryIdentifier, ResourceType);
          await look(context, ResourceType, ResourceIdentifier);
        }
      });

      it('changes nothing in AWS, and says the same when it is asked again', async () => {
        let again: Handover | undefined;
        const calls = await callsOf(async () => void (again = await exportSite(context, newOp())));
        assert.deepEqual(changesOf(calls), []);
        assert.deepEqual(again, handover);
      });
    });
  }

  describe('in its words', () => {
    let context: Context;
    let handover: Handover;
    before(async () => {
      context = newContext(whole);
      await provision(context, 'all');
      const instance = await findInstance(context, newOp());
      await context.clients.ec2.send(
        new CreateTagsCommand({ Resources: [instance?.InstanceId ?? ''], Tags: [{ Key: 'team', Value: 'web' }] }),
      );
      await edit(context, (config) => ({
        ...config,
        Restrictions: { GeoRestriction: { RestrictionType: 'blacklist', Quantity: 1, Items: ['AQ'] } },
      }));
      handover = await exportSite(context, newOp());
    });
    after(() => releaseAll(context));

    it('tells the server as it is, with its group and its profile by reference', async () => {
      const instance = (await findInstance(context, newOp())) ?? assert.fail('no server');
      const { BlockDeviceMappings, CreditSpecification, MetadataOptions, ...rest } = propertiesOf(handover, 'Server');
      assert.deepEqual(rest, {
        ...{ ImageId: instance.ImageId, InstanceType: 't3.micro', SubnetId: instance.SubnetId },
        SecurityGroupIds: [{ 'Fn::GetAtt': ['SecurityGroup', 'GroupId'] }],
        IamInstanceProfile: { Ref: 'ServerProfile' },
        ...{ EbsOptimized: false, SourceDestCheck: true, Monitoring: false, Tags: instance.Tags },
      });
      assert.ok((rest['Tags'] as { Key: string }[]).some(({ Key }) => Key === 'team'));
      assert.deepEqual(CreditSpecification, { CPUCredits: 'standard' });
      assert.equal((MetadataOptions as { HttpTokens: string }).HttpTokens, 'required');
      const [root] = BlockDeviceMappings as { DeviceName: string; Ebs: { Encrypted: boolean } }[];
      assert.deepEqual([root?.DeviceName, root?.Ebs.Encrypted], ['/dev/xvda', true]);
    });

    it('tells who reaches the server, who reads the bucket, and whose address it is', () => {
      const [rule, ...others] = propertiesOf(handover, 'SecurityGroup')['SecurityGroupIngress'] as object[];
      assert.deepEqual(others, []);
      assert.match(JSON.stringify(rule), /"FromPort":80,"ToPort":80,"SourcePrefixListId":"pl-[0-9a-f]+"/);
      assert.deepEqual(propertiesOf(handover, 'Address')['InstanceId'], { Ref: 'Server' });
      const { Statement } = propertiesOf(handover, 'BucketPolicy')['PolicyDocument'] as {
        Statement: readonly { readonly Condition: unknown }[];
      };
      assert.deepEqual(Statement[0]?.Condition, {
        StringEquals: {
          'AWS:SourceArn': {
            'Fn::Sub': 'arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}',
          },
        },
      });
    });

    it('tells what others changed at the distribution', () => {
      const { DistributionConfig } = propertiesOf(handover, 'Distribution') as {
        DistributionConfig: { readonly Restrictions: unknown };
      };
      const GeoRestriction = { RestrictionType: 'blacklist', Locations: ['AQ'] };
      assert.deepEqual(DistributionConfig.Restrictions, { GeoRestriction });
    });

    it('holds no secret, and asks for it without showing it', async () => {
      const proof = proofOf(await configOf(context)) ?? assert.fail('no proof');
      assert.ok(!JSON.stringify(handover).includes(proof));
      assert.deepEqual(handover.template.Parameters, {
        HeaderXSiteliftProof: {
          ...{ Type: 'String', NoEcho: true },
          Description: 'Value of the header X-Sitelift-Proof that the distribution shows the origin sitelift-server.',
        },
      });
      assert.match(
        JSON.stringify(propertiesOf(handover, 'Distribution')),
        /"HeaderValue":\{"Ref":"HeaderXSiteliftProof"\}/,
      );
    });

    it('is told of with the commands that import it', () => {
      const paths = { templatePath: '/tmp/our site/demo.template.json', importsPath: '/tmp/demo.import.json' };
      const text = nextSteps(context.site, handover, { ...paths, templateText: '' });
      assert.match(text, /--change-set-type IMPORT --capabilities CAPABILITY_NAMED_IAM \\\n/);
      assert.match(text, /--template-body 'file:\/\/\/tmp\/our site\/demo\.template\.json' \\\n/);
      assert.match(text, /--resources-to-import file:\/\/\/tmp\/demo\.import\.json \\\n/);
      assert.match(text, /^HeaderXSiteliftProof=\$\(aws cloudfront get-distribution-config --id [A-Z0-9]+ /m);
      assert.match(text, /"ParameterKey=HeaderXSiteliftProof,ParameterValue=\$HeaderXSiteliftProof"/);
      for (const line of handover.leftOut) assert.ok(text.includes(line));
    });
  });

  it('hands nothing over where a part cannot be read', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    assert.deepEqual(typesOf(await exportSite(context, newOp())), ['AWS::S3::Bucket']);
    await refuse('cloudfront', 'ListOriginAccessControls');
    await assert.rejects(exportSite(context, newOp()), /as a whole, so nothing is exported\..*origin access control/);
    await refuse('cloudfront', 'ListDistributions');
    await assert.rejects(exportSite(context, newOp()), /nothing is exported\. distribution: /);
  });

  it('says that there is nothing where there is nothing', async () => {
    await assert.rejects(exportSite(newContext(), newOp()), /nothing in AWS yet/);
  });
});
