import type { CacheBehavior, DistributionConfig, FunctionAssociation, Origin } from '@aws-sdk/client-cloudfront';
import type { Context } from '../../context';
import { UserError } from '../../op';
import type { Drift } from '../driftText';
import { isCurrentUrlFunction, isUrlFunction } from './urlFunction';

/** What the config of a distribution and its summary in a list share. */
export type Described = Partial<
  Pick<
    DistributionConfig,
    | 'Aliases'
    | 'CacheBehaviors'
    | 'CustomErrorResponses'
    | 'DefaultCacheBehavior'
    | 'Enabled'
    | 'OriginGroups'
    | 'Origins'
    | 'PriceClass'
    | 'Restrictions'
  >
>;

/** What a distribution that serves the whole site reads its pages with. */
export interface PagesOrigin {
  /** Public DNS name of the server. */
  readonly host: string;
  /** ARN of the function that finds the pages of short URLs. */
  readonly functionArn: string;
  /** What the server is shown so that it answers nobody else; undefined where it answers everybody. */
  readonly proof: string | undefined;
}

/** Name of the header that shows the server who asks. */
export const PROOF_HEADER = 'X-Sitelift-Proof';

const SERVER = 'sitelift-server';
const GROUP = 'sitelift-site';
const NOT_FOUND_PAGE = '/404.html';
/** The server answers 404 for what only the bucket has, and S3 answers 403 for what nobody has. */
const FAILOVER_CODES = [403, 404, 500, 502, 503, 504];
/** S3 answers 403 for a missing object to those who may not list (Amazon S3 API, “GetObject”). */
const MISSING_CODES = [403, 404];
/** Images are fetched straight from the bucket, also where nobody would wait for a dead server; of behaviors older accounts may have 25. */
const STRAIGHT = [
  ...['apng', 'avif', 'bmp', 'gif', 'ico', 'jfif', 'jpeg', 'jpg', 'jxl', 'png', 'svg', 'tif', 'tiff', 'webp'],
  ...['m4a', 'mov', 'mp3', 'mp4', 'pdf', 'webm'],
].map((extension) => `*.${extension}`);

/** True for a path that a distribution which serves the whole site fetches from the bucket, without asking the server. */
export function isFetchedFromBucket(path: string): boolean {
  return STRAIGHT.some((pattern) => path.endsWith(pattern.slice(1)));
}

/** The server that pages are read from before the bucket is asked; undefined when the distribution serves the images alone. */
export function pagesHost({ DefaultCacheBehavior, OriginGroups, Origins }: Described): string | undefined {
  const target = DefaultCacheBehavior?.TargetOriginId;
  const group = OriginGroups?.Items?.find(({ Id }) => Id === target);
  const [first] = group?.Members?.Items ?? [];
  const isOurs = group?.Id === GROUP && first?.OriginId === SERVER;
  return isOurs ? Origins?.Items?.find(({ Id }) => Id === SERVER)?.DomainName : undefined;
}

/** Id of the origin that is asked for what the server has not got; undefined where no server is asked for pages. */
export function imagesOriginId({ OriginGroups }: Described): string | undefined {
  const group = OriginGroups?.Items?.find(({ Id }) => Id === GROUP);
  return group?.Members?.Items?.find(({ OriginId }) => OriginId !== SERVER)?.OriginId;
}

/** What the server is shown, a secret between it and the distribution; undefined for nothing. */
export function proofOf({ Origins }: Described): string | undefined {
  const server = Origins?.Items?.find(({ Id }) => Id === SERVER);
  return server?.CustomHeaders?.Items?.find(({ HeaderName }) => HeaderName === PROOF_HEADER)?.HeaderValue;
}

