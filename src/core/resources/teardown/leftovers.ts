import pLimit from 'p-limit';
import { DescribeRegionsCommand } from '@aws-sdk/client-ec2';
import { ec2In, type Clients } from '../../aws/clients';
import type { Op } from '../../op';
import { readDetail, type Detail } from '../resource';
import { leftInNoRegion } from './leftInNoRegion';
import { leftInRegion } from './leftInRegion';
import type { Leftover, Search } from './leftover';

/** What was found of sites, and where it was looked for. */
export interface Leftovers {
  readonly found: readonly Leftover[];
  readonly regions: readonly string[];
  /** What could not be read, each with its reason. */
  readonly unread: readonly string[];
}

const REGIONS_AT_ONCE = 6;

/** Finds what an account has of one site, or of all, by tags and names: in the regions that are given, else in all that the account has enabled. */
export async function findLeftovers(clients: Clients, op: Op, search: Search = {}): Promise<Leftovers> {
  const { siteId, regions } = search;
  const enabled = regions
    ? { value: regions }
    : await readDetail('the regions of the account', () => regionsOf(clients, op), op);
  const names = enabled.value ?? [clients.region];
  const limit = pLimit(REGIONS_AT_ONCE);
  let looked = 0;
  const everywhere = names.map((region) =>
    limit(async () => {
      const ec2 = ec2In(clients, region);
      const left = await readDetail(`what is in ${region}`, () => leftInRegion(ec2, region, siteId, op), op);
      looked += 1;
      op.report(`looked at ${looked} of ${names.length} regions`, looked / names.length);
      return left;
    }),
  );
  const all: readonly Detail<readonly Leftover[]>[] = [
    ...(await Promise.all(everywhere)),
    ...(await leftInNoRegion(clients, search, op)),
  ];
  return {
    found: all.flatMap(({ value = [] }) => value),
    regions: names,
    unread: [enabled, ...all].flatMap(({ problem }) => problem ?? []),
  };
}

async function regionsOf({ ec2 }: Clients, op: Op): Promise<readonly string[]> {
  const { Regions = [] } = await ec2.send(new DescribeRegionsCommand({}), { abortSignal: op.signal });
  return Regions.flatMap(({ RegionName }) => RegionName ?? []).sort();
}
