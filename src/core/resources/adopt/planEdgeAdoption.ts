import type { DistributionSummary } from '@aws-sdk/client-cloudfront';
import type { Context } from '../../context';
import { ADOPTED_TAG, bucketName, PUBLIC_PREFIX, ROLE_TAG, SITE_TAG } from '../../names';
import { UserError, type Op } from '../../op';
import { sequence, type Plan, type Step } from '../../plan';
import { plainText } from '../../plainText';
import { SITE_FILE } from '../../site';
import { bytesOf, sizeText } from '../../sizeText';
import { someOf } from '../../someOf';
import { isOfSite } from '../../tags';
import { admissionStages } from '../bucket/admission';
import { carriesTag } from '../bucket/bucketSettings';
import { bucketReadBy } from '../distribution/bucketRead';
import { targetOf } from '../distribution/distributionConfig';
import { requireFit, type Adoption } from './adoption';
import { readBucketFacts, type BucketFacts } from './bucketFacts';
import { ownerProblem } from './adopted';
import { bucketProblem, nameProblem, ownBucket } from './bucketFitness';
import { cacheNotes } from './cacheNote';
import type { Comparison } from './comparison';
import { sourceOf, type Source } from './distributionFitness';
import { readEdge } from './edgeCandidates';
import { edgeReader } from './edgeReader';
import { tagEdge } from './edgeTagging';
import { letsEverybodyIn } from './readable';
import { compareFormer, copyFormer, type Former } from './moving';
import { newWants, wished, type Want } from './wants';

/** What makes an existing bucket the site's, of which nothing changes but its tags. Throws `UserError` with the reason for one that does not fit. */
export async function bucketAdoption(context: Context, name: string, op: Op): Promise<Adoption> {
  const { buckets, distributions } = await readEdge(context, op);
  requireFit(`bucket ${name}`, nameProblem(name));
  if (!buckets.has(name)) throw missing(`bucket ${name} of this account in ${context.site.region}`);
  const wants = newWants(context, [bucketWant(name)]);
  const there: Context = { ...context, site: wished(context.site, wants) };
  const facts = await fittingBucket(context, there, `bucket ${name}`, op);
  const readers = distributions.filter((one) => bucketReadBy(targetOf(one) ?? {})?.bucket === name);
  const strangers = readers.filter((one) => !isOfSite(one, context.site)).map(({ Id = '' }) => Id);
  const about = [
    `Its objects stay where they are. Readers of the site get what is below ${PUBLIC_PREFIX} alone, which publications add to.`,
    ...(strangers.length > 0
      ? [
          `The distribution ${someOf(strangers)} reads it, and would read no more what it reads without an access control. Adopt that distribution instead to serve on what it serves, which brings the bucket along.`,
        ]
      : []),
    'Provision Bucket… closes it to the public; its plan comes next.',
  ];
  return { wants, about, plan: carriesTag(facts.tags, there) ? [] : [[tagging(there, undefined)]] };
}

/** What makes an existing distribution the site's, with the bucket that it reads. Throws `UserError` with the reason for one that does not fit. */
export async function distributionAdoption(context: Context, id: string, op: Op): Promise<Adoption> {
  if (context.site.distribution.serves === 'site') {
    throw new UserError(
      `${SITE_FILE} lets the distribution serve the whole site, and one that is adopted has paths of its own to serve. Set “distribution.serves” to "images", adopt the distribution, and then set it back. Nothing was changed.`,
    );
  }
  const edge = await readEdge(context, op);
  const found = edge.distributions.find(({ Id }) => Id === id);
  if (!found) throw missing(`distribution ${id} of this account`);
  const what = `distribution ${id}`;
  requireFit(what, ownerProblem(context, found.Tags));
  const source = sourceOf(context, edge, found);
  if (typeof source === 'string') return requireFit(what, source);
  const wants = newWants(context, edgeWants(found, source));
  const there: Context = { ...context, site: wished(context.site, wants) };
  const facts = await fittingBucket(context, there, what, op, source.bucket);
  const arn = found.ARN ?? '';
  const { prefix } = source;
  const former: Former | undefined =
    prefix === PUBLIC_PREFIX ? undefined : { prefix, reader: await edgeReader(context, arn, source.origin, op) };
  op.report(`Looking at what ${source.bucket} holds`);
  const copies = former && (await compareFormer(there, former, op));
  if (copies && !isOfSite(found, context.site)) requireFit(what, strayProblem(copies));
  const isTagged = isOfSite(found, there.site) && carriesTag(facts.tags, there);
  const plan = sequence(
    former && copies ? copyPlan(there, former, copies) : [],
    isTagged ? [] : admissionStages(there, facts.policy, arn),
    isTagged ? [] : [[tagging(there, { id, arn })]],
  );
  return { wants, plan, about: [...(copies ? copyNotes(source, copies) : []), ...laterNotes(source, facts, found)] };
}

