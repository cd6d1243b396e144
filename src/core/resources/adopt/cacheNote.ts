import type { DefaultCacheBehavior } from '@aws-sdk/client-cloudfront';
import { CACHING_OPTIMIZED } from '../distribution/distributionConfig';

/** Managed cache policies that tell no answers apart, either: *CachingDisabled* and *CachingOptimizedForUncompressedObjects* (CloudFront documentation, “Use managed cache policies”). */
const PLAIN_POLICIES = ['4135ea2d-6df8-44a3-9df3-4b5a84be39ad', 'b2884449-e4de-46a7-ac36-70bc7f1ddd6d'];

/** What readers may notice once a default behavior caches by the policy that a site needs; [] for one that does so already. */
export function cacheNotes(behavior: DefaultCacheBehavior | undefined): readonly string[] {
  const policy = behavior?.CachePolicyId;
  if (!behavior || policy === CACHING_OPTIMIZED) return [];
  const former = policy ? `the policy ${policy}` : 'settings of its own';
  const apart = tellsApart(behavior)
    ? 'an answer is the same whatever query string, cookies or headers a reader sends, which matters where CORS or a Lambda function goes by them, and '
    : '';
  return [
    `Its default behavior then caches by the policy CachingOptimized instead of ${former}: ${apart}edges keep an object as long as its Cache-Control says, or for a day.`,
  ];
}

function tellsApart({ CachePolicyId, ForwardedValues: forwarded }: DefaultCacheBehavior): boolean {
  if (CachePolicyId) return !PLAIN_POLICIES.includes(CachePolicyId);
  const cookies = forwarded?.Cookies?.Forward ?? 'none';
  return Boolean(forwarded?.QueryString) || cookies !== 'none' || (forwarded?.Headers?.Quantity ?? 0) > 0;
}
