import type { DistributionConfig, Restrictions } from '@aws-sdk/client-cloudfront';
import { isDeepStrictEqual } from 'node:util';
import { COUNTRY_CODES } from '../../countries';
import { countryName } from '../../countryName';
import type { Site } from '../../site';
import { someOf } from '../../someOf';
import type { Drift } from '../driftText';

/** Which countries a distribution answers: those of a list alone, all but those of a list, or all. */
export type GeoRestriction = NonNullable<Site['distribution']['geoRestriction']>;

const MOST_NAMED = 12;

/** The restriction that a config, or a summary in a list, has. */
export function restrictionOf({ Restrictions: found }: Partial<DistributionConfig>): GeoRestriction {
  const { Items = [], RestrictionType } = found?.GeoRestriction ?? {};
  if (RestrictionType === 'whitelist') return { allow: Items };
  return RestrictionType === 'blacklist' ? { block: Items } : 'none';
}

/** A restriction as CloudFront takes it; without one it takes no list, not even an empty one. */
export function restrictionsFor(wanted: GeoRestriction): Restrictions {
  if (wanted === 'none') return { GeoRestriction: { RestrictionType: 'none', Quantity: 0 } };
  const Items = codesOf(wanted);
  const RestrictionType = 'allow' in wanted ? 'whitelist' : 'blacklist';
  return { GeoRestriction: { RestrictionType, Quantity: Items.length, Items } };
}

/** The restriction with each of its countries once, in alphabetical order. */
export function inOrder(restriction: GeoRestriction): GeoRestriction {
  if (restriction === 'none') return restriction;
  return 'allow' in restriction ? { allow: codesOf(restriction) } : { block: codesOf(restriction) };
}

/** True when both let in the same countries by the same kind of list. */
export function isSameRestriction(one: GeoRestriction, other: GeoRestriction): boolean {
  return isDeepStrictEqual(inOrder(one), inOrder(other));
}

/** True when a country that was let in before is so no more. */
export function shutsOut(before: GeoRestriction, after: GeoRestriction): boolean {
  return COUNTRY_CODES.some((code) => letsIn(before, code) && !letsIn(after, code));
}

/** A restriction in words, e.g. `only Austria, Germany`. */
export function restrictionText(restriction: GeoRestriction): string {
  if (restriction === 'none') return 'none';
  const names = codesOf(restriction).map(countryName).sort();
  return `${'allow' in restriction ? 'only' : 'all but'} ${someOf(names, names.length, MOST_NAMED)}`;
}

/** What differs from the restriction that the site file asks for, with both in words; nothing where it asks for none in particular. */
export function restrictionDrift(wanted: GeoRestriction | undefined, found: GeoRestriction): Drift[] {
  if (wanted === undefined || isSameRestriction(wanted, found)) return [];
  return [{ what: 'the geo restriction', is: restrictionText(found), wanted: restrictionText(wanted) }];
}

function codesOf(restriction: Exclude<GeoRestriction, 'none'>): string[] {
  return [...new Set('allow' in restriction ? restriction.allow : restriction.block)].sort();
}

function letsIn(restriction: GeoRestriction, code: string): boolean {
  if (restriction === 'none') return true;
  return 'allow' in restriction ? restriction.allow.includes(code) : !restriction.block.includes(code);
}
