import { ListFunctionsCommand } from '@aws-sdk/client-cloudfront';
import { paginateListInstanceProfiles, paginateListRoles } from '@aws-sdk/client-iam';
import { paginateListBuckets } from '@aws-sdk/client-s3';
import type { Clients } from '../../aws/clients';
import { allItems, allMarked } from '../../aws/pages';
import type { Op } from '../../op';
import { listDistributions } from '../distribution/distributionLookup';
import { listAccessControls } from '../distribution/originAccessControl';
import { readDetail, type Detail } from '../resource';
import { ROLE_PATH } from '../server/role';
import type { Leftover } from './leftover';

/** How the names of what belongs to a site begin; see `stackName`. */
const NAMED = /^sitelift-([a-z][a-z0-9]{7})-/;
/** How a bucket's name goes on, whose region it tells; see `bucketName`. */
const BUCKET = /^sitelift-[a-z0-9]{8}-\d{12}-(.+)$/;
/** How the comment of a distribution ends; see `distributionComment`. */
const COMMENTED = /^Sitelift: .*\(([a-z][a-z0-9]{7})\)$/;

/** What an account has of one site, or of all, that is in no region or listed for all of them at once; each kind is read on its own. */
export function leftInNoRegion(
  clients: Clients,
  siteId: string | undefined,
  op: Op,
): Promise<readonly Detail<readonly Leftover[]>[]> {
  const { cloudfront, iam, s3 } = clients;
  const options = { abortSignal: op.signal };
  const read = (what: string, find: () => Promise<readonly Leftover[]>) =>
    readDetail(
      what,
      async () =>
        (await find()).filter((left) => left.siteId !== '' && (siteId === undefined || left.siteId === siteId)),
      op,
    );
  const rights = { region: undefined, about: '', costs: 'nothing' } as const;
  return Promise.all([
    read('the distributions', async () =>
      (await listDistributions(clients, op)).map(({ Comment = '', DomainName = '', Enabled, Id = '', Origins }) => ({
        ...{ kind: 'distribution', id: Id, region: undefined },
        siteId:
          COMMENTED.exec(Comment)?.[1] ??
          Origins?.Items?.map((origin) => siteOf(origin.DomainName ?? '')).find(Boolean) ??
          '',
        ...{ about: `${DomainName}${Enabled ? '' : ', disabled'}`, costs: Enabled ? 'use' : 'nothing' },
      })),
    ),
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
    read('the buckets', async () => {
      const buckets = await allItems(paginateListBuckets({ client: s3 }, {}, options), ({ Buckets }) => Buckets);
      return buckets.flatMap(({ Name = '' }) => {
        const region = BUCKET.exec(Name)?.[1];
        return region
          ? [{ kind: 'bucket', id: Name, siteId: siteOf(Name), region, about: '', costs: 'use' as const }]
          : [];
      });
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
}

function siteOf(name: string): string {
  return NAMED.exec(name)?.[1] ?? '';
}
