import type { DistributionConfig } from '@aws-sdk/client-cloudfront';
import assert from 'node:assert/strict';
import {
  correctedConfig,
  driftOf,
  newConfig,
  readsBucket,
} from '../../../src/core/resources/distribution/distributionConfig';
import { driftText } from '../../../src/core/resources/driftText';
import { newContext } from '../sandbox';

const context = newContext((file) => {
  file['id'] = 'abcd1234';
  file['region'] = 'eu-central-1';
});
const { site } = context;
const DOMAIN = 'sitelift-abcd1234-123456789012-eu-central-1.s3.eu-central-1.amazonaws.com';

type Behavior = NonNullable<DistributionConfig['DefaultCacheBehavior']>;
const right = newConfig(context, 'OAC1', 1);
const behaving = (change: Partial<Behavior>): DistributionConfig => ({
  ...right,
  DefaultCacheBehavior: { ...(right.DefaultCacheBehavior as Behavior), ...change },
});
const reading = (change: object): DistributionConfig => ({
  ...right,
  Origins: { Quantity: 1, Items: (right.Origins?.Items ?? []).map((origin) => ({ ...origin, ...change })) },
});

describe('the config of a distribution', () => {
  it('is HTTPS, HTTP/2 and 3, compressed and cached, with CORS headers, from the bucket’s regional domain below /site', () => {
    assert.deepEqual(right, {
      CallerReference: 'sitelift-abcd1234-1',
      Comment: 'Sitelift: demo (abcd1234)',
      Enabled: true,
      HttpVersion: 'http2and3',
      IsIPV6Enabled: true,
      PriceClass: 'PriceClass_100',
      Origins: {
        Quantity: 1,
        Items: [
          {
            Id: 'bucket',
            DomainName: DOMAIN,
            OriginPath: '/site',
            OriginAccessControlId: 'OAC1',
            S3OriginConfig: { OriginAccessIdentity: '' },
          },
        ],
      },
      DefaultCacheBehavior: {
        TargetOriginId: 'bucket',
        ViewerProtocolPolicy: 'redirect-to-https',
        Compress: true,
        CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
        ResponseHeadersPolicyId: '60669652-455b-4ae9-85a4-c4c02393f86c',
        AllowedMethods: {
          Quantity: 2,
          Items: ['GET', 'HEAD'],
          CachedMethods: { Quantity: 2, Items: ['GET', 'HEAD'] },
        },
      },
    });
    assert.deepEqual(driftOf(site, right), []);
    assert.equal(newConfig(context, 'OAC1', 2).CallerReference, 'sitelift-abcd1234-2');
  });

  const drifted: readonly (readonly [DistributionConfig, string])[] = [
    [{ ...right, Enabled: false }, 'the distribution is disabled, wanted enabled'],
    [behaving({ ViewerProtocolPolicy: 'allow-all' }), 'plain HTTP is answered, wanted redirected to HTTPS'],
    [
      behaving({ CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad' }),
      'the cache policy is 4135ea2d-6df8-44a3-9df3-4b5a84be39ad, wanted CachingOptimized',
    ],
    [behaving({ Compress: false }), 'compression is off, wanted on'],
    [behaving({ ResponseHeadersPolicyId: undefined }), 'the policy of response headers is none, wanted SimpleCORS'],
    [behaving({ ResponseHeadersPolicyId: '' }), 'the policy of response headers is none, wanted SimpleCORS'],
    [behaving({ TargetOriginId: 'group' }), `the origin is none, wanted ${DOMAIN}/site`],
    [
      reading({ DomainName: DOMAIN.replace('.s3.eu-central-1.', '.s3.') }),
      `the origin is ${DOMAIN.replace('.s3.eu-central-1.', '.s3.')}/site, wanted ${DOMAIN}/site`,
    ],
    [reading({ DomainName: 'www.example.com' }), `the origin is www.example.com/site, wanted ${DOMAIN}/site`],
    [reading({ OriginPath: '' }), `the origin is ${DOMAIN}, wanted ${DOMAIN}/site`],
    [
      reading({ OriginAccessControlId: '' }),
      `the origin is ${DOMAIN}/site without an access control, wanted ${DOMAIN}/site`,
    ],
  ];
  for (const [config, reason] of drifted) {
    it(`is put right when ${reason}`, () => {
      assert.deepEqual(driftOf(site, config).map(driftText), [reason]);
      assert.equal(readsBucket(site, config), !reason.startsWith('the origin'));
      assert.deepEqual(driftOf(site, correctedConfig(site, config, 'OAC2')), []);
    });
  }

  it('leaves to the user what is a matter of taste', () => {
    const own: DistributionConfig = {
      ...behaving({
        ViewerProtocolPolicy: 'https-only',
        ResponseHeadersPolicyId: 'theirs',
        AllowedMethods: { Quantity: 3, Items: ['GET', 'HEAD', 'OPTIONS'] },
      }),
      Comment: 'Our pictures',
      PriceClass: 'PriceClass_All',
      Aliases: { Quantity: 1, Items: ['img.example.com'] },
    };
    assert.deepEqual(driftOf(site, own), []);
    const corrected = correctedConfig(site, { ...own, Enabled: false }, 'OAC1');
    const { Comment, PriceClass, Aliases, HttpVersion, CallerReference } = corrected;
    assert.deepEqual(
      { Comment, PriceClass, Aliases, HttpVersion, CallerReference },
      {
        Comment: own.Comment,
        PriceClass: own.PriceClass,
        Aliases: own.Aliases,
        HttpVersion: own.HttpVersion,
        CallerReference: own.CallerReference,
      },
    );
    assert.equal(corrected.DefaultCacheBehavior?.ResponseHeadersPolicyId, 'theirs');
    assert.equal(corrected.DefaultCacheBehavior?.ViewerProtocolPolicy, 'https-only');
    assert.deepEqual(corrected.DefaultCacheBehavior?.AllowedMethods, own.DefaultCacheBehavior?.AllowedMethods);
  });

  it('keeps other origins, and the name and headers of the one that it corrects', () => {
    const other = { Id: 'api', DomainName: 'api.example.com' };
    const changed = reading({
      DomainName: 'www.example.com',
      CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'https-only' as const },
      CustomHeaders: { Quantity: 1, Items: [{ HeaderName: 'x', HeaderValue: 'y' }] },
      Id: 'pictures',
    });
    const config: DistributionConfig = {
      ...behaving({ TargetOriginId: 'pictures' }),
      Origins: { Quantity: 2, Items: [...(changed.Origins?.Items ?? []), other] },
    };
    const corrected = correctedConfig(site, config, 'OAC2');
    assert.equal(corrected.Origins?.Quantity, 2);
    assert.deepEqual(corrected.Origins.Items?.[1], other);
    assert.deepEqual(corrected.Origins.Items?.[0], {
      Id: 'pictures',
      DomainName: DOMAIN,
      OriginPath: '/site',
      OriginAccessControlId: 'OAC2',
      S3OriginConfig: { OriginAccessIdentity: '' },
      CustomHeaders: { Quantity: 1, Items: [{ HeaderName: 'x', HeaderValue: 'y' }] },
      CustomOriginConfig: undefined,
      VpcOriginConfig: undefined,
    });
    assert.equal(corrected.DefaultCacheBehavior?.TargetOriginId, 'pictures');
  });

  it('drops the settings that a cache policy takes the place of', () => {
    const legacy = behaving({ CachePolicyId: undefined, MinTTL: 0, DefaultTTL: 60, MaxTTL: 60 });
    const { MinTTL, DefaultTTL, MaxTTL, ForwardedValues } =
      correctedConfig(site, legacy, 'OAC1').DefaultCacheBehavior ?? {};
    assert.deepEqual([MinTTL, DefaultTTL, MaxTTL, ForwardedValues], [undefined, undefined, undefined, undefined]);
  });
});
