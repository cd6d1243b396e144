import { TagResourceCommand } from '@aws-sdk/client-cloudfront';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  PutBucketAclCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  type LifecycleRule,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { SITE_TAG } from '../../../src/core/names';
import { listCandidates } from '../../../src/core/resources/adopt/candidates';
import { planAdoption } from '../../../src/core/resources/adopt/planAdoption';
import { wished } from '../../../src/core/resources/adopt/wants';
import { newContext, newOp } from '../sandbox';
import { makeEdge, putStatements, type OddEdge } from './handMadeEdge';
import { callsOf, changesOf, provision } from './provisioned';

const plan = (kind: 'bucket' | 'distribution', id: string, context: Context) =>
  planAdoption(kind, id, context, '/', newOp());
const other = [{ Key: SITE_TAG, Value: 'other678' }];

/** What a bucket has that does not let it become a site's, and the reason that is told. */
const BUCKETS: readonly (readonly [
  title: string,
  make: (context: Context, Bucket: string) => Promise<unknown>,
  reason: RegExp,
])[] = [
  [
    'belongs to another site',
    ({ clients }, Bucket) => clients.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: other } })),
    /belongs to another site \(other678\)/,
  ],
  [
    'has too many tags',
    ({ clients }, Bucket) =>
      clients.s3.send(
        new PutBucketTaggingCommand({
          Bucket,
          Tagging: { TagSet: Array.from({ length: 48 }, (_, index) => ({ Key: `k${index}`, Value: 'v' })) },
        }),
      ),
    /has 48 tags, and with the 3 of the site/,
  ],
  [
    'lets others in by its access control list',
    async ({ clients: { s3 } }, Bucket) => {
      const Rules = [{ ObjectOwnership: 'BucketOwnerPreferred' as const }];
      await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules } }));
      await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
      await s3.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }));
    },
    /its access control list lets others in, .*; give them what they need by the bucket’s policy/,
  ],
  [
    'has a rule that ends what would be ours',
    (context, Bucket) => putRule(context, Bucket, { Filter: { Prefix: '' }, Expiration: { Days: 30 } }),
    /its lifecycle rule “mine” deletes or archives what would be below site\/ or _sitelift\//,
  ],
  [
    'has a rule that archives our folder',
    (context, Bucket) =>
      putRule(context, Bucket, { Filter: { Prefix: 'site/a/' }, Transitions: [{ Days: 90, StorageClass: 'GLACIER' }] }),
    /limit that rule to other prefixes first/,
  ],
];

function putRule({ clients }: Context, Bucket: string, rule: Partial<LifecycleRule>): Promise<unknown> {
  const Rules = [{ ID: 'mine', Status: 'Enabled' as const, Filter: { Prefix: '' }, ...rule }];
  return clients.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
}

const S3_ORIGIN = { S3OriginConfig: { OriginAccessIdentity: '' } };
const behavior = { ViewerProtocolPolicy: 'allow-all', CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6' } as const;
const custom = {
  CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'http-only' },
  S3OriginConfig: undefined,
  OriginAccessControlId: undefined,
} as const;

/** What a distribution has that does not let it become a site's, and the reason that is told. */
const DISTRIBUTIONS: readonly (readonly [title: string, odd: OddEdge, reason: RegExp])[] = [
  [
    'reads the web site of its bucket',
    { origin: { DomainName: 'a.s3-website-us-east-1.amazonaws.com', ...custom } },
    /reads the web site of the bucket a, .*; choose the bucket itself as the origin first/,
  ],
  [
    'reads another server',
    { origin: { DomainName: 'example.org', ...custom } },
    /reads example\.org, which is no bucket/,
  ],
  [
    'reads a bucket of another account or region',
    { origin: { DomainName: 'elsewhere.s3.eu-west-1.amazonaws.com' } },
    /reads the bucket elsewhere, which is none of this account in us-east-1/,
  ],
  [
    'reads what Sitelift keeps for itself',
    { origin: { OriginPath: '/_sitelift' } },
    /origin path \/_sitelift is inside of/,
  ],
  [
    'asks for signed URLs',
    {
      config: {
        DefaultCacheBehavior: {
          ...{ ...behavior, TargetOriginId: 'photos' },
          TrustedSigners: { Enabled: true, Quantity: 1, Items: ['self'] },
        },
      },
    },
    /asks for signed URLs/,
  ],
  [
    'reads a group of origins',
    {
      config: {
        DefaultCacheBehavior: { ...behavior, TargetOriginId: 'group' },
        Origins: {
          Quantity: 2,
          Items: ['one', 'two'].map((Id) => ({ Id, DomainName: `${Id}.s3.us-east-1.amazonaws.com`, ...S3_ORIGIN })),
        },
        OriginGroups: {
          Quantity: 1,
          Items: [
            {
              Id: 'group',
              FailoverCriteria: { StatusCodes: { Quantity: 1, Items: [500] } },
              Members: { Quantity: 2, Items: [{ OriginId: 'one' }, { OriginId: 'two' }] },
            },
          ],
        },
      },
    },
    /reads a group of origins; let it read the bucket of that group alone first/,
  ],
  [
    'answers plain HTTP from the bucket at some path',
    {
      config: {
        CacheBehaviors: {
          Quantity: 1,
          Items: [{ ...behavior, PathPattern: '*.svg', TargetOriginId: 'photos' }],
        },
      },
    },
    /its behavior for \*\.svg answers plain HTTP, .*; let it redirect HTTP to HTTPS first/,
  ],
  [
    'reads the bucket as two origins',
    {
      config: (bucket) => ({
        Origins: {
          Quantity: 2,
          Items: ['photos', 'again'].map((Id) => ({ Id, DomainName: `${bucket}.s3.amazonaws.com`, ...S3_ORIGIN })),
        },
      }),
    },
    /as more than one origin, and Sitelift cares for one/,
  ],
  [
    'has something at the URLs that would be others',
    { objects: { 'site/a.svg': 'a' } },
    /its readers get 1 object below \/site\/ \(site\/a\.svg\)/,
  ],
];

