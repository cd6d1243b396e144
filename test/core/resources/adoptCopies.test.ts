import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { run } from '../../../src/core/plan';
import { compareCopies, type Comparison } from '../../../src/core/resources/adopt/comparison';
import { planAdoption } from '../../../src/core/resources/adopt/planAdoption';
import { judge, type EdgeReader } from '../../../src/core/resources/adopt/readable';
import type { PolicyStatement } from '../../../src/core/resources/bucket/bucketPolicy';
import type { ListedObject } from '../../../src/core/resources/bucket/listing';
import { bucketReadBy, prefixOf, websiteReadBy } from '../../../src/core/resources/distribution/bucketRead';
import { newContext, newOp } from '../sandbox';
import { makeEdge } from './handMadeEdge';

const GIB = 1024 ** 3;
const ARN = 'arn:aws:cloudfront::123456789012:distribution/E1';
const BUCKET = 'arn:aws:s3:::b';

const object = (key: string, more: Partial<ListedObject> = {}): ListedObject => ({
  ...{ key, sizeBytes: 1, etag: 'e', writtenMs: 1000, storageClass: 'STANDARD' },
  ...more,
});

/** What there is of a comparison, by name. */
function compared(objects: readonly ListedObject[], prefix = '', isReadable: (key: string) => boolean = () => true) {
  const found: Comparison = compareCopies(objects, prefix, isReadable);
  const keys = Object.entries(found).map(([name, all]) => [
    name,
    (all as Comparison['missing'] & Comparison['others']).map((one) =>
      typeof one === 'string' ? one : (one as Comparison['missing'][number]).to,
    ),
  ]);
  return Object.fromEntries(keys.filter(([, all]) => all?.length)) as Record<string, string[]>;
}

describe('what of a bucket is copied so that a distribution may read site/', () => {
  it('is all that is not there yet, but what is private, the folder itself and what no browser asks for', () => {
    const keys = ['a.svg', 'folder/', '_sitelift/manifest', 'site/', 'a/../b', './c'];
    assert.deepEqual(compared(keys.map((key) => object(key))), { missing: ['site/a.svg', 'site/folder/'] });
    assert.deepEqual(compared([object('p/a'), object('p/'), object('q/b')], 'p/'), { missing: ['site/a'] });
  });

  it('is nothing that is there already, also where its ETag is another since it was stored in parts', () => {
    const copies = [object('a'), object('site/a', { writtenMs: 2000 })];
    assert.deepEqual(compared(copies), {});
    assert.deepEqual(compared([object('a', { etag: 'x-2' }), object('site/a', { writtenMs: 1000 })]), {});
  });

  it('is told where something else is there, and refused where that is an older copy', () => {
    const later = object('site/a', { sizeBytes: 2, writtenMs: 2000 });
    assert.deepEqual(compared([object('a'), later]), { others: ['a'] });
    const former = object('site/a', { etag: 'old' });
    assert.deepEqual(compared([object('a', { writtenMs: 2000 }), former]), { outdated: ['a'] });
    assert.deepEqual(compared([object('a', { sizeBytes: 9 }), former]), { outdated: ['a'] });
  });

  it('is not what S3 cannot copy at once, what readers do not get, nor what is no copy but served as such', () => {
    const objects = [
      object('large', { sizeBytes: 5 * GIB + 1 }),
      object('largest', { sizeBytes: 5 * GIB }),
      object('ü'.repeat(510)),
      object('cold', { storageClass: 'DEEP_ARCHIVE' }),
      object('hidden'),
      object('site/stray'),
      object('site/hidden'),
    ];
    assert.deepEqual(
      compared(objects, '', (key) => key !== 'hidden'),
      {
        ...{ missing: ['site/largest'], archived: ['cold'], tooLarge: ['large'], tooLong: ['ü'.repeat(510)] },
        ...{ hidden: ['hidden'], strays: ['site/stray', 'site/hidden'] },
      },
    );
  });

  it('keeps its encryption, so that who lacks the key gets it neither at the old place nor at the new one', async () => {
    const context = newContext();
    const { bucket, id } = await makeEdge(context, { objects: { 'plain.svg': 'p' } });
    const { s3 } = context.clients;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'locked', Body: 'x', ServerSideEncryption: 'aws:kms' }));
    await run((await planAdoption('distribution', id, context, '/', newOp())).plan, newOp());
    const encryption = async (Key: string) =>
      (await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))).ServerSideEncryption;
    assert.deepEqual([await encryption('site/locked'), await encryption('site/plain.svg')], ['aws:kms', 'AES256']);
  });

  it('is nothing where the policy gives all to everybody, and yet nobody gets it', async () => {
    const context = newContext();
    const locked = { ServerSideEncryption: 'aws:kms' as const, Body: 'x' };
    const { id } = await makeEdge(context, { isPublic: true, objects: { a: locked } });
    await assert.rejects(planAdoption('distribution', id, context, '/', newOp()), /yet S3 gives them to nobody.*: a\./);
    const open = newContext();
    const made = await makeEdge(open, { isPublic: true, objects: { a: locked, b: 'b' } });
    assert.equal((await planAdoption('distribution', made.id, open, '/', newOp())).plan.length, 3);
  });
});

