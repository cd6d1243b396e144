import type { Op } from '../../core/op';
import type { Plan } from '../../core/plan';
import type { ResourceName } from '../../core/resources/stack';
import type { VolumeFate } from '../../core/resources/teardown/volumeRemoval';
import type { App } from '../app';
import { leftoversDocument, leftText, type PricedLeftovers } from '../leftoversText';
import type { Unattended } from '../options';
import { openText } from '../person';
import { pricedLeftovers } from '../prices';
import { siteCommand, type Bench } from '../siteCommand';
import { askWhich, tell } from '../tell';

/** Options of *Destroy Site…* and *Destroy Volume…*; without `volume` it stays. Whoever is to lose data is asked for the site's name all the same. */
export interface DestroyOptions extends Unattended {
  readonly volume?: VolumeFate;
}

interface Fate {
  readonly label: string;
  readonly detail: string;
  readonly fate: VolumeFate;
}

const KEPT: Fate = {
  label: 'Keep the volume',
  detail: 'The pages stay on it, and it goes on costing. Provision All… gives it to a new server.',
  fate: 'keep',
};
const GONE: readonly Fate[] = [
  {
    label: 'Take a snapshot, then delete the volume',
    detail: 'The snapshot stays and costs by what is on it; a volume can be made of it again.',
    fate: 'snapshot',
  },
  { label: 'Delete the volume', detail: 'The pages on it are lost for good.', fate: 'delete' },
];
const LET_GO: Fate = {
  label: 'Let the volume go',
  detail: 'It was there before the site, so it stays with all that is on it, without the site’s tags.',
  fate: 'delete',
};
const SHOW = 'Show What Is Left';
/** Steps for which CloudFront must bring a change to its edges. */
const SLOW = ['deleteDistribution', 'imagesAlone'];
const WAIT =
  'CloudFront takes minutes, at times more than half an hour. You can go on working meanwhile, and after a reload of the window the command goes on where it stopped.';
/** Steps that leave what was there before the site, which is not destroyed by them, and the mark that goes with its tags. */
const LETTING_GO = /^(letGo|mark$)/;

/** The command that takes one resource away from AWS, or all of them, once what goes and what is lost was shown. It gives the keys of the steps it ran. */
export function destroy(what: ResourceName | 'all') {
  return (app: App, argument: unknown): Promise<readonly string[] | undefined> =>
    siteCommand<readonly string[] | undefined, DestroyOptions>(app, argument, async (bench) => {
      const { options, site, working } = bench;
      const fate = options ? (options.volume ?? 'keep') : await askFate(what, bench);
      if (fate === undefined) return undefined;
      const piece = what === 'all' ? `“${site.name}”` : `the ${what} of “${site.name}”`;
      const done = await working(`Destroying ${piece}`, (op) => destroyHere(what, piece, fate, bench, op));
      if (!done) return undefined;
      if (!options) void tellEnd(bench, piece, done.keys, done.left);
      return done.keys;
    });
}

async function destroyHere(what: ResourceName | 'all', piece: string, fate: VolumeFate, bench: Bench, op: Op) {
  const { aws, context, site } = bench;
  const plan = async (planOp: Op) => {
    const [have, parts] = await Promise.all([aws.describeSite(context, planOp), aws.describeParts(context, planOp)]);
    const steps = aws.planTeardown(what, context, have, parts, fate);
    return { plan: steps, about: aboutOf(what, bench, aws.whatStays(have, fate), steps) };
  };
  const keys = await bench.confirm({ question: `Destroy ${piece} in AWS?`, verb: 'Destroy', plan }, op);
  if (!keys) return undefined;
  op.report('Looking at what is left');
  if (what !== 'all') return { keys, left: undefined };
  const { clients } = context;
  const left = await aws.findLeftovers(clients, op, {
    ...{ siteId: site.id, regions: [site.region], bucket: site.bucket.name },
  });
  return { keys, left: await pricedLeftovers(bench.app, clients, left, op) };
}

async function askFate(what: ResourceName | 'all', { app, folder, site }: Bench): Promise<VolumeFate | undefined> {
  const seen = app.sites.entryOf(folder)?.have?.volume;
  const isAsked = what === 'volume' || (what === 'all' && seen?.kind !== 'absent');
  if (!isAsked) return 'keep';
  const gone = seen?.kind === 'known' && seen.have.isAdopted ? [LET_GO] : GONE;
  const fates = what === 'all' ? [KEPT, ...gone] : gone;
  return (await askWhich(`What becomes of the volume of “${site.name}”, which holds the pages?`, fates))?.fate;
}

function aboutOf(what: ResourceName | 'all', { app, folder }: Bench, stays: string, plan: Plan): string[] {
  const publishing = app.sites.entryOf(folder)?.releases?.publishing;
  const going =
    publishing && !publishing.isOver
      ? [`${publishing.by} is publishing to this site from ${publishing.host} just now.`]
      : [];
  const isSlow = plan.some((stage) => stage.some(({ key }) => SLOW.includes(key)));
  return [...going, ...(what === 'all' ? [`What stays: ${stays}.`] : []), ...(isSlow ? [WAIT] : [])];
}

async function tellEnd(
  { app, site }: Bench,
  piece: string,
  keys: readonly string[],
  left: PricedLeftovers | undefined,
): Promise<void> {
  const isLeft = keys.length > 0 && keys.every((key) => LETTING_GO.test(key));
  const ended = isLeft ? `Let go, as it was there before the site: ${piece}.` : `Destroyed: ${piece}.`;
  const told = keys.length === 0 ? `There is nothing to destroy: ${piece}.` : ended;
  if (!left) return void tell(told);
  const hasMore = left.found.length + left.unread.length > 0;
  if ((await tell(`${told} ${leftText(left)}`, ...(hasMore ? [SHOW] : []))) !== SHOW) return;
  const title = `What is left of “${site.name}”`;
  await openText(app, title, leftoversDocument(title, left, [site]));
}
