import {
  CreateDistributionCommand,
  CreateOriginAccessControlCommand,
  GetDistributionCommand,
  type DistributionConfig,
  type Origin,
} from '@aws-sdk/client-cloudfront';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { get } from '../../../src/core/aws/http';
import { waitFor } from '../../../src/core/aws/wait';
import type { Context } from '../../../src/core/context';
import { assetUrl } from '../../../src/core/html/assetUrl';
import { newOp } from '../sandbox';

/** A bucket and a distribution that were made without Sitelift. */
export interface HandMadeEdge {
  readonly bucket: string;
  readonly id: string;
  readonly arn: string;
  readonly domain: string;
}

/** What is unusual about them. */
export interface OddEdge {
  /** Objects by key. */
  readonly objects?: Readonly<Record<string, string | Partial<PutObjectCommandInput>>>;
  readonly origin?: Partial<Origin>;
  readonly config?: Partial<DistributionConfig> | ((bucket: string) => Partial<DistributionConfig>);
  /** Everybody may read the bucket, and the distribution reads it as everybody may. */
  readonly isPublic?: boolean;
  /** What of the bucket the distribution may read. */
  readonly readable?: string;
}

/** Makes a bucket with some pictures, and a distribution that reads it, as one does by hand. */
export async function makeEdge({ clients, site }: Context, odd: OddEdge = {}): Promise<HandMadeEdge> {
  const { cloudfront, s3 } = clients;
  const { config = {}, isPublic = false, objects = { 'images/sun.svg': 'sun' }, origin = {}, readable = '*' } = odd;
  const bucket = `photos-${site.id}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  for (const [Key, given] of Object.entries(objects)) {
    const input = typeof given === 'string' ? { Body: given } : given;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, ContentType: 'image/svg+xml', ...input }));
  }
  const control = isPublic ? {} : { OriginAccessControlId: await makeControl({ clients, site }) };
  const made = await cloudfront.send(
    new CreateDistributionCommand({
      DistributionConfig: {
        CallerReference: bucket,
        Comment: 'photos',
        Enabled: true,
        Origins: {
          Quantity: 1,
          Items: [
            {
              ...{ Id: 'photos', DomainName: `${bucket}.s3.us-east-1.amazonaws.com` },
              ...control,
              S3OriginConfig: { OriginAccessIdentity: '' },
              ...origin,
            },
          ],
        },
        DefaultCacheBehavior: {
          TargetOriginId: 'photos',
          ViewerProtocolPolicy: 'allow-all',
          CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
        },
        ...(typeof config === 'function' ? config(bucket) : config),
      },
    }),
  );
  const { ARN: arn = '', DomainName: domain = '', Id: id = '' } = made.Distribution ?? assert.fail('no distribution');
  if (isPublic) await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
  const statement = isPublic
    ? { Principal: '*' }
    : {
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Condition: { StringEquals: { 'AWS:SourceArn': arn } },
      };
  await putStatements({ clients, site }, bucket, [
    { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/${readable}`, ...statement },
  ]);
  await waitFor(
    'the distribution',
    async () => {
      const { Distribution } = await cloudfront.send(new GetDistributionCommand({ Id: id }));
      return Distribution?.Status === 'Deployed' ? true : undefined;
    },
    { limitSeconds: 60 },
    newOp(),
  );
  return { bucket, id, arn, domain };
}

/** Gives a bucket a policy of some statements. */
export async function putStatements({ clients }: Context, bucket: string, Statement: readonly object[]): Promise<void> {
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await clients.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
}

/** What a reader gets of a path at the edge. */
export async function readAt({ clients }: Context, domain: string, path: string) {
  const limits = { seconds: 60, bytes: 1e6, keptBytes: 1e6 };
  const { body, headers, status } = await get(assetUrl(domain, path), clients.proxy, limits, newOp());
  return { status, body: body.toString(), type: headers['content-type'] };
}

async function makeControl({ clients, site }: Context): Promise<string> {
  const { OriginAccessControl: made } = await clients.cloudfront.send(
    new CreateOriginAccessControlCommand({
      OriginAccessControlConfig: {
        ...{ Name: `photos-${site.id}`, SigningProtocol: 'sigv4', SigningBehavior: 'always' },
        OriginAccessControlOriginType: 's3',
      },
    }),
  );
  return made?.Id ?? assert.fail('no control');
}
