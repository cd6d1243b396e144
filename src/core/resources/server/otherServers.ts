import type { Instance } from '@aws-sdk/client-ec2';
import type { Context } from '../../context';
import { terminatedCharges } from '../../cost/serverCharges';
import type { Step } from '../../plan';
import { addressKind, type AddressKind } from './address';
import { findServers, type Servers } from '../lookup';
import { terminate } from './termination';

/** An instance of the site beside its server: one that is to take its place, or whose place it took. */
export interface OtherServer {
  readonly kind: 'successor' | 'former';
  readonly instanceId: string;
  readonly state: NonNullable<NonNullable<Instance['State']>['Name']>;
  readonly instanceType: string;
  readonly publicIp: string | undefined;
  readonly address: AddressKind | undefined;
}

/** The instances of the site beside its server. */
export function otherServers({ formers, successors }: Servers): readonly OtherServer[] {
  const of = (kind: OtherServer['kind']) => (instance: Instance) => ({
    kind,
    instanceId: instance.InstanceId ?? '',
    state: instance.State?.Name ?? ('pending' as const),
    instanceType: instance.InstanceType ?? '',
    publicIp: instance.PublicIpAddress,
    address: addressKind(instance),
  });
  return [...successors.map(of('successor')), ...formers.map(of('former'))];
}

/** The step that ends each of some instances beside the server; one stage, which comes after all else. */
export function otherStages(context: Context, others: readonly OtherServer[] = []): Step[][] {
  const steps = others.map((other): Step => {
    const { instanceId, kind } = other;
    const what =
      kind === 'former'
        ? 'whose place another one took; its own disk goes with it'
        : 'which was to take the server’s place and did not';
    return {
      key: `terminate ${instanceId}`,
      title: `terminate ${instanceId}, ${what}`,
      charges: terminatedCharges(other),
      async run(op) {
        // One that was to take the server’s place may have done so meanwhile.
        const now = otherServers(await findServers(context, op));
        const isStill = now.some((one) => one.instanceId === instanceId && one.kind === kind);
        if (isStill) await terminate(context, instanceId, op);
      },
    };
  });
  return steps.length > 0 ? [steps] : [];
}
