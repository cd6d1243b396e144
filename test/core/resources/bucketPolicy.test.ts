import assert from 'node:assert/strict';
import { grantsReader, policyForReader, readerOf, type BucketPolicy } from '../../../src/core/resources/bucketPolicy';

const BUCKET = 'arn:aws:s3:::sitelift-abcd1234-123456789012-eu-central-1';
const READER = 'arn:aws:cloudfront::123456789012:distribution/E1';
const NONE: BucketPolicy = { Version: '2012-10-17', Statement: [] };
const MINE = { Effect: 'Allow', Principal: { AWS: '123456789012' }, Action: 's3:ListBucket', Resource: BUCKET };

const OURS = [
  {
    Sid: 'SiteliftDistributionReads',
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: 's3:GetObject',
    Resource: `${BUCKET}/site/*`,
    Condition: { StringEquals: { 'AWS:SourceArn': READER } },
  },
  {
    Sid: 'SiteliftTlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [BUCKET, `${BUCKET}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  },
];

describe('the bucket policy', () => {
  it('lets one distribution read what is below site/ alone, and nobody use plain HTTP', () => {
    assert.deepEqual(policyForReader(NONE, BUCKET, READER), { Version: '2012-10-17', Statement: OURS });
  });

  it('keeps everything that is not ours as it was', () => {
    const before = { Version: '2008-10-17', Id: 'mine', Statement: [MINE, { ...MINE, Sid: 'Second' }] };
    const after = policyForReader(before, BUCKET, READER);
    assert.equal(JSON.stringify(after), JSON.stringify({ ...before, Statement: [...before.Statement, ...OURS] }));
  });

  it('keeps a single statement that is no list', () => {
    const after = policyForReader({ Version: '2012-10-17', Statement: MINE }, BUCKET, READER);
    assert.deepEqual(after.Statement, [MINE, ...OURS]);
  });

  it('replaces what it said before of another distribution', () => {
    const once = policyForReader({ ...NONE, Statement: [MINE] }, BUCKET, `${READER}0`);
    assert.deepEqual(policyForReader(once, BUCKET, READER).Statement, [MINE, ...OURS]);
  });

  it('is right only when it says exactly that', () => {
    const right = policyForReader({ ...NONE, Statement: [MINE] }, BUCKET, READER);
    assert.ok(grantsReader(right, BUCKET, READER));
    assert.ok(grantsReader({ ...NONE, Statement: [...OURS].reverse() }, BUCKET, READER));
    const [reader, tls] = OURS;
    const wrong: readonly BucketPolicy[] = [
      NONE,
      { ...NONE, Statement: reader ?? [] },
      { ...NONE, Statement: tls ?? [] },
      { ...NONE, Statement: [{ ...reader, Resource: `${BUCKET}/*` }, { ...tls }] },
      { ...NONE, Statement: [{ ...reader, Principal: '*' }, { ...tls }] },
      { ...NONE, Statement: [{ ...reader, Action: 's3:*' }, { ...tls }] },
      { ...NONE, Statement: [{ ...reader, Condition: undefined }, { ...tls }] },
      { ...NONE, Statement: [{ ...reader }, { ...tls, Effect: 'Allow' }] },
      { ...NONE, Statement: [...OURS, { ...reader }] },
    ];
    for (const policy of wrong) assert.ok(!grantsReader(policy, BUCKET, READER), JSON.stringify(policy));
    assert.ok(!grantsReader(right, BUCKET, `${READER}0`));
    assert.ok(!grantsReader(right, `${BUCKET}x`, READER));
  });

  it('tells who may read', () => {
    assert.equal(readerOf(policyForReader(NONE, BUCKET, READER)), READER);
    assert.equal(readerOf({ ...NONE, Statement: { ...OURS[0] } }), READER);
    assert.equal(readerOf({ ...NONE, Statement: [MINE] }), undefined);
    assert.equal(readerOf({ ...NONE, Statement: [{ Sid: 'SiteliftDistributionReads' }] }), undefined);
    assert.equal(readerOf(undefined), undefined);
  });
});
