import assert from 'node:assert/strict';
import {
  BLANK_TAG,
  DOCUMENT_ROOT,
  PRIVATE_PREFIX,
  PUBLIC_PREFIX,
  bucketDomain,
  bucketName,
  bucketRegionOf,
  clientToken,
  distributionComment,
  serialOf,
  stackName,
  tagsFor,
} from '../../src/core/names';

const site = { id: 'abcd1234', name: 'demo', account: '123456789012', region: 'eu-central-1', bucket: {} };

describe('names', () => {
  it('of all that belongs to a site begin with its id', () => {
    assert.equal(stackName(site), 'sitelift-abcd1234');
    assert.equal(bucketName(site), 'sitelift-abcd1234-123456789012-eu-central-1');
    assert.equal(distributionComment(site), 'Sitelift: demo (abcd1234)');
  });

  it('of a bucket are that of the site file where it has one, in whichever region', () => {
    const adopted = { ...site, bucket: { name: 'classic-photos' } };
    assert.equal(bucketName(adopted), 'classic-photos');
    assert.equal(bucketDomain(adopted), 'classic-photos.s3.eu-central-1.amazonaws.com');
    assert.equal(bucketRegionOf(adopted, 'classic-photos.s3.us-east-1.amazonaws.com'), 'us-east-1');
    assert.equal(bucketRegionOf(adopted, bucketDomain(site)), undefined);
  });

  it('of buckets fit into 63 characters in every region', () => {
    assert.ok(bucketName({ ...site, region: 'ap-southeast-7' }).length <= 63);
  });

  it('of the origin are the bucket’s regional domain, never the global one', () => {
    assert.equal(bucketDomain(site), 'sitelift-abcd1234-123456789012-eu-central-1.s3.eu-central-1.amazonaws.com');
    const inVirginia = { ...site, region: 'us-east-1' };
    assert.equal(bucketDomain(inVirginia), 'sitelift-abcd1234-123456789012-us-east-1.s3.us-east-1.amazonaws.com');
  });

  it('of a bucket of the site tell its region, and those of no other bucket do', () => {
    assert.equal(bucketRegionOf(site, bucketDomain(site)), 'eu-central-1');
    assert.equal(bucketRegionOf(site, bucketDomain({ ...site, region: 'us-west-2' })), 'us-west-2');
    for (const other of [
      bucketDomain({ ...site, id: 'bcde1234' }),
      bucketDomain({ ...site, account: '210987654321' }),
      `${bucketName(site)}.s3.us-west-2.amazonaws.com`,
      `${bucketName(site)}.s3.amazonaws.com`,
      `x.${bucketDomain(site)}`,
      `${bucketDomain(site)}.example.com`,
      '',
    ]) {
      assert.equal(bucketRegionOf(site, other), undefined, other);
    }
  });

  it('of client tokens are the same for the same wish only, within 64 ASCII characters', () => {
    const token = clientToken(site, 'server/eu-central-1a', 1);
    assert.equal(clientToken({ id: site.id }, 'server/eu-central-1a', 1), token);
    assert.match(token, /^[0-9a-f]{48}$/);
    const others = [
      clientToken(site, 'server/eu-central-1b', 1),
      clientToken(site, 'server/eu-central-1a', 2),
      clientToken({ id: 'bcde1234' }, 'server/eu-central-1a', 1),
    ];
    assert.equal(new Set([token, ...others]).size, 4);
  });

  it('in tags have dashes for characters that a service refuses', () => {
    assert.deepEqual(tagsFor({ ...site, name: 'Anna’s “Café” #1 @home' }, 'server'), [
      { Key: 'Name', Value: 'Anna-s -Café- -1 @home server' },
      { Key: 'sitelift:site', Value: 'abcd1234' },
      { Key: 'sitelift:role', Value: 'server' },
    ]);
  });

  it('in tags fit the pattern of IAM and CloudFront, the strictest', () => {
    for (const { Value } of tagsFor({ ...site, name: 'Anna’s (2) & Söhne, 日本 🏔️' }, 'server')) {
      assert.match(Value, /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u);
    }
  });

  it('of what earlier versions left in accounts and on servers stay', () => {
    const kept = { BLANK_TAG, PUBLIC_PREFIX, PRIVATE_PREFIX, DOCUMENT_ROOT };
    assert.deepEqual(kept, {
      BLANK_TAG: 'sitelift:created-blank',
      PUBLIC_PREFIX: 'site/',
      PRIVATE_PREFIX: '_sitelift/',
      DOCUMENT_ROOT: '/var/www/html',
    });
  });

  it('of a disk are its volume’s without the dash', () => {
    assert.equal(serialOf('vol-0123456789abcdef0'), 'vol0123456789abcdef0');
  });
});
