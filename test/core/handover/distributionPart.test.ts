import type { DistributionConfig, Origin } from '@aws-sdk/client-cloudfront';
import assert from 'node:assert/strict';
import { lifecycleRule } from '../../../src/core/handover/bucketParts';
import { templateConfig, withoutSecrets } from '../../../src/core/handover/distributionPart';
import { templateOf, type Part } from '../../../src/core/handover/template';
import { lint } from './linted';

const none = { Quantity: 0 };
const list = <Item>(...Items: Item[]) => ({ Quantity: Items.length, Items });

/** A distribution with settings of every kind, as CloudFront answers it. */
const CONFIG: DistributionConfig = {
  ...{ CallerReference: 'sitelift-1', Comment: 'ours', Enabled: true, PriceClass: 'PriceClass_100' },
  ...{ HttpVersion: 'http2', IsIPV6Enabled: true, DefaultRootObject: '', WebACLId: '', Staging: false },
  ...{ Aliases: list('www.example.com'), ContinuousDeploymentPolicyId: '' },
  Origins: list<Origin>(
    {
      ...{ Id: 'old', DomainName: 'old.s3.us-east-1.amazonaws.com', OriginPath: '', CustomHeaders: none },
      S3OriginConfig: { OriginAccessIdentity: 'origin-access-identity/cloudfront/E127EXAMPLE51Z' },
      OriginShield: { Enabled: true, OriginShieldRegion: 'us-east-1' },
    },
    {
      ...{ Id: 'api', DomainName: 'api.example.com', OriginPath: '/v1', OriginShield: { Enabled: false } },
      CustomHeaders: list(
        { HeaderName: 'X-Key', HeaderValue: 'swordfish' },
        { HeaderName: 'X-Key-2', HeaderValue: 'mackerel' },
      ),
      CustomOriginConfig: {
        ...{ HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'https-only' },
        OriginSslProtocols: list('TLSv1.1', 'TLSv1.2'),
      },
    },
  ),
  OriginGroups: none,
  DefaultCacheBehavior: {
    ...{ TargetOriginId: 'old', ViewerProtocolPolicy: 'redirect-to-https', Compress: true, SmoothStreaming: false },
    TrustedSigners: { Enabled: false, Quantity: 0 },
    TrustedKeyGroups: { Enabled: true, ...list('b2f2b1a0-1d7a-4a9e-8c7a-000000000001') },
    AllowedMethods: { ...list('HEAD', 'GET', 'OPTIONS'), CachedMethods: list('HEAD', 'GET') },
    LambdaFunctionAssociations: none,
    FunctionAssociations: none,
    FieldLevelEncryptionId: '',
    ForwardedValues: {
      ...{ QueryString: true, Cookies: { Forward: 'whitelist', WhitelistedNames: list('session') } },
      ...{ Headers: list('Origin'), QueryStringCacheKeys: list('page') },
    },
    ...{ MinTTL: 0, DefaultTTL: 60, MaxTTL: 600 },
  },
  CacheBehaviors: none,
  CustomErrorResponses: list(
    { ErrorCode: 404, ResponseCode: '200', ResponsePagePath: '/index.html', ErrorCachingMinTTL: 0 },
    { ErrorCode: 500, ResponseCode: '', ResponsePagePath: '', ErrorCachingMinTTL: 5 },
  ),
  Logging: { Enabled: true, IncludeCookies: false, Bucket: 'logs.s3.amazonaws.com', Prefix: '' },
  ViewerCertificate: {
    ...{ CloudFrontDefaultCertificate: false, SSLSupportMethod: 'sni-only', MinimumProtocolVersion: 'TLSv1.2_2021' },
    ACMCertificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000001',
    Certificate: 'arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000001',
    CertificateSource: 'acm',
  },
  Restrictions: { GeoRestriction: { RestrictionType: 'whitelist', ...list('CH', 'DE') } },
};

const SAID = {
  ...{ Comment: 'ours', Enabled: true, PriceClass: 'PriceClass_100', HttpVersion: 'http2', IPV6Enabled: true },
  ...{ Staging: false, Aliases: ['www.example.com'] },
  Origins: [
    {
      ...{ Id: 'old', DomainName: 'old.s3.us-east-1.amazonaws.com' },
      S3OriginConfig: { OriginAccessIdentity: 'origin-access-identity/cloudfront/E127EXAMPLE51Z' },
      OriginShield: { Enabled: true, OriginShieldRegion: 'us-east-1' },
    },
    {
      ...{ Id: 'api', DomainName: 'api.example.com', OriginPath: '/v1' },
      OriginCustomHeaders: [
        { HeaderName: 'X-Key', HeaderValue: { Ref: 'HeaderXKey' } },
        { HeaderName: 'X-Key-2', HeaderValue: { Ref: 'HeaderXKey2' } },
      ],
      CustomOriginConfig: {
        ...{ HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'https-only' },
        OriginSSLProtocols: ['TLSv1.1', 'TLSv1.2'],
      },
    },
  ],
  DefaultCacheBehavior: {
    ...{ TargetOriginId: 'old', ViewerProtocolPolicy: 'redirect-to-https', Compress: true, SmoothStreaming: false },
    TrustedKeyGroups: ['b2f2b1a0-1d7a-4a9e-8c7a-000000000001'],
    ...{ AllowedMethods: ['HEAD', 'GET', 'OPTIONS'], CachedMethods: ['HEAD', 'GET'] },
    ForwardedValues: {
      ...{ QueryString: true, Cookies: { Forward: 'whitelist', WhitelistedNames: ['session'] } },
      ...{ Headers: ['Origin'], QueryStringCacheKeys: ['page'] },
    },
    ...{ MinTTL: 0, DefaultTTL: 60, MaxTTL: 600 },
  },
  CustomErrorResponses: [
    { ErrorCode: 404, ResponseCode: 200, ResponsePagePath: '/index.html', ErrorCachingMinTTL: 0 },
    { ErrorCode: 500, ErrorCachingMinTTL: 5 },
  ],
  Logging: { IncludeCookies: false, Bucket: 'logs.s3.amazonaws.com' },
  ViewerCertificate: {
    ...{ SslSupportMethod: 'sni-only', MinimumProtocolVersion: 'TLSv1.2_2021' },
    AcmCertificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000001',
  },
  Restrictions: { GeoRestriction: { RestrictionType: 'whitelist', Locations: ['CH', 'DE'] } },
};

