import type { IpPermission } from '@aws-sdk/client-ec2';
import type { Context } from '../context';
import type { Op } from '../op';
import { ownGroups } from '../resources/network/securityGroup';
import { numbered, properties, tagList, type Part } from './template';

/** Where rules come from, or go to, as the start of the names of their properties. */
type End = 'Source' | 'Destination';

/** The site's security groups with all of their rules. */
export async function readGroupParts(context: Context, op: Op): Promise<readonly Part[]> {
  const groups = await ownGroups(context, op);
  return groups.map((group, index) => {
    const { GroupId = '', GroupName, Description, IpPermissions = [], IpPermissionsEgress = [], Tags, VpcId } = group;
    const logicalId = numbered('SecurityGroup', index);
    return {
      ...{ logicalId, type: 'AWS::EC2::SecurityGroup', identifier: { Id: GroupId } },
      properties: properties({
        ...{ GroupName, GroupDescription: Description, VpcId },
        SecurityGroupIngress: IpPermissions.flatMap((permission) => rulesOf(permission, 'Source')),
        SecurityGroupEgress: IpPermissionsEgress.flatMap((permission) => rulesOf(permission, 'Destination')),
        Tags: tagList(Tags),
      }),
      calledBy: [[GroupId, { 'Fn::GetAtt': [logicalId, 'GroupId'] }]],
    };
  });
}

/** EC2 groups the rules of a port, which a template says one by one. */
function rulesOf(permission: IpPermission, end: End): Record<string, unknown>[] {
  const { FromPort, IpProtocol, IpRanges, Ipv6Ranges, PrefixListIds, ToPort, UserIdGroupPairs } = permission;
  const rule = { IpProtocol, FromPort, ToPort };
  return [
    ...(IpRanges ?? []).map(({ CidrIp, Description }) => ({ ...rule, CidrIp, Description })),
    ...(Ipv6Ranges ?? []).map(({ CidrIpv6, Description }) => ({ ...rule, CidrIpv6, Description })),
    ...(PrefixListIds ?? []).map(({ Description, PrefixListId }) => ({
      ...{ ...rule, [`${end}PrefixListId`]: PrefixListId, Description },
    })),
    ...(UserIdGroupPairs ?? []).map(({ Description, GroupId, UserId }) => ({
      ...{ ...rule, [`${end}SecurityGroupId`]: GroupId, Description },
      ...(end === 'Source' ? { SourceSecurityGroupOwnerId: UserId } : {}),
    })),
  ];
}
