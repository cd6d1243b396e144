import type { InstanceStateName } from '@aws-sdk/client-ec2';
import type { AddressKind } from '../resources/server/address';
import type { Site } from '../site';
import { addressCharge, ended, idleAddressCharge, instanceCharge, rootDiskCharge, type Charge } from './charge';

type Wants = Pick<Site, 'server'>;

/** What launching a server adds; an Elastic IP address is charged for by the step that gives it one. */
export function launchCharges(site: Wants): readonly Charge[] {
  return [instanceCharge(site.server.instanceType), rootDiskCharge(), ...changingAddress(site)];
}

/** What of an instance decides about what its running costs. */
interface Charged {
  readonly instanceType: string;
  readonly publicIp: string | undefined;
  readonly address: AddressKind | undefined;
}

/** What starting a stopped server adds: its disk and an Elastic IP address of its own cost before. */
export function startCharges(site: Wants, { address, instanceType, publicIp }: Charged): readonly Charge[] {
  const own = address === 'elastic' ? [addressCharge(), ended(idleAddressCharge(publicIp))] : changingAddress(site);
  return [instanceCharge(instanceType), ...own];
}

/** What stopping a running server ends: its disk and an Elastic IP address of its own go on costing. */
export function stopCharges({ address, instanceType, publicIp }: Charged): readonly Charge[] {
  const kept = address === 'elastic' ? [idleAddressCharge(publicIp)] : [];
  return [ended(instanceCharge(instanceType)), ...(publicIp === undefined ? [] : [ended(addressCharge())]), ...kept];
}

/** What ends with a server. An Elastic IP address of it costs until it is released. */
export function terminatedCharges(have: Charged & { readonly state: InstanceStateName }): readonly Charge[] {
  const isRunning = have.state === 'running' || have.state === 'pending';
  return [...(isRunning ? stopCharges(have) : []), ended(rootDiskCharge())];
}

function changingAddress({ server }: Wants): readonly Charge[] {
  return server.address === 'elastic' ? [] : [addressCharge()];
}