async function fittingBucket(
  context: Context,
  there: Context,
  what: string,
  op: Op,
  brought?: string,
): Promise<BucketFacts> {
  const name = bucketName(there.site);
  const facts = await readBucketFacts(there, op);
  const own = await ownBucket(context, name, op);
  const problem =
    own === undefined
      ? bucketProblem(there, facts)
      : `this site has the bucket ${own} already; “Destroy Bucket…” ends that, if nothing of it is needed`;
  const told =
    problem !== undefined && brought !== undefined ? `its bucket ${brought} does not fit: ${problem}` : problem;
  requireFit(what, told);
  return facts;
}

function bucketWant(name: string): Want {
  return { path: ['bucket', 'name'], value: name };
}

/** What the site file must say, so that provisioning leaves a distribution as it is in what is a matter of taste. */
function edgeWants({ Enabled = false }: DistributionSummary, { bucket }: Source): readonly Want[] {
  return [
    bucketWant(bucket),
    { path: ['distribution', 'enabled'], value: Enabled },
    { path: ['distribution', 'priceClass'], value: undefined },
    { path: ['distribution', 'geoRestriction'], value: undefined },
  ];
}

function strayProblem({ strays }: Comparison): string | undefined {
  if (strays.length === 0) return undefined;
  return `its readers get ${strays.length} ${strays.length === 1 ? 'object' : 'objects'} below /${PUBLIC_PREFIX} (${named(strays)}), where Sitelift puts what is at other paths; move them in the bucket first`;
}

function copyPlan(there: Context, former: Former, { missing: moves }: Comparison): Plan {
  if (moves.length === 0) return [];
  const what = `${moves.length} ${moves.length === 1 ? 'object' : 'objects'} (${sizeText(bytesOf(moves))})`;
  const title = `copy ${what} of the bucket ${bucketName(there.site)} to ${PUBLIC_PREFIX}, where the distribution is to read them; the originals stay`;
  return [[{ key: 'copyImages', title, run: (op) => copyFormer(there, former, op) }]];
}

function tagging(there: Context, distribution: { readonly id: string; readonly arn: string } | undefined): Step {
  const bucket = `bucket ${bucketName(there.site)}`;
  const what = distribution ? `distribution ${distribution.id} and ${bucket}` : bucket;
  return {
    key: 'adopt',
    title: `make ${what} this site’s (tags ${SITE_TAG}, ${ROLE_TAG} and ${ADOPTED_TAG}; nothing is replaced or deleted)`,
    run: (op) => tagEdge(there, distribution?.arn, op),
  };
}

function copyNotes({ bucket, prefix }: Source, { archived, hidden, missing: moves, others }: Comparison): string[] {
  const place = prefix === '' ? `the bucket ${bucket}` : `${prefix} in the bucket ${bucket}`;
  return [
    `The distribution reads ${place}, and a site’s images are below ${PUBLIC_PREFIX}. Each URL goes on giving what it gives: what it reads is copied there before it reads that.`,
    ...(moves.length > 0
      ? [
          'The originals stay, so that both are paid for. What other programs put at the old place afterwards is not served.',
        ]
      : []),
    ...(others.length > 0
      ? [`Below ${PUBLIC_PREFIX} there is something else already, which readers get from then on: ${named(others)}.`]
      : []),
    ...(hidden.length > 0
      ? [`Not copied, as the bucket’s policy does not let the distribution read them: ${named(hidden)}.`]
      : []),
    ...(archived.length > 0
      ? [`Not copied, as they are archived and readers do not get them: ${named(archived)}.`]
      : []),
  ];
}

function laterNotes({ bucket }: Source, { policy }: BucketFacts, summary: DistributionSummary): string[] {
  return [
    `Afterwards Provision Distribution… lets it read ${PUBLIC_PREFIX}, and closes the bucket ${bucket} to all others once the edges know; its plan comes next.`,
    ...(letsEverybodyIn(policy)
      ? [
          'The statement that lets everybody in stays in the bucket’s policy, and Block Public Access overrules it then.',
        ]
      : []),
    ...cacheNotes(summary.DefaultCacheBehavior),
    'Its names, certificate, other behaviors and origins, functions and logs stay.',
  ];
}

function named(keys: readonly string[]): string {
  return someOf(keys.map((key) => plainText(key, 80)));
}

function missing(what: string): UserError {
  return new UserError(`There is no ${what}. Nothing was changed.`);
}
