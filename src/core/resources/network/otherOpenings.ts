import { RevokeSecurityGroupIngressCommand, type IpPermission, type SecurityGroup } from '@aws-sdk/client-ec2';
import { unlessMissing } from '../../aws/wait';
import type { Context } from '../../context';
import type { Op } from '../../op';

/** True for a rule for port 80 and no other. */
export function isHttp({ FromPort, IpProtocol, ToPort }: IpPermission): boolean {
  return IpProtocol === 'tcp' && FromPort === 80 && ToPort === 80;
}

/** The rules of a group that let in what is not for port 80 alone; messages of ICMP open no port. */
export function otherOpenings(group: SecurityGroup | undefined): readonly IpPermission[] {
  return (
    group?.IpPermissions?.filter((rule) => !isHttp(rule) && !/^(icmp|icmpv6|1|58)$/.test(rule.IpProtocol ?? '')) ?? []
  );
}

/** What a rule lets in, and whom, e.g. `tcp 22 for 192.0.2.0/24`. */
export function openingText(rule: IpPermission): string {
  const {
    FromPort,
    IpProtocol,
    IpRanges = [],
    Ipv6Ranges = [],
    PrefixListIds = [],
    ToPort,
    UserIdGroupPairs = [],
  } = rule;
  const sources = [
    ...IpRanges.map(({ CidrIp }) => CidrIp),
    ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6),
    ...PrefixListIds.map(({ PrefixListId }) => PrefixListId),
    ...UserIdGroupPairs.map(({ GroupId }) => GroupId),
  ];
  const ports = FromPort === ToPort ? `${FromPort}` : `${FromPort}–${ToPort}`;
  const what =
    IpProtocol === '-1' ? 'everything' : FromPort === undefined ? `protocol ${IpProtocol}` : `${IpProtocol} ${ports}`;
  return `${what} for ${sources.join(', ')}`;
}

/** Takes out of a group what lets in more than port 80. */
export async function closeOthers({ clients }: Context, group: SecurityGroup, op: Op): Promise<void> {
  // One at a time, since EC2 refuses a request whole when one of its rules is gone already.
  for (const rule of otherOpenings(group)) {
    const { IpRanges = [], Ipv6Ranges = [], PrefixListIds = [], UserIdGroupPairs = [] } = rule;
    const sources: IpPermission[] = [
      ...IpRanges.map(({ CidrIp }) => ({ IpRanges: [{ CidrIp }] })),
      ...Ipv6Ranges.map(({ CidrIpv6 }) => ({ Ipv6Ranges: [{ CidrIpv6 }] })),
      ...PrefixListIds.map(({ PrefixListId }) => ({ PrefixListIds: [{ PrefixListId }] })),
      ...UserIdGroupPairs.map(({ GroupId, UserId }) => ({ UserIdGroupPairs: [{ GroupId, UserId }] })),
    ];
    for (const source of sources) {
      const { FromPort, IpProtocol, ToPort } = rule;
      const IpPermissions = [{ IpProtocol, FromPort, ToPort, ...source }];
      const command = new RevokeSecurityGroupIngressCommand({ GroupId: group.GroupId, IpPermissions });
      await unlessMissing(() => clients.ec2.send(command, { abortSignal: op.signal }), 'InvalidPermission.NotFound');
    }
  }
}
