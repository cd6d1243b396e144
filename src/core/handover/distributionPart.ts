import {
  GetDistributionCommand,
  ListTagsForResourceCommand,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront';
import type { Context } from '../context';
import type { Op } from '../op';
import { tagList, withoutNothing, type Part, type Secret } from './template';

/** What CloudFormation calls otherwise than CloudFront does (CloudFormation Template Reference, “AWS::CloudFront::Distribution”). */
const RENAMED: Readonly<Record<string, string>> = {
  ACMCertificateArn: 'AcmCertificateArn',
  CustomHeaders: 'OriginCustomHeaders',
  IAMCertificateId: 'IamCertificateId',
  IsIPV6Enabled: 'IPV6Enabled',
  OriginSslProtocols: 'OriginSSLProtocols',
  SSLSupportMethod: 'SslSupportMethod',
};
/** What a template does not say: CloudFormation makes its own reference, and the others repeat what stands beside them. */
const UNSAID: readonly string[] = ['CallerReference', 'Certificate', 'CertificateSource'];
/** The lists that keep their number of items. */
const COUNTED: readonly string[] = ['OriginGroups', 'Members', 'StatusCodes'];

/** The distribution by its id, with all of its config. */
export async function readDistributionPart({ clients }: Context, id: string, op: Op): Promise<Part> {
  const options = { abortSignal: op.signal };
  const { Distribution: seen } = await clients.cloudfront.send(new GetDistributionCommand({ Id: id }), options);
  if (!seen?.DistributionConfig) throw new Error(`CloudFront answered without the config of the distribution ${id}.`);
  const { Tags } = await clients.cloudfront.send(new ListTagsForResourceCommand({ Resource: seen.ARN }), options);
  const { config, secrets } = withoutSecrets(seen.DistributionConfig);
  const logicalId = 'Distribution';
  const arn = `arn:\${AWS::Partition}:cloudfront::\${AWS::AccountId}:distribution/\${${logicalId}}`;
  return {
    ...{ logicalId, type: 'AWS::CloudFront::Distribution', identifier: { Id: id }, secrets },
    properties: { DistributionConfig: templateConfig(config), Tags: tagList(Tags?.Items) },
    calledBy: [[seen.ARN, { 'Fn::Sub': arn }]],
  };
}

/** A config as a template says it, with all that it has. */
export function templateConfig(config: DistributionConfig): Record<string, unknown> {
  return withEmptyIdentities(withoutNothing(said(config))) as Record<string, unknown>;
}

/** A config in which references to parameters stand for the values of the headers that origins are shown, since those may be secrets. */
export function withoutSecrets(config: DistributionConfig): { config: DistributionConfig; secrets: readonly Secret[] } {
  const secrets: Secret[] = [];
  const hidden = (origin: string, header: string) => {
    const name = `Header${header.replace(/[^A-Za-z0-9]/g, '')}`;
    const isTaken = (candidate: string) => secrets.some(({ parameter }) => parameter === candidate);
    let parameter = name;
    for (let count = 2; isTaken(parameter); count += 1) parameter = `${name}${count}`;
    const description = `Value of the header ${header} that the distribution shows the origin ${origin}.`;
    secrets.push({ parameter, description, origin, header });
    return { Ref: parameter };
  };
  const items = config.Origins?.Items?.map((origin) => ({
    ...origin,
    CustomHeaders: {
      Quantity: origin.CustomHeaders?.Quantity,
      Items: origin.CustomHeaders?.Items?.map(({ HeaderName }) => ({
        ...{ HeaderName, HeaderValue: hidden(origin.Id ?? '', HeaderName ?? '') as unknown as string },
      })),
    },
  }));
  return { config: { ...config, Origins: { Quantity: config.Origins?.Quantity, Items: items } }, secrets };
}

function said(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(said);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => entriesOf(key, inner)));
}

function entriesOf(key: string, value: unknown): [string, unknown][] {
  if (UNSAID.includes(key)) return [];
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  switch (key) {
    case 'AllowedMethods':
      return [
        [key, fields['Items']],
        ['CachedMethods', (fields['CachedMethods'] as { Items?: unknown } | undefined)?.Items],
      ];
    case 'GeoRestriction':
      return [[key, { RestrictionType: fields['RestrictionType'], Locations: fields['Items'] }]];
    case 'Logging': {
      const { Enabled, ...rest } = fields;
      return Enabled ? [[key, rest]] : [];
    }
    case 'OriginShield':
      return fields['Enabled'] ? [[key, value]] : [];
    case 'ViewerCertificate':
      // The certificate of CloudFront's own names takes no settings.
      if (fields['CloudFrontDefaultCertificate']) return [[key, { CloudFrontDefaultCertificate: true }]];
      return [[key, said({ ...fields, CloudFrontDefaultCertificate: undefined })]];
    case 'ResponseCode':
      return [[key, value ? Number(value) : undefined]];
  }
  const name = RENAMED[key] ?? key;
  if (!('Quantity' in fields)) return [[name, said(value)]];
  if (!COUNTED.includes(key)) return [[name, said(fields['Items'])]];
  return fields['Quantity'] ? [[name, { Quantity: fields['Quantity'], Items: said(fields['Items']) }]] : [];
}

/** An origin in S3 has an identity, be it the empty one beside an origin access control. */
function withEmptyIdentities(config: unknown): unknown {
  const { Origins = [], ...rest } = config as { Origins?: readonly Record<string, unknown>[] };
  const isS3 = ({ CustomOriginConfig, VpcOriginConfig }: Record<string, unknown>) =>
    CustomOriginConfig === undefined && VpcOriginConfig === undefined;
  return {
    ...rest,
    Origins: Origins.map((origin) =>
      isS3(origin)
        ? {
            ...origin,
            S3OriginConfig: { OriginAccessIdentity: '', ...(origin['S3OriginConfig'] as object | undefined) },
          }
        : origin,
    ),
  };
}
