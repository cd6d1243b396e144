import assert from 'node:assert/strict';
import { exportSite } from '../../../src/core/handover/exportSite';
import { bucketName } from '../../../src/core/names';
import {
  makeBucketByHand,
  makeDistributionByHand,
  namingContext,
  tagBucket,
  tagDistribution,
} from '../resources/olderEdge';
import { provision } from '../resources/provisioned';
import { controlPlane, newOp } from '../sandbox';
import { lint } from './linted';

describe('handing over what was there before the site', () => {
  before(() => controlPlane().send('POST', 'settings', { deploySeconds: 0.3 }));

  it('gives bucket and distribution with what others have set, which are kept when the stack goes', async () => {
    const context = namingContext();
    await makeBucketByHand(context);
    const distribution = await makeDistributionByHand(context);
    await tagDistribution(context, distribution);
    await tagBucket(context);
    await provision(context, 'distribution');
    const { imports, leftOut, template } = await exportSite(context, newOp());
    assert.equal(await lint(template, context.site.region), '');
    assert.deepEqual(
      imports
        .map(({ ResourceIdentifier, ResourceType }) => [ResourceType, ...Object.values(ResourceIdentifier)])
        .slice(0, 2),
      [
        ['AWS::S3::Bucket', bucketName(context.site)],
        ['AWS::S3::BucketPolicy', bucketName(context.site)],
      ],
    );
    assert.ok(imports.some(({ ResourceIdentifier }) => ResourceIdentifier['Id'] === distribution.id));
    for (const { DeletionPolicy, UpdateReplacePolicy } of Object.values(template.Resources)) {
      assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['Retain', 'Retain']);
    }
    const { Bucket, BucketPolicy, Distribution } = template.Resources;
    assert.match(JSON.stringify(Bucket), /"Id":"logs".*"Key":"team"/);
    assert.match(JSON.stringify(BucketPolicy), /"Sid":"Theirs"/);
    assert.match(JSON.stringify(Distribution), /"Comment":"classic".*"Key":"sitelift:adopted"/);
    assert.ok(leftOut.some((line) => line.startsWith('The bucket was there before the site: ')));
  });
});