/** What of serving the whole site is not as it must be. */
export function wholeSiteDrift(site: Context['site'], described: Described): Drift[] {
  if (pagesHost(described) === undefined)
    return [{ what: 'what it serves', is: 'the images', wanted: 'the whole site' }];
  const { CacheBehaviors, CustomErrorResponses, DefaultCacheBehavior } = described;
  const onRequest = requestFunction(DefaultCacheBehavior?.FunctionAssociations?.Items);
  const isTheirs = onRequest !== undefined && !isUrlFunction(site, onRequest);
  const patterns = new Set(CacheBehaviors?.Items?.map(({ PathPattern }) => PathPattern));
  const codes = new Set(CustomErrorResponses?.Items?.map(({ ErrorCode }) => ErrorCode));
  return [
    ...(isTheirs || isCurrentUrlFunction(site, onRequest)
      ? []
      : [{ what: 'the function that finds the pages of short URLs', is: 'missing', wanted: 'there' }]),
    ...(STRAIGHT.every((pattern) => patterns.has(pattern))
      ? []
      : [{ what: 'the origin of some images', is: 'the server', wanted: 'the bucket alone' }]),
    ...(MISSING_CODES.every((code) => codes.has(code))
      ? []
      : [{ what: 'the page for what is not found', is: 'missing', wanted: NOT_FOUND_PAGE }]),
    ...(site.server.openTo === 'everyone' || proofOf(described)
      ? []
      : [{ what: 'the proof that it shows the server', is: 'missing', wanted: 'there' }]),
  ];
}

/** A config that serves the images from an origin, with all that serving the pages as well takes: the server first, that origin when it has not got them. */
export function withPages(
  site: Context['site'],
  config: DistributionConfig,
  bucketId: string,
  { functionArn, host, proof }: PagesOrigin,
): DistributionConfig {
  const former = withoutPages(site, config, bucketId);
  const { CacheBehaviors, CustomErrorResponses, DefaultCacheBehavior, OriginGroups, Origins, ...rest } = former;
  const lambdas = DefaultCacheBehavior?.LambdaFunctionAssociations?.Items ?? [];
  if (lambdas.some(({ EventType }) => EventType?.startsWith('viewer-'))) {
    throw new UserError(
      'The distribution’s default behavior runs a Lambda function for viewers, beside which CloudFront takes none of those that find the pages of short URLs. Remove it in the CloudFront console, or write "images" as “distribution.serves” in sitelift.json.',
    );
  }
  const theirs = DefaultCacheBehavior?.FunctionAssociations?.Items ?? [];
  const ours: FunctionAssociation = { EventType: 'viewer-request', FunctionARN: functionArn };
  const taken = new Set(CacheBehaviors?.Items?.map(({ PathPattern }) => PathPattern));
  const answered = new Set(CustomErrorResponses?.Items?.map(({ ErrorCode }) => ErrorCode));
  return {
    ...rest,
    Origins: listOf([...(Origins?.Items ?? []), serverOrigin(host, proof)]),
    OriginGroups: listOf([
      ...(OriginGroups?.Items ?? []),
      {
        Id: GROUP,
        FailoverCriteria: { StatusCodes: listOf(FAILOVER_CODES) },
        Members: listOf([{ OriginId: SERVER }, { OriginId: bucketId }]),
      },
    ]),
    DefaultCacheBehavior: {
      ...DefaultCacheBehavior,
      TargetOriginId: GROUP,
      ViewerProtocolPolicy: DefaultCacheBehavior?.ViewerProtocolPolicy ?? 'redirect-to-https',
      // An origin group answers these alone (CloudFront documentation, “Optimize high availability with CloudFront origin failover”).
      AllowedMethods: readOnly(),
      FunctionAssociations: listOf(requestFunction(theirs) === undefined ? [...theirs, ours] : theirs),
    },
    CacheBehaviors: listOf([
      ...(CacheBehaviors?.Items ?? []),
      ...STRAIGHT.filter((pattern) => !taken.has(pattern)).map((pattern): CacheBehavior => ({
        ...withoutFunctions(DefaultCacheBehavior),
        ...{ PathPattern: pattern, TargetOriginId: bucketId, AllowedMethods: readOnly() },
        ViewerProtocolPolicy: DefaultCacheBehavior?.ViewerProtocolPolicy ?? 'redirect-to-https',
      })),
    ]),
    CustomErrorResponses: listOf([
      ...(CustomErrorResponses?.Items ?? []),
      ...MISSING_CODES.filter((code) => !answered.has(code)).map((code) => ({
        ...{ ErrorCode: code, ResponseCode: '404', ResponsePagePath: NOT_FOUND_PAGE, ErrorCachingMinTTL: 10 },
      })),
    ]),
  };
}

