import { ListFunctionsCommand } from '@aws-sdk/client-cloudfront';
import { paginateListInstanceProfiles, paginateListRoles } from '@aws-sdk/client-iam';
import type { Clients } from '../../aws/clients';
import { allItems, allMarked } from '../../aws/pages';
import type { Op } from '../../op';
import { listAccessControls } from '../distribution/originAccessControl';
import { readDetail, type Detail } from '../resource';
import { ROLE_PATH } from '../server/role';
import type { Leftover, Search } from './leftover';
import { siteOf, taggedBuckets, taggedDistributions } from './taggedEdge';

/** What an account has of one site, or of all, that is in no region or listed for all of them at once; each kind is read on its own. */
export async function leftInNoRegion(
  clients: Clients,
  search: Search,
  op: Op,
): Promise<readonly Detail<readonly Leftover[]>[]> {
  const { siteId } = search;
  const { cloudfront, iam } = clients;
  const options = { abortSignal: op.signal };
  const isWanted = (left: Leftover) => left.siteId !== '' && (siteId === undefined || left.siteId === siteId);
  const read = (what: string, find: () => Promise<readonly Leftover[]>) => readDetail(what, find, op);
  const rights = { region: undefined, about: '', costs: 'nothing' } as const;
  const [buckets, ...others] = await Promise.all([
    taggedBuckets(clients, search, op),
    read('the distributions', () => taggedDistributions(clients, search, op)),
    read('the origin access controls', async () =>
      (await listAccessControls(clients, op)).map(({ Id = '', Name = '' }) => {
        return { ...rights, kind: 'origin access control', id: Id, about: Name, siteId: siteOf(Name) };
      }),
    ),
    read('the CloudFront functions', async () => {
      const all = await allMarked(async (Marker) => {
        const { FunctionList: list } = await cloudfront.send(
          new ListFunctionsCommand({ Stage: 'DEVELOPMENT', ...(Marker ? { Marker } : {}) }),
          options,
        );
        return { items: list?.Items, next: list?.NextMarker };
      });
      return all.map(({ Name = '' }) => ({ ...rights, kind: 'CloudFront function', id: Name, siteId: siteOf(Name) }));
    }),
    read('the roles', async () => {
      const own = { PathPrefix: ROLE_PATH };
      const [roles, profiles] = await Promise.all([
        allItems(paginateListRoles({ client: iam }, own, options), ({ Roles }) => Roles),
        allItems(paginateListInstanceProfiles({ client: iam }, own, options), (page) => page.InstanceProfiles),
      ]);
      return [
        ...roles.map(({ RoleName = '' }) => ({ kind: 'role', id: RoleName })),
        ...profiles.map(({ InstanceProfileName = '' }) => ({ kind: 'instance profile', id: InstanceProfileName })),
      ].map((one) => ({ ...rights, ...one, siteId: siteOf(one.id) }));
    }),
  ]);
  return [...others, ...buckets].map((one) => (one.value ? { value: one.value.filter(isWanted) } : one));
}
