import type { SiteAddress } from '../resources/server/address';
import { known } from '../resources/resource';
import { othersBeside } from '../resources/server/othersBeside';
import type { ServerHave } from '../resources/server/server';
import type { ResourceName, SiteHave } from '../resources/stack';
import type { Site } from '../site';
import {
  addressCharge,
  diskCharge,
  ended,
  idleAddressCharge,
  instanceCharge,
  bucketCharges,
  rootDiskCharge,
  type Charge,
} from './charge';
import { terminatedCharges } from './serverCharges';

/** What a site is charged for as AWS shows it, and what of it could not be read. */
export interface SiteCharges {
  readonly charges: readonly Charge[];
  readonly unread: readonly ResourceName[];
}

/** What a site is charged for now. A distribution costs nothing but traffic and requests, which depend on its readers. */
export function chargesOfSite(have: SiteHave): SiteCharges {
  return chargesOf(have, false);
}

/** What a site is charged for while its server is stopped: disks and addresses stay. */
export function stoppedCharges(have: SiteHave): SiteCharges {
  return chargesOf(have, true);
}

/** What a new site is charged for once all of it is there, before anything is published. */
export function wantedCharges({ server, volume }: Pick<Site, 'server' | 'volume'>): readonly Charge[] {
  return [
    ...[instanceCharge(server.instanceType), rootDiskCharge(), addressCharge()],
    diskCharge('gp3', volume.sizeGib, 'volume'),
  ];
}

function chargesOf(have: SiteHave, isStopped: boolean): SiteCharges {
  const names = Object.keys(have) as ResourceName[];
  const volume = known(have.volume);
  const bucket = known(have.bucket);
  const server = known(have.server);
  const left = have.server.kind === 'absent' ? (have.server.addresses ?? []) : [];
  const charges = [
    ...(server ? serverCharges(server, isStopped) : left.map(addressAlone)),
    ...(othersBeside(have.server) ?? []).flatMap((one) => terminatedCharges(one).map(ended).map(of(one.instanceId))),
    // One that AWS could not make is not charged for.
    ...(volume && volume.state !== 'error' ? [diskCharge(volume.volumeType, volume.sizeGib, 'volume')] : []),
    ...(volume?.others ?? []).map(({ sizeGib, volumeId, volumeType }) => diskCharge(volumeType, sizeGib, volumeId)),
    ...bucketCharges(bucket?.objects.values() ?? []),
  ];
  return { charges, unread: names.filter((name) => have[name].kind === 'unknown') };
}

function serverCharges(server: ServerHave, isStopped: boolean): Charge[] {
  const { address, addresses = [], instanceId, instanceType, publicIp, state } = server;
  const runs = !isStopped && (state === 'running' || state === 'pending');
  const isOwn = (one: SiteAddress) => one.instanceId === instanceId || one.ip === publicIp;
  const others = addresses.filter((one) => !isOwn(one)).map(addressAlone);
  const kept = address === 'elastic' ? [idleAddressCharge(publicIp)] : [];
  const own = runs ? (publicIp === undefined ? [] : [addressCharge()]) : kept;
  return [...(runs ? [instanceCharge(instanceType)] : []), rootDiskCharge(), ...own, ...others];
}

function addressAlone({ associationId, ip }: SiteAddress): Charge {
  return associationId === undefined ? idleAddressCharge(ip) : addressCharge();
}

/** Tells a charge for something beside the server from that for the same of the server. */
function of(instanceId: string): (charge: Charge) => Charge {
  return (charge) => ({ ...charge, what: `${charge.what} (${instanceId})` });
}