/** A config without what `withPages` adds to it, whose default behavior reads an origin; what others added stays, and one that has nothing of it is given as it is. */
export function withoutPages(site: Context['site'], config: DistributionConfig, bucketId: string): DistributionConfig {
  const { CacheBehaviors, CustomErrorResponses, DefaultCacheBehavior, OriginGroups, Origins } = config;
  const parts = [...(Origins?.Items ?? []), ...(OriginGroups?.Items ?? [])];
  if (!parts.some(({ Id }) => Id === SERVER || Id === GROUP)) return config;
  const isOurs = ({ PathPattern, TargetOriginId }: CacheBehavior) =>
    TargetOriginId === bucketId && STRAIGHT.includes(PathPattern ?? '');
  const isLeft = ({ FunctionARN }: FunctionAssociation) => !isUrlFunction(site, FunctionARN);
  return {
    ...config,
    Origins: listOf((Origins?.Items ?? []).filter(({ Id }) => Id !== SERVER)),
    OriginGroups: listOf((OriginGroups?.Items ?? []).filter(({ Id }) => Id !== GROUP)),
    DefaultCacheBehavior: DefaultCacheBehavior && {
      ...DefaultCacheBehavior,
      TargetOriginId: bucketId,
      FunctionAssociations: listOf((DefaultCacheBehavior.FunctionAssociations?.Items ?? []).filter(isLeft)),
    },
    CacheBehaviors: listOf((CacheBehaviors?.Items ?? []).filter((behavior) => !isOurs(behavior))),
    CustomErrorResponses: listOf(
      (CustomErrorResponses?.Items ?? []).filter(({ ResponsePagePath }) => ResponsePagePath !== NOT_FOUND_PAGE),
    ),
  };
}

/**
 * The server as an origin. It gets one try of two seconds to be reached, since readers wait meanwhile, and ten to answer (CloudFront documentation, “Origin
 * settings”). It is given up before httpd does so after five seconds, amid a request.
 */
function serverOrigin(host: string, proof: string | undefined): Origin {
  return {
    ...{ Id: SERVER, DomainName: host, OriginPath: '' },
    CustomHeaders: listOf(proof === undefined ? [] : [{ HeaderName: PROOF_HEADER, HeaderValue: proof }]),
    ...{ ConnectionAttempts: 1, ConnectionTimeout: 2 },
    CustomOriginConfig: {
      ...{ HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'http-only' },
      OriginSslProtocols: { Quantity: 1, Items: ['TLSv1.2'] },
      ...{ OriginReadTimeout: 10, OriginKeepaliveTimeout: 3 },
    },
  };
}

function requestFunction(associations: readonly FunctionAssociation[] | undefined): string | undefined {
  return associations?.find(({ EventType }) => EventType === 'viewer-request')?.FunctionARN;
}

function withoutFunctions(behavior: DistributionConfig['DefaultCacheBehavior']) {
  return { ...behavior, FunctionAssociations: undefined, LambdaFunctionAssociations: undefined };
}

function readOnly() {
  return { ...listOf(['GET', 'HEAD'] as const), CachedMethods: listOf(['GET', 'HEAD'] as const) };
}

function listOf<Item>(items: readonly Item[]): { Quantity: number; Items: Item[] | undefined } {
  return { Quantity: items.length, Items: items.length > 0 ? [...items] : undefined };
}
