import { countryName } from '../../core/countryName';
import { UserError } from '../../core/op';
import { sequence } from '../../core/plan';
import type { Effect } from '../../core/resources/effect';
import {
  inOrder,
  isSameRestriction,
  restrictionText,
  type GeoRestriction,
} from '../../core/resources/distribution/geoRestriction';
import type { Site } from '../../core/site';
import type { App } from '../app';
import type { AwsChunk } from '../chunks';
import type { Unattended } from '../options';
import { siteCommand, type Bench } from '../siteCommand';
import { openSiteFile, siteFileStep } from '../siteFileStep';
import { ask, askPick, askSome, type Position } from '../steps';
import { tell } from '../tell';

/** Options of *Set Geo Restriction…*. */
export interface GeoOptions extends Unattended {
  readonly geoRestriction: GeoRestriction;
}

type Kind = 'allow' | 'block' | 'none';

interface Answers {
  readonly kind: Kind;
  readonly codes: readonly string[];
}

const TITLE = 'Set Geo Restriction';
const EFFECT: Effect = (site) => ({ site, reread: ['distribution'] });
const KINDS: readonly { readonly label: string; readonly detail: string; readonly list: Kind }[] = [
  { label: 'Only some countries', detail: 'Readers of all others are refused.', list: 'allow' },
  { label: 'All but some countries', detail: 'Readers of those are refused.', list: 'block' },
  { label: 'None', detail: 'Readers of all countries are let in.', list: 'none' },
];

/** Asks which countries readers may be in, writes that into the site file and restricts the distribution. It gives the keys of the steps it ran. */
export function setGeoRestriction(app: App, argument: unknown): Promise<readonly string[] | undefined> {
  return siteCommand(app, argument, async (bench: Bench<GeoOptions>) => {
    const wanted = bench.options ? given(bench.options) : await askFor(bench);
    return wanted === undefined ? undefined : restrict(bench, wanted);
  });
}

async function restrict(
  { aws, confirm, context, folder, options, site, working }: Bench<GeoOptions>,
  asked: GeoRestriction,
): Promise<readonly string[] | undefined> {
  // What options ask for is held to what may stand in the site file.
  aws.parseSite(JSON.stringify({ ...site, distribution: { ...site.distribution, geoRestriction: asked } }));
  const wanted = inOrder(asked);
  const keys = await working(`Setting the geo restriction of ${site.name}`, (op) =>
    confirm(
      {
        question: `Set the geo restriction of “${site.name}” to “${restrictionText(wanted)}”?`,
        verb: 'Set',
        plan: async (planOp) => {
          const { geoRestriction: present } = aws.parseSite((await openSiteFile(folder)).getText()).distribution;
          const isWritten = present !== undefined && isSameRestriction(present, wanted);
          const writing = isWritten ? [] : [[siteFileStep(folder, ['distribution', 'geoRestriction'], wanted)]];
          const plan = sequence(writing, await aws.planRestriction(context, wanted, planOp));
          return { plan, about: [aboutOf(site.distribution.serves)], effect: EFFECT };
        },
      },
      op,
    ),
  );
  if (keys && !options) void tell(outcome(keys.length, wanted));
  return keys;
}

function given({ geoRestriction }: GeoOptions): GeoRestriction {
  if (geoRestriction !== undefined) return geoRestriction;
  throw new UserError(
    'Options passed to this command must name the restriction: { "geoRestriction": { "allow": ["AT", "DE"] } }, { "block": ["FR"] } or "none".',
  );
}

function askFor({ app, aws, folder, site }: Bench): Promise<GeoRestriction | undefined> {
  const seen = app.sites.entryOf(folder)?.have?.distribution;
  return askRestriction(aws, site, seen?.kind === 'known' ? seen.have.geoRestriction : undefined);
}

/** Asks for a restriction, from what the site file asks for or else what was found. */
export async function askRestriction(
  aws: Pick<AwsChunk, 'COUNTRY_CODES'>,
  site: Site,
  found: GeoRestriction | undefined,
): Promise<GeoRestriction | undefined> {
  const present = site.distribution.geoRestriction ?? found ?? 'none';
  const start: Answers = { kind: 'none', codes: [], ...partsOf(present) };
  const askKind = async (_: Answers, position: Position) => {
    const active = KINDS.find(({ list }) => list === start.kind);
    const picked = await askPick(
      position,
      `From where readers get this site; now: ${restrictionText(present)}`,
      KINDS,
      active,
    );
    return picked === 'back' || !picked ? picked : { kind: picked.list };
  };
  const countries = aws.COUNTRY_CODES.map((code) => ({ label: countryName(code), description: code, code })).sort(
    (one, other) => one.label.localeCompare(other.label, 'en'),
  );
  const askCodes = async ({ kind }: Answers, position: Position) => {
    if (kind === 'none') return {};
    const prompt =
      kind === 'allow'
        ? 'Countries that are let in: type a name or code'
        : 'Countries that are refused: type a name or code';
    const picked = await askSome(
      position,
      prompt,
      countries,
      ({ code }) => kind === start.kind && start.codes.includes(code),
    );
    return picked === 'back' || !picked ? picked : { codes: picked.map(({ code }) => code) };
  };
  const answers = await ask(TITLE, start, [askKind, askCodes]);
  if (!answers) return undefined;
  const { codes, kind } = answers;
  if (kind === 'none') return 'none';
  return kind === 'allow' ? { allow: [...codes] } : { block: [...codes] };
}

function partsOf(restriction: GeoRestriction): Partial<Answers> {
  if (restriction === 'none') return {};
  return 'allow' in restriction
    ? { kind: 'allow', codes: restriction.allow }
    : { kind: 'block', codes: restriction.block };
}

/** CloudFront answers with one page for what it refuses and for what is missing. */
function aboutOf(serves: 'images' | 'site'): string {
  return serves === 'site'
    ? 'Whoever is refused gets 404.html with the status 404, as for a page that is missing.'
    : 'Whoever is refused gets no images (403, Forbidden); pages come from the server, which restricts nobody.';
}

function outcome(count: number, wanted: GeoRestriction): string {
  const text = restrictionText(wanted);
  return count === 0
    ? `Nothing to do: the geo restriction is “${text}” already.`
    : `The geo restriction is “${text}” at all edges.`;
}
