import { UserError } from '../../core/op';
import type { SubnetSeen } from '../../core/resources/network/subnets';
import type { App } from '../app';
import { loadAws } from '../chunks';
import { chooseSite } from '../choose';
import { askSubnet } from '../newSite/serverPickers';
import { unattended, type Unattended } from '../options';
import { atSite, type Bench } from '../siteCommand';
import { openSiteFile, writeSiteFile } from '../siteFileStep';
import { provisionHere } from './provision';

/** Options of *Choose Subnet…*. */
export interface SubnetOptions extends Unattended {
  /** The id of a subnet, or `default` for the default network. */
  readonly subnet: string;
}

interface Chosen {
  readonly subnetId: string | undefined;
}

/** Writes into the site file in which subnet the server is to be, then shows the plan that makes it there. It gives the keys of the steps it ran. */
export async function chooseSubnet(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  const options = unattended<SubnetOptions>(argument);
  const folder = await chooseSite(argument, options);
  if (!folder) return undefined;
  const document = await openSiteFile(folder);
  const { server } = (await loadAws()).parseSite(document.getText());
  const chosen = await atSite(app, folder, options, (bench) => choose(bench, options));
  if (!chosen) return undefined;
  if (chosen.subnetId !== server.subnet) await writeSiteFile(document, ['server', 'subnet'], chosen.subnetId);
  return atSite(app, folder, options, provisionHere('all'));
}

async function choose(bench: Bench, options: SubnetOptions | undefined): Promise<Chosen | undefined> {
  const { aws, context, site, working } = bench;
  const [subnets, zone] = await working('Reading the subnets of the region', async (op) => {
    await aws.requireAccount(context.clients, options?.account ?? site.account, op);
    const [instance, volume] = await Promise.all([aws.findInstance(context, op), aws.findVolume(context, op)]);
    if (instance?.InstanceId) {
      throw new UserError(
        `The server ${instance.InstanceId} is in the subnet ${instance.SubnetId}, and no server can move to another one. Nothing was changed. “Destroy Server…” keeps the volume with the pages; then choose again.`,
      );
    }
    return [await aws.listSubnets(context, undefined, op), volume?.AvailabilityZone] as const;
  });
  const unfitness = (subnet: SubnetSeen) =>
    zone === undefined || subnet.zone === zone
      ? aws.unfitness(subnet)
      : { reason: `the volume, which cannot move, is in ${zone}`, isFinal: true };
  if (!options) {
    const position = { title: `Choose Subnet for ${site.name}`, step: 1, totalSteps: 1 };
    const picked = await askSubnet(position, subnets, site.server.subnet, unfitness);
    return picked === 'back' ? undefined : picked;
  }
  if (options.subnet === 'default') return { subnetId: undefined };
  const named = subnets.find(({ subnetId }) => subnetId === options.subnet);
  if (!named) {
    throw new UserError(
      `Options passed to this command must name a subnet of ${site.region}, { "subnet": "subnet-…" }, or "default". Nothing was changed.`,
    );
  }
  const unfit = unfitness(named);
  if (unfit?.isFinal) throw new UserError(`${named.subnetId} does not do: ${unfit.reason}. Nothing was changed.`);
  return { subnetId: named.subnetId };
}
