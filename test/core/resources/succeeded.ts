import {
  CreateSnapshotCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  StopInstancesCommand,
  type Instance,
  type Volume,
} from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { ROLE_TAG, SITE_TAG, tagsFor } from '../../../src/core/names';
import { run, type Plan } from '../../../src/core/plan';
import { planReplace } from '../../../src/core/resources/server/planReplace';
import { planRestore } from '../../../src/core/resources/volume/planRestore';
import { known } from '../../../src/core/resources/resource';
import { listSiteSnapshots, SNAPSHOT } from '../../../src/core/resources/volume/snapshots';
import { describeSite } from '../../../src/core/resources/stack';
import { tagOf } from '../../../src/core/tags';
import { instanceReaches } from '../../sandbox/controlplane/testInstances';
import { newOp } from '../sandbox';
import { outside, provision } from './provisioned';

/** Steps that need a machine beside those of provisioning. */
const INSIDE = ['successorReady'];

/** A site whose server is stopped, as nothing could unmount a volume where there is no machine. */
export async function stoppedSite(context: Context): Promise<void> {
  await provision(context, 'all');
  await stopServer(context);
}

/** Stops the server; one that runs without an agent cannot unmount. */
export async function stopServer({ clients, site }: Context): Promise<void> {
  for (const { InstanceId = '', State } of (await instancesOf({ clients, site })).server ?? []) {
    if (State?.Name !== 'running') continue;
    await clients.ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
    await instanceReaches(clients.ec2, InstanceId, 'stopped');
  }
}

/** A snapshot of the site's volume, which is complete. */
export async function takenSnapshot({ clients, site }: Context): Promise<string> {
  const [volume] = (await volumesOf({ clients, site })).volume ?? [];
  const { SnapshotId = '' } = await clients.ec2.send(
    new CreateSnapshotCommand({
      VolumeId: volume?.VolumeId,
      TagSpecifications: [{ ResourceType: 'snapshot', Tags: tagsFor(site, SNAPSHOT) }],
    }),
  );
  for (;;) {
    const found = await listSiteSnapshots({ clients, site }, newOp());
    if (found.some(({ snapshotId, state }) => snapshotId === SnapshotId && state === 'completed')) return SnapshotId;
  }
}

/** The plan that restores a snapshot, without the steps that need a machine. */
export async function plannedRestore(context: Context, snapshotId: string): Promise<Plan> {
  const [site, snapshots] = await Promise.all([describeSite(context, newOp()), listSiteSnapshots(context, newOp())]);
  return outside(planRestore(context, site, snapshots, snapshotId));
}

/** The plan that replaces the server, without the steps that need a machine. */
export async function plannedReplace(context: Context): Promise<Plan> {
  const plan = outside(planReplace(context, await describeSite(context, newOp())));
  return plan.map((stage) => stage.filter(({ key }) => !INSIDE.includes(key))).filter((stage) => stage.length > 0);
}

/** Runs some of the steps of a plan, as a run that is cut short does. */
export function runOnly(keys: readonly string[], plan: Plan): Promise<void> {
  return run(
    plan.map((stage) => stage.filter(({ key }) => keys.includes(key))),
    newOp(),
  );
}

/** The living instances of a site, by their role. */
export async function instancesOf({ clients, site }: Context): Promise<Readonly<Record<string, readonly Instance[]>>> {
  const Filters = [
    { Name: `tag:${SITE_TAG}`, Values: [site.id] },
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  const { Reservations = [] } = await clients.ec2.send(new DescribeInstancesCommand({ Filters }));
  return byRole(Reservations.flatMap(({ Instances = [] }) => Instances));
}

/** The volumes of a site, by their role. */
export async function volumesOf({ clients, site }: Context): Promise<Readonly<Record<string, readonly Volume[]>>> {
  const Filters = [{ Name: `tag:${SITE_TAG}`, Values: [site.id] }];
  const { Volumes = [] } = await clients.ec2.send(new DescribeVolumesCommand({ Filters }));
  return byRole(Volumes);
}

/** The ids of server and volume, and what has the volume attached. */
export async function idsOf(context: Context) {
  const site = await describeSite(context, newOp());
  const server = known(site.server) ?? assert.fail('no server');
  const volume = known(site.volume) ?? assert.fail('no volume');
  return { instanceId: server.instanceId, volumeId: volume.volumeId, holderId: volume.attachment?.instanceId };
}

function byRole<Item extends Volume | Instance>(items: readonly Item[]): Record<string, readonly Item[]> {
  const roles = [...new Set(items.map((item) => tagOf(item, ROLE_TAG) ?? ''))];
  return Object.fromEntries(roles.map((role) => [role, items.filter((item) => tagOf(item, ROLE_TAG) === role)]));
}
