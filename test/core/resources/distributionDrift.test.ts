import {
  CreateDistributionWithTagsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { bucketDomain, bucketName, SITE_TAG } from '../../../src/core/names';
import { bucketArn, policyForReader, readerOf, statementsOf } from '../../../src/core/resources/bucket/bucketPolicy';
import { newConfig } from '../../../src/core/resources/distribution/distributionConfig';
import { known } from '../../../src/core/resources/resource';
import { describeSite } from '../../../src/core/resources/stack';
import { controlPlane, newContext, newOp } from '../sandbox';
import { distributionOf, edit } from './edited';
import { callsOf, keysOf, planned, provision, requests } from './provisioned';

const behaving = (change: object) => (config: DistributionConfig) => ({
  ...config,
  DefaultCacheBehavior: { ...(config.DefaultCacheBehavior ?? assert.fail()), ...change },
});
const reading = (change: object) => (config: DistributionConfig) => ({
  ...config,
  Origins: { Quantity: 1, Items: (config.Origins?.Items ?? []).map((origin) => ({ ...origin, ...change })) },
});

describe('a distribution that somebody changed', () => {
  let context: Context;
  before(async () => {
    context = newContext();
    await provision(context, 'distribution');
  });

  const edits: readonly (readonly [string, (config: DistributionConfig) => DistributionConfig])[] = [
    ['the distribution is disabled, wanted enabled', (config) => ({ ...config, Enabled: false })],
    ['plain HTTP is answered, wanted redirected to HTTPS', behaving({ ViewerProtocolPolicy: 'allow-all' })],
    ['compression is off, wanted on', behaving({ Compress: false })],
    [
      'the cache policy is 4135ea2d-6df8-44a3-9df3-4b5a84be39ad, wanted CachingOptimized',
      behaving({ CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad' }),
    ],
    ['the policy of response headers is none, wanted SimpleCORS', behaving({ ResponseHeadersPolicyId: '' })],
    ['the origin is BUCKET, wanted BUCKET/site', reading({ OriginPath: '' })],
  ];
  for (const [reason, change] of edits) {
    it(`is put in order, as the plan says: ${reason}`, async () => {
      await edit(context, change);
      const plan = await planned(context, 'distribution');
      const { id } = await distributionOf(context);
      assert.deepEqual(
        plan.flat().map(({ title, loses }) => [title, loses]),
        [
          [
            `put distribution ${id} in order (${reason.replaceAll('BUCKET', bucketDomain(context.site))})`,
            reason.startsWith('the origin') ? 'uptime' : undefined,
          ],
        ],
      );
      await provision(context, 'distribution');
      assert.deepEqual(keysOf(await planned(context, 'distribution')), []);
    });
  }

  it('is still the site’s with another comment, or with another origin', async () => {
    const { id } = await distributionOf(context);
    await edit(context, (config) => ({ ...config, Comment: 'Our pictures' }));
    assert.deepEqual(keysOf(await planned(context, 'distribution')), []);
    assert.equal((await distributionOf(context)).id, id);
  });

  it('is found by its tag and put in order when neither comment nor origin tell of it', async () => {
    const other = newContext();
    await provision(other, 'distribution');
    const { id } = await distributionOf(other);
    await edit(other, (config) => ({
      ...reading({ DomainName: 'elsewhere.s3.us-east-1.amazonaws.com' })(config),
      Comment: 'Our pictures',
    }));
    assert.equal((await describeSite(other, newOp())).distribution.kind, 'absent');
    const calls = await callsOf(() => provision(other, 'distribution'));
    assert.deepEqual(requests(calls, 'CreateDistributionWithTags'), []);
    assert.equal((await distributionOf(other)).id, id);
    assert.deepEqual(keysOf(await planned(other, 'distribution')), []);
  });

  it('is not the site’s without its tag, whatever its comment and origin', async () => {
    const other = newContext();
    await provision(other, 'distribution');
    const { arn, id } = await distributionOf(other);
    await other.clients.cloudfront.send(new UntagResourceCommand({ Resource: arn, TagKeys: { Items: [SITE_TAG] } }));
    assert.equal((await describeSite(other, newOp())).distribution.kind, 'absent');
    await other.clients.cloudfront.send(
      new TagResourceCommand({ Resource: arn, Tags: { Items: [{ Key: SITE_TAG, Value: 'somebody' }] } }),
    );
    assert.equal((await describeSite(other, newOp())).distribution.kind, 'absent');
    await other.clients.cloudfront.send(
      new TagResourceCommand({ Resource: arn, Tags: { Items: [{ Key: SITE_TAG, Value: other.site.id }] } }),
    );
    assert.equal((await distributionOf(other)).id, id);
  });

  it('takes the bucket back from another reader, and says what is lost', async () => {
    const stranger = 'arn:aws:cloudfront::123456789012:distribution/ESTRANGER';
    const { policy } = known((await describeSite(context, newOp())).bucket) ?? assert.fail('no bucket');
    const theirs = policyForReader(policy ?? assert.fail('no policy'), bucketArn(context.site), stranger);
    await context.clients.s3.send(
      new PutBucketPolicyCommand({ Bucket: bucketName(context.site), Policy: JSON.stringify(theirs) }),
    );
    const [step] = (await planned(context, 'distribution')).flat();
    assert.deepEqual(
      [step?.title, step?.loses],
      [`let this distribution alone read the bucket (instead of ${stranger})`, 'uptime'],
    );
    await provision(context, 'distribution');
    const after = known((await describeSite(context, newOp())).bucket)?.policy;
    assert.equal(readerOf(after), (await distributionOf(context)).arn);
  });

  it('gets its own right back when the policy is a single statement of somebody else’s', async () => {
    const own = {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${context.site.account}:root` },
      Action: 's3:GetObject',
      Resource: `${bucketArn(context.site)}/site/*`,
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Id: 'theirs', Statement: own });
    await context.clients.s3.send(new PutBucketPolicyCommand({ Bucket: bucketName(context.site), Policy }));
    assert.deepEqual(await provision(context, 'distribution'), ['bucketPolicy']);
    const after = known((await describeSite(context, newOp())).bucket)?.policy ?? assert.fail('no policy');
    assert.deepEqual(statementsOf(after)[0], own);
    assert.equal(statementsOf(after).length, 3);
  });

  it('is waited for when CloudFront lists it late, and made once', async () => {
    await controlPlane().send('POST', 'settings', { cloudfrontListLagSeconds: 0.5 });
    try {
      const late = newContext();
      const calls = await callsOf(() => provision(late, 'distribution'));
      assert.equal(requests(calls, 'CreateDistributionWithTags').length, 1);
      const lost = newContext();
      const { Distribution: made } = await lost.clients.cloudfront.send(
        new CreateDistributionWithTagsCommand({
          DistributionConfigWithTags: {
            DistributionConfig: newConfig(lost, '', 1),
            Tags: { Items: [{ Key: SITE_TAG, Value: lost.site.id }] },
          },
        }),
      );
      await provision(lost, 'distribution');
      assert.equal((await distributionOf(lost)).id, made?.Id);
      assert.deepEqual(keysOf(await planned(lost, 'distribution')), []);
    } finally {
      await controlPlane().send('POST', 'settings', { cloudfrontListLagSeconds: 0 });
    }
  });
});