describe('what does not fit to be adopted', function () {
  this.timeout(180_000);

  for (const [title, make, reason] of BUCKETS) {
    it(`is told with what would help of a bucket that ${title}, and nothing is changed`, async () => {
      const context = newContext();
      const bucket = `unfit-${context.site.id}`;
      await context.clients.s3.send(new CreateBucketCommand({ Bucket: bucket }));
      await plan('bucket', bucket, context);
      await make(context, bucket);
      const calls = await callsOf(() => assert.rejects(plan('bucket', bucket, context), reason));
      assert.deepEqual(changesOf(calls), []);
    });
  }

  it('is a bucket with dots, one that is not there, and one that keeps each new object', async () => {
    const context = newContext();
    const { s3 } = context.clients;
    const dotted = `a.b.${context.site.id}`;
    await s3.send(new CreateBucketCommand({ Bucket: dotted }));
    const found = await listCandidates('bucket', context, newOp());
    assert.match(found.find(({ id }) => id === dotted)?.unfit ?? '', /its name has dots/);
    await assert.rejects(plan('bucket', dotted, context), /its name has dots/);
    await assert.rejects(plan('bucket', 'nowhere', context), /no bucket nowhere of this account in us-east-1/);
    const Bucket = `locked-${context.site.id}`;
    await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    const DefaultRetention = { Mode: 'GOVERNANCE' as const, Days: 1 };
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' as const, Rule: { DefaultRetention } };
    await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    await assert.rejects(plan('bucket', Bucket, context), /Object Lock keeps each new object/);
  });

  it('is a bucket whose rule is for what has a tag, or for another folder, no more than one without rules', async () => {
    const context = newContext();
    const Bucket = `ruled-${context.site.id}`;
    await context.clients.s3.send(new CreateBucketCommand({ Bucket }));
    await putRule(context, Bucket, { Filter: { Prefix: 'logs/' }, Expiration: { Days: 1 } });
    assert.equal((await plan('bucket', Bucket, context)).plan.length, 1);
    await putRule(context, Bucket, { Filter: { Tag: { Key: 'a', Value: 'b' } }, Expiration: { Days: 1 } });
    assert.equal((await plan('bucket', Bucket, context)).plan.length, 1);
  });

  for (const [title, odd, reason] of DISTRIBUTIONS) {
    it(`is told with what would help of a distribution that ${title}, and nothing is changed`, async () => {
      const context = newContext();
      const { id } = await makeEdge(context, odd);
      const calls = await callsOf(() => assert.rejects(plan('distribution', id, context), reason));
      assert.deepEqual(changesOf(calls), []);
    });
  }

  it('is a distribution of another site, one beside the site’s own, and one for a site that serves pages by it', async () => {
    const context = newContext();
    const { arn, id } = await makeEdge(context);
    const whole: Context = {
      ...context,
      site: wished(context.site, [{ path: ['distribution', 'serves'], value: 'site' }]),
    };
    await assert.rejects(plan('distribution', id, whole), /Set “distribution\.serves” to "images"/);
    const full = newContext();
    await provision(full, 'distribution');
    await assert.rejects(plan('distribution', id, full), /this site has the distribution E\w+ already/);
    const bucketOnly = newContext();
    await provision(bucketOnly, 'bucket');
    await assert.rejects(
      plan('distribution', id, bucketOnly),
      /its bucket photos-\w+ does not fit: this site has the bucket/,
    );
    await context.clients.cloudfront.send(new TagResourceCommand({ Resource: arn, Tags: { Items: other } }));
    await assert.rejects(plan('distribution', id, context), /belongs to another site \(other678\)/);
    const found = await listCandidates('distribution', context, newOp());
    assert.match(found.find((one) => one.id === id)?.unfit ?? '', /belongs to another site/);
    assert.equal(found[0]?.unfit, undefined);
    await assert.rejects(
      plan('distribution', 'E0000000000000', context),
      /no distribution E0000000000000 of this account/,
    );
  });

  it('is a bucket whose policy means who knows what for the distribution, or lets in whom Block Public Access shuts out', async () => {
    const context = newContext();
    const { bucket, id } = await makeEdge(context);
    const statement = {
      Sid: 'Odd',
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${bucket}/*`,
    };
    await putStatements(context, bucket, [
      {
        ...statement,
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
      },
    ]);
    await assert.rejects(
      plan('distribution', id, context),
      /does not understand what a statement means for the distribution: Odd\./,
    );
    const open = newContext();
    const made = await makeEdge(open, { isPublic: true });
    await closed(open, made.bucket);
    await assert.rejects(plan('distribution', made.id, open), /lets everybody in, which Block Public Access overrules/);
  });

  it('is a distribution whose objects may be read by access control lists of their own', async () => {
    const context = newContext();
    const { bucket, id } = await makeEdge(context, { readable: 'images/*' });
    const { s3 } = context.clients;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'by-list.svg', Body: 'x' }));
    await plan('distribution', id, context);
    const Rules = [{ ObjectOwnership: 'ObjectWriter' as const }];
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket: bucket, OwnershipControls: { Rules } }));
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
    await assert.rejects(
      plan('distribution', id, context),
      /may be by access control lists of their own.*: by-list\.svg\./,
    );
  });
});

const closed = ({ clients }: Context, Bucket: string) =>
  clients.s3.send(
    new PutPublicAccessBlockCommand({
      Bucket,
      PublicAccessBlockConfiguration: {
        ...{ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      },
    }),
  );
