import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import {
  CreateDistributionCommand,
  GetDistributionConfigCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
} from '@aws-sdk/client-cloudfront';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetBucketLifecycleConfigurationCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type Tag,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { unlessMissing, waitFor } from '../../../src/core/aws/wait';
import type { Context } from '../../../src/core/context';
import { ADOPTED_TAG, bucketName, tagsFor } from '../../../src/core/names';
import { bucketArn, readPolicy, statementsOf } from '../../../src/core/resources/bucket/bucketPolicy';
import { readTags } from '../../../src/core/resources/bucket/bucketSettings';
import { distributionById } from '../../../src/core/resources/distribution/distribution';
import { newConfig } from '../../../src/core/resources/distribution/distributionConfig';
import { newContext, newOp } from '../sandbox';

/** A distribution that somebody made before there was a site. */
export interface HandMadeDistribution {
  readonly id: string;
  readonly arn: string;
  readonly domain: string;
}

/** The tags that its owner gave the bucket. */
const THEIR_TAGS: readonly Tag[] = [
  { Key: 'Name', Value: 'photos' },
  { Key: 'team', Value: 'web' },
];
const curl = promisify(execFile);

/** A site whose file names a bucket that was there before it. */
export function namingContext(change: (file: Record<string, unknown>) => void = () => undefined): Context {
  const name = `classic-${randomBytes(6).toString('hex')}`;
  return newContext((file) => {
    file['bucket'] = { name };
    change(file);
  });
}

/** Makes the bucket with an image in it; with tags, rules, statements, versions and uploads of others where it is not bare. */
export async function makeBucketByHand(context: Context, { isBare = false } = {}): Promise<void> {
  const { s3 } = context.clients;
  const Bucket = bucketName(context.site);
  await s3.send(new CreateBucketCommand({ Bucket }));
  for (const Key of ['images/a.png', 'site/images/a.png']) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'an image' }));
  }
  if (isBare) return;
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [...THEIR_TAGS] } }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  const rule = { ID: 'logs', Status: 'Enabled', Filter: { Prefix: 'logs/' }, Expiration: { Days: 30 } } as const;
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }));
  await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'videos/a.mp4' }));
  const statement = {
    ...{ Sid: 'Theirs', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${context.site.account}:root` } },
    ...{ Action: 's3:GetObject', Resource: `${bucketArn(context.site)}/*` },
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
}

/** Makes a distribution that reads the whole bucket, as far as it may. */
export async function makeDistributionByHand(context: Context): Promise<HandMadeDistribution> {
  const config = newConfig(context, '', 1);
  const origins = config.Origins?.Items?.map((origin) => ({ ...origin, OriginPath: '' })) ?? [];
  const { Distribution: made } = await context.clients.cloudfront.send(
    new CreateDistributionCommand({
      DistributionConfig: {
        ...config,
        ...{ CallerReference: randomBytes(8).toString('hex'), Comment: 'classic' },
        Origins: { Quantity: 1, Items: origins },
      },
    }),
  );
  const { ARN: arn = '', DomainName: domain = '', Id: id = '' } = made ?? assert.fail('no distribution');
  return { id, arn, domain };
}

/** Gives the bucket the tags of one that was adopted. */
export async function tagBucket(context: Context): Promise<void> {
  const ours = adoptedTags(context, 'bucket');
  const tagged = [...(await readTags(context, newOp())), ...ours];
  await context.clients.s3.send(
    new PutBucketTaggingCommand({ Bucket: bucketName(context.site), Tagging: { TagSet: tagged } }),
  );
}

/** Gives a distribution the tags of one that was adopted. */
export async function tagDistribution(context: Context, { arn }: Pick<HandMadeDistribution, 'arn'>): Promise<void> {
  const Tags = { Items: [{ Key: 'team', Value: 'web' }, ...adoptedTags(context, 'distribution')] };
  await context.clients.cloudfront.send(new TagResourceCommand({ Resource: arn, Tags }));
}

/** Puts what releases keep into the bucket, in versions, and an upload that was cut short. */
export async function putReleases(context: Context): Promise<void> {
  const { s3 } = context.clients;
  const Bucket = bucketName(context.site);
  for (const Key of ['_sitelift/current', '_sitelift/current', '_sitelift/files/b']) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'kept' }));
  }
  await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: '_sitelift/bundles/c' }));
}

/** All of the bucket that somebody could miss, in order; the distribution's right to read it apart. */
export async function bucketState(context: Context) {
  const { s3 } = context.clients;
  const Bucket = { Bucket: bucketName(context.site) };
  const [tags, policy, lifecycle, { Versions = [] }, { Uploads = [] }] = await Promise.all([
    readTags(context, newOp()),
    readPolicy(context, newOp()),
    unlessMissing(() => s3.send(new GetBucketLifecycleConfigurationCommand(Bucket)), 'NoSuchLifecycleConfiguration'),
    s3.send(new ListObjectVersionsCommand(Bucket)),
    s3.send(new ListMultipartUploadsCommand(Bucket)),
  ]);
  const statements = statementsOf(policy).map(({ Sid }) => Sid);
  return {
    tags: tags.map(({ Key, Value }) => `${Key}=${Value}`).sort(),
    statements: statements.filter((id) => id !== 'SiteliftDistributionReads'),
    isRead: statements.includes('SiteliftDistributionReads'),
    rules: lifecycle?.Rules?.map(({ ID }) => ID) ?? [],
    keys: Versions.map(({ Key }) => Key).sort(),
    uploads: Uploads.map(({ Key }) => Key),
  };
}

/** All of a distribution: its config, and its tags in order. */
export async function distributionState({ clients: { cloudfront } }: Context, { arn, id }: HandMadeDistribution) {
  const { DistributionConfig: config } = await cloudfront.send(new GetDistributionConfigCommand({ Id: id }));
  const { Tags } = await cloudfront.send(new ListTagsForResourceCommand({ Resource: arn }));
  return { config: config ?? assert.fail('no config'), tags: (Tags?.Items ?? []).map(({ Key }) => Key).sort() };
}

/** What a reader gets of a distribution once its edges have its config. */
export async function read(context: Context, { domain, id }: HandMadeDistribution, path: string): Promise<string> {
  const isDeployed = async () => ((await distributionById(context, id, newOp()))?.deployed ? true : undefined);
  await waitFor('the edges', isDeployed, { limitSeconds: 30 }, newOp());
  const { stdout } = await curl('curl', ['-sS', '--max-time', '30', `https://${domain}/${path}`]);
  return stdout;
}

function adoptedTags({ site }: Context, role: string): { Key: string; Value: string }[] {
  return [...tagsFor(site, role).filter(({ Key }) => Key !== 'Name'), { Key: ADOPTED_TAG, Value: 'yes' }];
}
