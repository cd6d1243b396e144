import type { DistributionConfig, Origin } from '@aws-sdk/client-cloudfront';
import type { Context } from '../../context';
import type { Drift } from '../driftText';
import { restrictionDrift, restrictionOf, restrictionsFor } from './geoRestriction';
import { bucketDomain, distributionComment, PUBLIC_PREFIX, stackName } from '../../names';
import { pagesHost, wholeSiteDrift, withoutPages, withPages, type Described, type PagesOrigin } from './wholeSite';

/** The managed cache policy *CachingOptimized* (CloudFront documentation, “Use managed cache policies”). */
export const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';
/**
 * The managed response headers policy *SimpleCORS* (CloudFront documentation, “Use managed response headers policies”): pages are of
 * another origin, and without it masks, sprites and `crossorigin` images would not load.
 */
const SIMPLE_CORS = '60669652-455b-4ae9-85a4-c4c02393f86c';
/** The cheapest edges, those of North America and Europe. */
const DEFAULT_PRICE_CLASS = 'PriceClass_100';
const ORIGIN_ID = 'bucket';
const ORIGIN = 'the origin';
const ORIGIN_PATH = `/${PUBLIC_PREFIX.replace(/\/$/, '')}`;

/** The config of a new distribution of the site; with `pages` it serves those as well. */
export function newConfig(
  { site }: Context,
  accessControlId: string,
  generation: number,
  pages?: PagesOrigin,
): DistributionConfig {
  const config: DistributionConfig = {
    CallerReference: `${stackName(site)}-${generation}`,
    Comment: distributionComment(site),
    Enabled: site.distribution.enabled,
    HttpVersion: 'http2and3',
    IsIPV6Enabled: true,
    PriceClass: site.distribution.priceClass ?? DEFAULT_PRICE_CLASS,
    ...wantedRestrictions(site),
    Origins: { Quantity: 1, Items: [originOf(site, accessControlId)] },
    DefaultCacheBehavior: {
      TargetOriginId: ORIGIN_ID,
      ViewerProtocolPolicy: 'redirect-to-https',
      Compress: true,
      CachePolicyId: CACHING_OPTIMIZED,
      ResponseHeadersPolicyId: SIMPLE_CORS,
      AllowedMethods: {
        Quantity: 2,
        Items: ['GET', 'HEAD'],
        CachedMethods: { Quantity: 2, Items: ['GET', 'HEAD'] },
      },
    },
  };
  return pages ? withPages(site, config, ORIGIN_ID, pages) : config;
}

/** The origin that the default behaviour reads; of a group that of S3. */
export function targetOf({ DefaultCacheBehavior, OriginGroups, Origins }: Described): Origin | undefined {
  const id = DefaultCacheBehavior?.TargetOriginId;
  const group = OriginGroups?.Items?.find(({ Id }) => Id === id);
  const ids = group?.Members?.Items?.map(({ OriginId }) => OriginId) ?? [id];
  const origins = Origins?.Items?.filter(({ Id }) => ids.includes(Id)) ?? [];
  return origins.find(({ S3OriginConfig }) => S3OriginConfig) ?? origins[0];
}

/** The shortest of the names that others gave a distribution and that stand for no others, since AWS lists them in no order that stays; undefined for none. */
export function aliasOf({ Aliases }: Described): string | undefined {
  const names = Aliases?.Items?.filter((name) => !name.includes('*')) ?? [];
  return names.sort((one, other) => one.length - other.length || (one < other ? -1 : 1))[0];
}

/** True when images come from this site's bucket, below `site/`, through an origin access control. */
export function readsBucket(site: Context['site'], described: Described): boolean {
  const origin = targetOf(described);
  return (
    origin?.DomainName === bucketDomain(site) &&
    origin.OriginPath === ORIGIN_PATH &&
    Boolean(origin.OriginAccessControlId)
  );
}

