import { CreateBucketCommand, PutBucketTaggingCommand } from '@aws-sdk/client-s3';
import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-cloudfront';
import assert from 'node:assert/strict';
import { s3In } from '../../../src/core/aws/clients';
import { bucketName, SITE_TAG } from '../../../src/core/names';
import { findLeftovers } from '../../../src/core/resources/teardown/leftovers';
import { controlPlane, deny, newContext, newOp } from '../sandbox';
import { makeBucketByHand, makeDistributionByHand, namingContext, tagBucket, tagDistribution } from './olderEdge';
import { callsOf, requests } from './provisioned';

const regions = ['us-east-1'];

describe('what is left of sites', () => {
  beforeEach(() => controlPlane().send('DELETE', 'faults'));
  after(() => controlPlane().send('DELETE', 'faults'));

  it('is also what was there before them, by its tags, and said to be so', async () => {
    const context = namingContext();
    const { clients, site } = context;
    const bucket = bucketName(site);
    await makeBucketByHand(context);
    const { arn, id } = await makeDistributionByHand(context);
    await tagDistribution(context, { arn });
    await tagBucket(context);
    const older = async (search: Parameters<typeof findLeftovers>[2]) => {
      const { found, unread } = await findLeftovers(clients, newOp(), search);
      assert.deepEqual(unread, []);
      const own = found.filter(({ siteId }) => siteId === site.id);
      return own.map(({ about, costs, kind, region, ...one }) => [
        kind,
        one.id,
        region,
        about.split(', ').pop(),
        costs,
      ]);
    };
    const both = [
      ['distribution', id, undefined, 'was there before the site', 'use'],
      ['bucket', bucket, 'us-east-1', 'was there before the site', 'use'],
    ];
    assert.deepEqual(await older({ regions }), both);
    assert.deepEqual(await older({ regions, siteId: site.id, bucket }), both);
    await clients.cloudfront.send(new UntagResourceCommand({ Resource: arn, TagKeys: { Items: [SITE_TAG] } }));
    assert.deepEqual(await older({ regions }), both.slice(1));
  });

  it('is found in the bucket’s own region, wherever the site’s are', async () => {
    const { clients, site } = newContext();
    const there = s3In(clients, 'eu-west-1');
    const Bucket = `elsewhere-${site.id}`;
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
    await there.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    const TagSet = [{ Key: SITE_TAG, Value: site.id }];
    await there.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    const { found } = await findLeftovers(clients, newOp(), { regions });
    assert.deepEqual(
      found.filter(({ siteId }) => siteId === site.id).map(({ about, id, region }) => [id, region, about]),
      [[Bucket, 'eu-west-1', '']],
    );
  });

  it('asks no other distribution or bucket of the account where one site is looked for that names none', async () => {
    const strange = namingContext();
    await makeBucketByHand(strange);
    const { arn } = await makeDistributionByHand(strange);
    await strange.clients.cloudfront.send(
      new TagResourceCommand({ Resource: arn, Tags: { Items: [{ Key: 'team', Value: 'web' }] } }),
    );
    const { clients, site } = newContext();
    const calls = await callsOf(() => findLeftovers(clients, newOp(), { regions, siteId: site.id }));
    assert.deepEqual(
      [requests(calls, 'ListTagsForResource'), requests(calls, 'GetBucketTagging')].map(({ length }) => length),
      [0, 0],
    );
  });

  it('tells which buckets may be a site’s, since their tags may not be read, and the rest all the same', async () => {
    const context = namingContext();
    await makeBucketByHand(context);
    await tagBucket(context);
    const { arn, id } = await makeDistributionByHand(context);
    await tagDistribution(context, { arn });
    await deny('s3', 'GetBucketTagging');
    const search = { regions, siteId: context.site.id, bucket: bucketName(context.site) };
    const { found, unread } = await findLeftovers(context.clients, newOp(), search);
    assert.deepEqual(unread, [
      `Whether ${bucketName(context.site)} is of a site could not be read, as these credentials may not read the tags (s3:GetBucketTagging).`,
    ]);
    assert.deepEqual(
      found.map((one) => one.id),
      [id],
    );
  });
});
