import {
  AuthorizeSecurityGroupIngressCommand,
  paginateDescribeManagedPrefixLists,
  RevokeSecurityGroupIngressCommand,
  type IpPermission,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { hasCode } from '../../aws/errors';
import { allItems } from '../../aws/pages';
import { isNotSeenYet, retry, unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import { isHttp, openingText, otherOpenings } from './otherOpenings';

/**
 * The addresses from which CloudFront asks origins, a list that AWS keeps; a group’s 60 rules have room for it once, as it counts as 55 (CloudFront
 * documentation, “Use the CloudFront managed prefix list”).
 */
const CLOUDFRONT_LIST = 'com.amazonaws.global.cloudfront.origin-facing';
const SETTLE = { firstSeconds: 0.5, slowestSeconds: 5, limitSeconds: 120 };

/** Who reaches port 80 through a security group. */
export interface Reach {
  readonly everyone: boolean;
  readonly everyoneIpv6: boolean;
  readonly cloudFront: boolean;
  /** What else the group lets in than port 80, in words; left out where it is nothing. */
  readonly others?: readonly string[];
}

/** Who reaches port 80 through a group; `listId` is the id of CloudFront’s list in the group’s region. */
export function reachOf(group: SecurityGroup | undefined, listId: string | undefined): Reach {
  const rules = httpRules(group);
  const others = otherOpenings(group).map(openingText);
  return {
    everyone: rules.some(({ IpRanges }) => IpRanges?.some(({ CidrIp }) => CidrIp === '0.0.0.0/0')),
    everyoneIpv6: rules.some(({ Ipv6Ranges }) => Ipv6Ranges?.some(({ CidrIpv6 }) => CidrIpv6 === '::/0')),
    cloudFront:
      listId !== undefined &&
      rules.some(({ PrefixListIds }) => PrefixListIds?.some(({ PrefixListId }) => PrefixListId === listId)),
    ...(others.length > 0 ? { others } : {}),
  };
}

/** Who reaches port 80, in words. */
export function reachText({ cloudFront, everyone, everyoneIpv6 }: Reach): string {
  const all = everyone ? 'everyone' : everyoneIpv6 ? 'everyone by IPv6' : undefined;
  if (!cloudFront) return all ?? 'nobody whom Sitelift lets in';
  return all === undefined ? 'CloudFront alone' : `${all} and CloudFront`;
}

/** True when port 80 is open to those whom the site file names, and to nobody else whom Sitelift would have let in. */
export function isAsWanted({ site }: Context, { everyone, everyoneIpv6, cloudFront }: Reach): boolean {
  return site.server.openTo === 'everyone' ? everyone && !cloudFront : cloudFront && !everyone && !everyoneIpv6;
}

/**
 * The id of CloudFront’s list where it matters: the site file asks for it, or the group has a list of some kind for port 80. Throws `UserError` when
 * the region has none.
 */
export async function cloudFrontListId(
  { clients, site }: Context,
  group: SecurityGroup | undefined,
  op: Op,
): Promise<string | undefined> {
  const isWanted = site.server.openTo === 'cloudfront';
  if (!isWanted && !httpRules(group).some(({ PrefixListIds = [] }) => PrefixListIds.length > 0)) return undefined;
  const Filters = [{ Name: 'prefix-list-name', Values: [CLOUDFRONT_LIST] }];
  const [list] = await allItems(
    paginateDescribeManagedPrefixLists({ client: clients.ec2 }, { Filters }, { abortSignal: op.signal }),
    ({ PrefixLists }) => PrefixLists,
  );
  if (list?.PrefixListId || !isWanted) return list?.PrefixListId;
  throw new UserError(
    `AWS has no list of CloudFront’s addresses (${CLOUDFRONT_LIST}) in ${site.region}, so the server cannot be kept for CloudFront alone there. Leave “server.openTo” out of sitelift.json.`,
  );
}

/** Adds the rules that the site file asks for and `group` lacks. EC2 refuses a request whole when one of its rules is there already. */
export async function openHttp(
  { clients, site }: Context,
  groupId: string,
  group: SecurityGroup | undefined,
  listId: string | undefined,
  op: Op,
): Promise<void> {
  const { everyone, everyoneIpv6, cloudFront } = reachOf(group, listId);
  if (site.server.openTo === 'everyone' ? everyone : cloudFront) return;
  const sources: IpPermission =
    site.server.openTo === 'cloudfront'
      ? { PrefixListIds: [{ PrefixListId: listId, Description: 'HTTP from CloudFront' }] }
      : {
          IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'HTTP' }],
          ...(everyoneIpv6 ? {} : { Ipv6Ranges: [{ CidrIpv6: '::/0', Description: 'HTTP' }] }),
        };
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, ...sources }];
  try {
    await retry(
      () =>
        clients.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions }), {
          abortSignal: op.signal,
        }),
      isNotSeenYet,
      SETTLE,
      op,
    );
  } catch (error) {
    if (hasCode(error, 'RulesPerSecurityGroupLimitExceeded')) {
      throw new UserError(
        `The site’s security group ${groupId} would get more rules than AWS allows, 60 unless it raised that; CloudFront’s list counts as 55 of them. Take rules out of the group that nobody needs (EC2 console, Security Groups), or ask for a higher quota in the console under Service Quotas; then run the command again. Port 80 is as open as it was.`,
        { cause: error },
      );
    }
    if (!hasCode(error, 'InvalidPermission.Duplicate')) throw error;
  }
}

/** Takes out of `group` the rules for those whom the site file does not name: everyone, or CloudFront. */
export async function closeHttp(
  { clients, site }: Context,
  groupId: string,
  group: SecurityGroup,
  listId: string | undefined,
  op: Op,
): Promise<void> {
  const surplus = httpRules(group).flatMap(({ IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] }) => {
    const sources: IpPermission[] =
      site.server.openTo === 'everyone'
        ? PrefixListIds.some(({ PrefixListId }) => PrefixListId === listId)
          ? [{ PrefixListIds: [{ PrefixListId: listId }] }]
          : []
        : [
            ...(IpRanges.some(({ CidrIp }) => CidrIp === '0.0.0.0/0') ? [{ IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] : []),
            ...(Ipv6Ranges.some(({ CidrIpv6 }) => CidrIpv6 === '::/0') ? [{ Ipv6Ranges: [{ CidrIpv6: '::/0' }] }] : []),
          ];
    return sources.map((source) => ({ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, ...source }));
  });
  // One at a time, since EC2 refuses a request whole when one of its rules is gone already.
  for (const rule of surplus) {
    await unlessMissing(
      () =>
        clients.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [rule] }), {
          abortSignal: op.signal,
        }),
      'InvalidPermission.NotFound',
    );
  }
}

function httpRules(group: SecurityGroup | undefined): readonly IpPermission[] {
  return group?.IpPermissions?.filter(isHttp) ?? [];
}