/** What differs from what the site needs; what is only a matter of taste (comment, a price class that the site file does not ask for, a headers policy of the user’s) does not count. */
export function driftOf(site: Context['site'], described: Described): readonly Drift[] {
  const behavior = described.DefaultCacheBehavior;
  return [
    ...enabledDrift(site, described),
    ...restrictionDrift(site.distribution.geoRestriction, restrictionOf(described)),
    ...(readsBucket(site, described) ? [] : [originDrift(site, described)]),
    ...(behavior?.ViewerProtocolPolicy === 'allow-all'
      ? [{ what: 'plain HTTP', is: 'answered', wanted: 'redirected to HTTPS' }]
      : []),
    ...(behavior?.CachePolicyId === CACHING_OPTIMIZED
      ? []
      : [{ what: 'the cache policy', is: behavior?.CachePolicyId ?? 'none', wanted: 'CachingOptimized' }]),
    ...(behavior?.Compress ? [] : [{ what: 'compression', is: 'off', wanted: 'on' }]),
    ...(behavior?.ResponseHeadersPolicyId
      ? []
      : [{ what: 'the policy of response headers', is: 'none', wanted: 'SimpleCORS' }]),
    ...priceDrift(site, described),
    ...(site.distribution.serves === 'site' ? wholeSiteDrift(site, described) : []),
    ...(site.distribution.serves === 'images' && pagesHost(described)
      ? [{ what: 'what it serves', is: 'the whole site', wanted: 'the images' }]
      : []),
  ];
}

function enabledDrift({ distribution }: Context['site'], { Enabled = false }: Described): Drift[] {
  if (Enabled === distribution.enabled) return [];
  const [is, wanted] = Enabled ? ['enabled', 'disabled'] : ['disabled', 'enabled'];
  return [{ what: 'the distribution', is, wanted }];
}

/** True for what differs in where the images come from. */
export function isAboutOrigin({ what }: Drift): boolean {
  return what === ORIGIN;
}

function originDrift(site: Context['site'], described: Described): Drift {
  const target = targetOf(described);
  const place = `${target?.DomainName ?? 'none'}${target?.OriginPath ?? ''}`;
  const wanted = `${bucketDomain(site)}${ORIGIN_PATH}`;
  // The right place can be read only through an access control.
  return { what: ORIGIN, is: place === wanted ? `${place} without an access control` : place, wanted };
}

function priceDrift({ distribution: { priceClass } }: Context['site'], { PriceClass }: Described): Drift[] {
  if (priceClass === undefined || priceClass === PriceClass) return [];
  return [{ what: 'the price class', is: PriceClass ?? 'unknown', wanted: priceClass }];
}

/** The config with what differs put right and all else as it is, `pages` being what it reads these with, if at all; throws when there is no behaviour to put right. */
export function correctedConfig(
  site: Context['site'],
  config: DistributionConfig,
  accessControlId: string,
  pages?: PagesOrigin,
): DistributionConfig {
  const { DefaultCacheBehavior: behavior } = config;
  if (!behavior) throw new Error('CloudFront answered a config without its default behaviour.');
  const target = targetOf(config);
  const origin: Origin = {
    ...target,
    ...originOf(site, accessControlId),
    Id: target?.Id ?? ORIGIN_ID,
    CustomOriginConfig: undefined,
    VpcOriginConfig: undefined,
  };
  const others = config.Origins?.Items?.filter(({ Id }) => Id !== origin.Id) ?? [];
  const corrected: DistributionConfig = {
    ...config,
    Enabled: site.distribution.enabled,
    ...(site.distribution.priceClass === undefined ? {} : { PriceClass: site.distribution.priceClass }),
    ...wantedRestrictions(site),
    Origins: { Quantity: others.length + 1, Items: [origin, ...others] },
    DefaultCacheBehavior: {
      ...behavior,
      // A cache policy takes the place of these; CloudFront refuses both.
      ForwardedValues: undefined,
      MinTTL: undefined,
      DefaultTTL: undefined,
      MaxTTL: undefined,
      TargetOriginId: origin.Id,
      ViewerProtocolPolicy:
        behavior.ViewerProtocolPolicy === 'allow-all' ? 'redirect-to-https' : behavior.ViewerProtocolPolicy,
      Compress: true,
      CachePolicyId: CACHING_OPTIMIZED,
      ResponseHeadersPolicyId: behavior.ResponseHeadersPolicyId || SIMPLE_CORS,
    },
  };
  const bucketId = origin.Id ?? ORIGIN_ID;
  return pages ? withPages(site, corrected, bucketId, pages) : withoutPages(site, corrected, bucketId);
}

/** What others restricted stays where the site file asks for nothing. */
function wantedRestrictions({
  distribution: { geoRestriction },
}: Context['site']): Pick<DistributionConfig, 'Restrictions'> {
  return geoRestriction === undefined ? {} : { Restrictions: restrictionsFor(geoRestriction) };
}

function originOf(site: Context['site'], accessControlId: string) {
  return {
    Id: ORIGIN_ID,
    DomainName: bucketDomain(site),
    OriginPath: ORIGIN_PATH,
    OriginAccessControlId: accessControlId,
    S3OriginConfig: { OriginAccessIdentity: '' },
  };
}