describe('what a policy lets a distribution read', () => {
  const control: EdgeReader = { kind: 'control', arn: ARN };
  const allow = (more: object) => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: `${BUCKET}/*`, ...more });
  const service = { Principal: { Service: 'cloudfront.amazonaws.com' } };
  const verdict = (reader: EdgeReader, ...Statement: object[]) => {
    const judgement = judge({ Statement: Statement as PolicyStatement[] }, BUCKET, reader);
    return 'unclear' in judgement ? 'unclear' : judgement.isReadable('a/b.svg');
  };

  it('is what a statement for it, for its identity or for everybody says', () => {
    const named = { Principal: { AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E9' } };
    assert.equal(verdict(control, allow(service)), true);
    assert.equal(verdict(control, allow({ ...service, Resource: [`${BUCKET}/a/?.svg`] })), true);
    assert.equal(verdict(control, allow({ ...service, Resource: `${BUCKET}/A/*` })), false);
    assert.equal(verdict(control, allow({ ...service, Action: ['s3:Put*', 's3:getobject*'] })), true);
    assert.equal(verdict(control, allow({ ...service, Action: 's3:ListBucket' })), false);
    assert.equal(verdict(control, allow(named)), false);
    assert.equal(verdict({ kind: 'identity', id: 'E9' }, allow(named)), true);
    assert.equal(verdict({ kind: 'identity', id: 'E8' }, allow(named)), false);
    assert.equal(verdict({ kind: 'anybody' }, allow(service)), false);
    assert.equal(verdict({ kind: 'anybody' }, allow({ Principal: { AWS: ['*'] } })), true);
    assert.equal(verdict(control), false);
  });

  it('heeds for which distribution a statement is, and denials', () => {
    const of = (operator: string, value: string) => ({ Condition: { [operator]: { 'AWS:SourceArn': value } } });
    assert.equal(verdict(control, allow({ ...service, ...of('StringEquals', ARN) })), true);
    assert.equal(verdict(control, allow({ ...service, ...of('StringEquals', `${ARN}2`) })), false);
    assert.equal(
      verdict(control, allow({ ...service, ...of('ArnLike', 'arn:aws:cloudfront::*:distribution/*') })),
      true,
    );
    const others = { Effect: 'Deny', Principal: '*', ...of('StringNotEquals', ARN) };
    assert.equal(verdict(control, allow(service), allow(others)), true);
    assert.equal(verdict({ kind: 'anybody' }, allow({ Principal: '*' }), allow(others)), false);
    const plain = { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } };
    assert.equal(verdict(control, allow(service), allow(plain)), true);
    assert.equal(verdict(control, allow(service), allow({ Effect: 'Deny', Principal: '*' })), false);
  });

  it('is not guessed at where a statement says more than is known', () => {
    const odd: readonly object[] = [
      allow({ ...service, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
      allow({ Effect: 'Deny', NotPrincipal: { AWS: 'arn:aws:iam::123456789012:root' } }),
      { Effect: 'Allow', ...service, NotAction: 's3:PutObject', Resource: `${BUCKET}/*` },
      { Effect: 'Allow', ...service, Action: 's3:GetObject', NotResource: `${BUCKET}/secret/*` },
      allow({ ...service, Resource: `${BUCKET}/\${aws:username}/*` }),
    ];
    for (const statement of odd) assert.equal(verdict(control, statement), 'unclear', JSON.stringify(statement));
    const canonical = allow({ Principal: { CanonicalUser: 'abc' } });
    assert.equal(verdict({ kind: 'identity', id: 'E9' }, canonical), 'unclear');
    assert.equal(verdict(control, canonical), false);
  });
});

describe('the bucket that an origin is', () => {
  it('is known by each of its domains, and its web site by those', () => {
    const read = (DomainName: string) => bucketReadBy({ DomainName })?.bucket;
    for (const domain of ['s3.eu-west-1', 's3', 's3-us-west-2', 's3.dualstack.ap-southeast-2']) {
      assert.equal(read(`my-photos.${domain}.amazonaws.com`), 'my-photos', domain);
    }
    assert.equal(read('my.photos.s3.us-east-1.amazonaws.com'), 'my.photos');
    for (const other of [
      'example.org',
      'b.s3-website-us-east-1.amazonaws.com',
      'b.s3.us-east-1.amazonaws.com.evil.example',
    ]) {
      assert.equal(read(other), undefined, other);
    }
    for (const domain of ['b.s3-website-us-east-1.amazonaws.com', 'b.s3-website.eu-central-1.amazonaws.com']) {
      assert.equal(websiteReadBy({ DomainName: domain }), 'b');
    }
    assert.deepEqual([prefixOf(''), prefixOf('/a/b')], ['', 'a/b/']);
  });
});
