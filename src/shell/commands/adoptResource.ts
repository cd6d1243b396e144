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
  /** Id of the instance, volume or distribution, or name of the bucket. */
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
  {
    label: 'Distribution',
    detail: 'A CloudFront distribution, together with the S3 bucket that it reads.',
    resource: 'distribution',
  },
  { label: 'Bucket', detail: 'An S3 bucket that no distribution reads.', resource: 'bucket' },
];
const IDS: Readonly<Record<Adoptable, RegExp>> = {
  server: /^i-[0-9a-f]{8,17}$/,
  volume: /^vol-[0-9a-f]{8,17}$/,
  bucket: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  distribution: /^E[0-9A-Z]{5,31}$/,
};
/** What AWS calls it, and what is provisioned afterwards, with what that needs. */
const KNOWN_AS: Readonly<Record<Adoptable, readonly [name: string, then: Exclude<Adoptable, 'server'>]>> = {
  server: ['instance', 'volume'],
  volume: ['volume', 'volume'],
  bucket: ['bucket', 'bucket'],
  distribution: ['distribution', 'distribution'],
};

/**
 * Makes an instance, a volume, a bucket or a distribution that exists the site's, after what would be changed was shown: the site file then says what it is, and it gets tags. What
 * provisioning would do to it is shown after that. It gives the keys of the steps it ran.
 */
export async function adoptResource(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  const options = unattended<AdoptOptions>(argument);
  const folder = await chooseSite(argument, options);
  if (!folder) return undefined;
  const adopted = await atSite(app, folder, options, adopt);
  if (!adopted) return undefined;
  const [, then] = KNOWN_AS[adopted.kind];
  // The site file says something else now, so it is read again.
  const provisioned = await atSite(app, folder, options, provisionHere(then));
  return [...adopted.keys, ...(provisioned ?? [])];
}

async function adopt(
  bench: Bench<AdoptOptions>,
): Promise<{ readonly kind: Adoptable; readonly keys: readonly string[] } | undefined> {
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
  return keys && { kind, keys };
}

function chosen({ id, resource }: AdoptOptions): Choice {
  if (Object.hasOwn(IDS, resource) && typeof id === 'string' && IDS[resource].test(id)) return { kind: resource, id };
  throw new UserError(
    'Options passed to this command must name what is adopted: { "resource": "server", "id": "i-0123456789abcdef0" }, or a "volume", a "bucket" or a "distribution".',
  );
}

async function ask({ aws, context, site, working }: Bench): Promise<Choice | undefined> {
  const kind = (await askWhich(`What to adopt for “${site.name}”`, KINDS))?.resource;
  if (!kind) return undefined;
  const place = kind === 'distribution' ? `account ${site.account}` : `region ${site.region}`;
  const candidates = await working(`Looking for what the ${place} has`, async (op) => {
    await aws.requireAccount(context.clients, site.account, op);
    return aws.listCandidates(kind, context, op);
  });
  const [what] = KNOWN_AS[kind];
  if (candidates.length === 0) throw new UserError(`The ${place} has no ${what}.`);
  const picked = await askWhich(`${what.charAt(0).toUpperCase()}${what.slice(1)} to adopt`, candidates.map(itemOf));
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