const partOf = (type: string, properties: Readonly<Record<string, unknown>>, secrets: Part['secrets'] = []): Part => ({
  ...{ logicalId: 'Thing', type, properties, secrets, identifier: {}, calledBy: [] },
});
const linted = (part: Part) => lint(templateOf([part], { description: 'x', metadata: {} }).template, 'us-east-1');

describe('a distribution in a template', () => {
  const { config, secrets } = withoutSecrets(CONFIG);

  it('has all that it has, by the names that CloudFormation gives it, and no value of a header', () => {
    assert.deepEqual(templateConfig(config), SAID);
    assert.doesNotMatch(JSON.stringify([config, secrets]), /swordfish|mackerel/);
  });

  it('is right to cfn-lint, also with settings of others', async () => {
    const found = await linted(
      partOf('AWS::CloudFront::Distribution', { DistributionConfig: templateConfig(config) }, secrets),
    );
    assert.equal(found, '');
  });

  it('is wrong to cfn-lint as CloudFront answers it', async () => {
    assert.match(await linted(partOf('AWS::CloudFront::Distribution', { DistributionConfig: config })), /^E\d+ /m);
  });

  it('gives each header a parameter of its own, also where two origins have one of the same name', () => {
    const headers = (Id: string, ...names: string[]): Origin => ({
      ...{ Id, DomainName: `${Id}.example.com` },
      CustomHeaders: list(...names.map((HeaderName) => ({ HeaderName, HeaderValue: 'x' }))),
    });
    const Origins = list(headers('a', 'X-Key', 'X-Key2'), headers('b', 'X-Key', '9', '_'));
    const { secrets: found } = withoutSecrets({ ...CONFIG, Origins });
    const parameters = found.map(({ parameter }) => parameter);
    assert.equal(new Set(parameters).size, 5);
    for (const parameter of parameters) assert.match(parameter, /^[A-Za-z][A-Za-z0-9]*$/);
    assert.deepEqual(
      found.map(({ header, origin }) => `${origin} ${header}`),
      ['a X-Key', 'a X-Key2', 'b X-Key', 'b 9', 'b _'],
    );
  });
});

describe('rules of a lifecycle in a template', () => {
  const RULES = [
    {
      ...{ ID: 'old', Status: 'Enabled', Filter: { And: { Prefix: 'logs/', Tags: [{ Key: 'a', Value: 'b' }] } } },
      Expiration: { Days: 30 },
      Transitions: [{ Days: 7, StorageClass: 'GLACIER' }],
      NoncurrentVersionExpiration: { NoncurrentDays: 3, NewerNoncurrentVersions: 2 },
      NoncurrentVersionTransitions: [{ NoncurrentDays: 2, StorageClass: 'GLACIER' }],
    },
    {
      ...{ ID: 'large', Status: 'Disabled', Filter: { ObjectSizeGreaterThan: 1000 } },
      Expiration: { Date: new Date('2030-01-01T00:00:00Z') },
    },
    {
      ...{ ID: 'all', Status: 'Enabled', Filter: { Prefix: '' } },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    },
  ] as const;
  const said = RULES.map((rule) => lifecycleRule(rule as unknown as Parameters<typeof lifecycleRule>[0]));

  it('have all that they have, by the names that CloudFormation gives it', () => {
    assert.deepEqual(said, [
      {
        ...{
          Id: 'old',
          Status: 'Enabled',
          Prefix: 'logs/',
          TagFilters: [{ Key: 'a', Value: 'b' }],
          ExpirationInDays: 30,
        },
        Transitions: [{ StorageClass: 'GLACIER', TransitionInDays: 7 }],
        NoncurrentVersionExpiration: { NoncurrentDays: 3, NewerNoncurrentVersions: 2 },
        NoncurrentVersionTransitions: [{ StorageClass: 'GLACIER', TransitionInDays: 2 }],
      },
      { Id: 'large', Status: 'Disabled', ObjectSizeGreaterThan: '1000', ExpirationDate: '2030-01-01T00:00:00.000Z' },
      { Id: 'all', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ]);
  });

  it('are right to cfn-lint', async () => {
    const properties = { BucketName: 'sitelift-abcdefgh', LifecycleConfiguration: { Rules: said } };
    assert.equal(await linted(partOf('AWS::S3::Bucket', properties)), '');
  });
});
