import { paginateDescribeSecurityGroups } from '@aws-sdk/client-ec2';
import { paginateListInstanceProfiles } from '@aws-sdk/client-iam';
import { allItems } from '../../aws/pages';
import type { Context } from '../../context';
import { SITE_TAG } from '../../names';
import type { Op } from '../../op';
import { ROLE_PATH } from './role';

/** An instance profile of the account that no site made. */
export interface ProfileSeen {
  readonly name: string;
  /** The role that it carries; undefined for an empty one, with which no agent registers. */
  readonly role: string | undefined;
}

/** A security group that no site made. */
export interface GroupSeen {
  readonly groupId: string;
  readonly name: string;
  readonly description: string;
  readonly opensHttp: boolean;
}

/** The instance profiles that a server could be given, by name. */
export async function listProfilesForServer({ clients }: Context, op: Op): Promise<readonly ProfileSeen[]> {
  const pages = paginateListInstanceProfiles({ client: clients.iam }, {}, { abortSignal: op.signal });
  const found = await allItems(pages, ({ InstanceProfiles }) => InstanceProfiles);
  return found
    .filter(({ Path }) => Path !== ROLE_PATH)
    .flatMap(({ InstanceProfileName: name, Roles }) => (name ? [{ name, role: Roles?.[0]?.RoleName }] : []))
    .sort((one, other) => one.name.localeCompare(other.name));
}

/** The security groups of a VPC that a server could be given, by name. */
export async function listGroupsForServer({ clients }: Context, vpcId: string, op: Op): Promise<readonly GroupSeen[]> {
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
  const pages = paginateDescribeSecurityGroups({ client: clients.ec2 }, { Filters }, { abortSignal: op.signal });
  const found = await allItems(pages, ({ SecurityGroups }) => SecurityGroups);
  return found
    .filter(({ Tags }) => !Tags?.some(({ Key }) => Key === SITE_TAG))
    .flatMap(({ Description: description = '', GroupId: groupId, GroupName: name = '', IpPermissions = [] }) => {
      const opensHttp = IpPermissions.some(
        ({ FromPort = 0, IpProtocol, ToPort = 65_535 }) =>
          IpProtocol === '-1' || (IpProtocol === 'tcp' && FromPort <= 80 && ToPort >= 80),
      );
      return groupId ? [{ groupId, name, description, opensHttp }] : [];
    })
    .sort((one, other) => one.name.localeCompare(other.name));
}
