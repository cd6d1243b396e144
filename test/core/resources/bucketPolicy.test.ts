import { CreateBucketCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { bucketName } from '../../../src/core/names';
import {
  bucketArn,
  grantReader,
  grantsReader,
  policyForReader,
  readerOf,
  readPolicy,
  type BucketPolicy,
} from '../../../src/core/resources/bucket/bucketPolicy';
import { controlPlane, newContext, newOp, refuse } from '../sandbox';
import { callsOf, cancelledAt, changesOf } from './provisioned';

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
    const others = { ...MINE, Condition: { StringEquals: { 'AWS:SourceArn': `${READER}0` } } };
    assert.equal(readerOf(policyForReader({ ...NONE, Statement: [others] }, BUCKET, READER)), READER);
    assert.equal(readerOf({ ...NONE, Statement: { ...OURS[0], Condition: OURS[1]?.Condition } }), undefined);
    assert.equal(readerOf({ ...NONE, Statement: [MINE] }), undefined);
    assert.equal(readerOf({ ...NONE, Statement: [{ Sid: 'SiteliftDistributionReads' }] }), undefined);
    assert.equal(readerOf(undefined), undefined);
  });
});

describe('the policy of a bucket', () => {
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  const newBucket = async (account?: string) => {
    const context = newContext((file) => Object.assign(file, account === undefined ? {} : { account }));
    await context.clients.s3.send(new CreateBucketCommand({ Bucket: bucketName(context.site) }));
    return context;
  };

  it('is one without statements where there is none', async () =>
    assert.deepEqual(await readPolicy(await newBucket(), newOp()), NONE));

  it('gets the right of one distribution to read once, beside what it says already', async () => {
    const context = await newBucket();
    const arn = bucketArn(context.site);
    assert.equal(arn, `arn:aws:s3:::${bucketName(context.site)}`);
    const mine = { Version: '2012-10-17', Statement: [{ ...MINE, Resource: arn }] };
    const Policy = JSON.stringify(mine);
    await context.clients.s3.send(new PutBucketPolicyCommand({ Bucket: bucketName(context.site), Policy }));
    await grantReader(context, READER, 'own', newOp());
    assert.deepEqual(await readPolicy(context, newOp()), policyForReader(mine, arn, READER));
    assert.deepEqual(changesOf(await callsOf(() => grantReader(context, READER, 'own', newOp()))), []);
  });

  it('is changed again after somebody else’s change at the same time, and when the bucket is not seen yet', async () => {
    for (const [action, code, status] of [
      ['PutBucketPolicy', 'OperationAborted', 409],
      ['PutBucketPolicy', 'NoSuchBucket', 404],
      ['GetBucketPolicy', 'NoSuchBucket', 404],
    ] as const) {
      const context = await newBucket();
      await refuse('s3', action, code, status);
      await grantReader(context, READER, 'own', newOp());
      assert.equal(readerOf(await readPolicy(context, newOp())), READER);
    }
  });

  it('is told as refused when AWS refuses to read or to change it', async () => {
    for (const action of ['GetBucketPolicy', 'PutBucketPolicy']) {
      await refuse('s3', action);
      await assert.rejects(grantReader(await newBucket(), READER, 'own', newOp()), { name: 'AccessDenied' }, action);
    }
  });

  it('of a bucket in another account is neither read nor changed', async () => {
    const context = await newBucket('210987654321');
    await assert.rejects(readPolicy(context, newOp()), { name: 'AccessDenied' });
    const calls = await callsOf(() =>
      assert.rejects(grantReader(context, READER, 'own', newOp()), { name: 'AccessDenied' }),
    );
    assert.deepEqual(changesOf(calls), []);
  });

  it('is neither asked for nor changed any more once that was cancelled', async () => {
    for (const [command, actions] of [
      ['GetBucketPolicyCommand', []],
      ['PutBucketPolicyCommand', ['GetBucketPolicy']],
    ] as const) {
      const context = await newBucket();
      const op = cancelledAt(context.clients.s3, command);
      const calls = await callsOf(() =>
        assert.rejects(grantReader(context, READER, 'own', op), { name: 'AbortError' }),
      );
      assert.deepEqual(
        calls.map(({ action }) => action),
        actions,
      );
    }
  });
});
