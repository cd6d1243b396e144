import { UserError } from '../../core/op';
import type { Adoptable, Candidate } from '../../core/resources/adopt/candidates';
import { rootFolder } from '../../core/site';
import type { App } from '../app';
import { chooseSite } from '../choose';
import { unattended, type Unattended } from '../options';
import { atSite, type Bench } from '../siteCommand';
import { siteFileSteps } from '../siteFileStep';
import { askWhich, tell } from '../tell';
import { provisionHere } from './provision';

/** Options of *Adopt Resource…*. */
export interface AdoptOptions extends Unattended {
  readonly resource: Adoptable;
  /** Id of the instance or volume. */
  readonly id: string;
}

interface Choice {
  readonly kind: Adoptable;
  readonly id: string;
}

const KINDS: readonly { readonly label: string; readonly detail: string; readonly resource: Adoptable }[] = [
  {
    label: 'Server',
    detail: 'An EC2 instance, together with the EBS volume that its pages are on.',
    resource: 'server',
  },
  { label: 'Volume', detail: 'An EBS volume with a file system that has the pages.', resource: 'volume' },
];

/**
 * Makes an instance or a volume that exists the site's, after what would be changed was shown: the site file then says what it is, and it gets tags. What
 * provisioning would do to it is shown after that. It gives the keys of the steps it ran.
 */
export async function adoptResource(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  const options = unattended<AdoptOptions>(argument);
  const folder = await chooseSite(argument, options);
  if (!folder) return undefined;
  const adopted = await atSite(app, folder, options, adopt);
  if (!adopted) return undefined;
  // The site file says something else now, so it is read again.
  const provisioned = await atSite(app, folder, options, provisionHere('volume'));
  return [...adopted, ...(provisioned ?? [])];
}

async function adopt(bench: Bench<AdoptOptions>): Promise<readonly string[] | undefined> {
  const { aws, confirm, context, folder, options, site, working } = bench;
  const choice = options ? chosen(options) : await ask(bench);
  if (!choice) return undefined;
  const { id, kind } = choice;
  const root = rootFolder(folder.uri.fsPath, site);
  const keys = await working(`Adopting ${id} for ${site.name}`, (op) =>
    confirm(
      {
        question: `Adopt the ${kind} ${id} for “${site.name}”?`,
        verb: 'Adopt',
        plan: async (planOp) => {
          const { about, plan, wants } = await aws.planAdoption(kind, id, context, root, planOp);
          return { about, plan: [...siteFileSteps(folder, wants), ...plan] };
        },
      },
      op,
    ),
  );
  if (keys && !options) void tell(`${id} is the ${kind} of “${site.name}”.`);
  return keys;
}

function chosen({ id, resource }: AdoptOptions): Choice {
  if (KINDS.some((one) => one.resource === resource) && typeof id === 'string' && /^(i|vol)-[0-9a-f]{8,17}$/.test(id)) {
    return { kind: resource, id };
  }
  throw new UserError(
    'Options passed to this command must name what is adopted: { "resource": "server", "id": "i-0123456789abcdef0" }, or a "volume".',
  );
}

async function ask({ aws, context, site, working }: Bench): Promise<Choice | undefined> {
  const kind = (await askWhich(`What to adopt for “${site.name}”`, KINDS))?.resource;
  if (!kind) return undefined;
  const candidates = await working(`Looking for what the region ${site.region} has`, async (op) => {
    await aws.requireAccount(context.clients, site.account, op);
    return aws.listCandidates(kind, context, op);
  });
  const what = kind === 'server' ? 'instance' : 'volume';
  if (candidates.length === 0) throw new UserError(`The region ${site.region} has no ${what}.`);
  const picked = await askWhich(`${kind === 'server' ? 'Instance' : 'Volume'} to adopt`, candidates.map(itemOf));
  if (!picked) return undefined;
  const { id, unfit } = picked.candidate;
  if (unfit !== undefined) throw new UserError(`The ${what} ${id} cannot be adopted: ${unfit}.`);
  return { kind, id };
}

function itemOf(candidate: Candidate) {
  const { about, id, name, unfit } = candidate;
  return {
    label: name ? `${name} (${id})` : id,
    description: about,
    detail: unfit === undefined ? 'fits, as far as it shows from outside' : `does not fit: ${unfit}`,
    candidate,
  };
}
