import { GetDistributionCommand } from '@aws-sdk/client-cloudfront';
import { get } from '../../aws/http';
import type { Context } from '../../context';
import { encodePath } from '../../html/assetUrl';
import { bucketDomain, bucketName, PUBLIC_PREFIX } from '../../names';
import { UserError, type Op } from '../../op';
import { plainText } from '../../plainText';
import { someOf } from '../../someOf';
import { bucketArn, readPolicy } from '../bucket/bucketPolicy';
import { BUCKET_SETTINGS } from '../bucket/bucketSettings';
import { bucketReadBy, prefixOf } from '../distribution/bucketRead';
import { targetOf } from '../distribution/distributionConfig';
import { compareCopies, type Comparison } from './comparison';
import { copyMoves, listForCopies } from './copies';
import { edgeReader } from './edgeReader';
import { judge, type EdgeReader, type Verdicts } from './readable';

/** Of what everybody should get, as many are asked for as show whether one may. */
const MOST_ASKED = 5;

/** From where a distribution reads the site's bucket until it reads `site/`, and how. */
export interface Former {
  readonly prefix: string;
  readonly reader: EdgeReader;
}

/** From where in the site's bucket a distribution reads now; undefined where that is `site/` already, or another origin. */
export async function formerOf(context: Context, id: string, op: Op): Promise<Former | undefined> {
  const { clients, site } = context;
  const { Distribution } = await clients.cloudfront.send(new GetDistributionCommand({ Id: id }), {
    abortSignal: op.signal,
  });
  const target = Distribution?.DistributionConfig && targetOf(Distribution.DistributionConfig);
  const read = target && bucketReadBy(target);
  if (!target || read?.bucket !== bucketName(site) || prefixOf(read.path) === PUBLIC_PREFIX) return undefined;
  const reader = await edgeReader(context, Distribution?.ARN ?? '', target, op);
  return { prefix: prefixOf(read.path), reader };
}

/** Compares what readers get of the bucket with what is below `site/`. Throws `UserError` where that cannot be told, or cannot be kept as it is. */
export async function compareFormer(context: Context, former: Former, op: Op): Promise<Comparison> {
  const { isForAll, ...found } = await look(context, former, op);
  const { hidden, missing, outdated, tooLarge, tooLong } = found;
  refuse(outdated, 'changed after they were copied to site/, where the copies are not replaced; delete the old copies');
  refuse(tooLarge, 'larger than the 5 GiB that S3 copies at once; copy them to site/ by another program');
  refuse(tooLong, 'too long by name to be copied to site/; give them shorter ones');
  if (hidden.length > 0 && (await mayBeReadByAcl(context, op))) {
    refuse(
      hidden,
      'not given to the distribution by the bucket’s policy, but may be by access control lists of their own, which Sitelift does not go by; let the policy say who reads them and make the bucket the owner of its objects',
    );
  }
  if (!(await isHadByAll(context, openOf(missing, isForAll), op))) {
    refuse(
      openOf(missing, isForAll),
      'given to everybody by the bucket’s policy, and yet S3 gives them to nobody, as where Block Public Access of the account overrules that; give the distribution its own right to read what it is to serve, or take the statement out of the policy',
    );
  }
  return found;
}

async function look(
  context: Context,
  { prefix, reader }: Former,
  op: Op,
): Promise<Comparison & Pick<Verdicts, 'isForAll'>> {
  const judgement = judge(await readPolicy(context, op), bucketArn(context.site), reader);
  if ('unclear' in judgement) {
    throw new UserError(
      `Of the policy of the bucket ${bucketName(context.site)}, Sitelift does not understand what a statement means for the distribution: ${plainText(judgement.unclear)}. What readers get could be lost, so it goes no further. Simplify that statement first.`,
    );
  }
  const found = compareCopies(await listForCopies(context, prefix, op), prefix, judgement.isReadable);
  return { ...found, isForAll: judgement.isForAll };
}

/** What is to be copied and is had only as everybody has it, by its key. */
function openOf(missing: Comparison['missing'], isForAll: Verdicts['isForAll']): readonly string[] {
  return missing.map(({ from }) => from).filter(isForAll);
}

/** False where nobody gets objects that the policy gives everybody: the account overrules it, and copied they would be had by all. */
async function isHadByAll({ clients, site }: Context, keys: readonly string[], op: Op): Promise<boolean> {
  const limits = { seconds: 30, bytes: 1, keptBytes: 0 };
  for (const key of keys.slice(0, MOST_ASKED)) {
    const url = `https://${bucketDomain(site)}/${encodePath(key)}`;
    if ((await get(url, clients.proxy, limits, op)).status === 200) return true;
  }
  return keys.length === 0;
}

/** Copies to `site/` what readers get elsewhere in the bucket and is not there yet. */
export async function copyFormer(context: Context, former: Former, op: Op): Promise<void> {
  const { missing } = await compareFormer(context, former, op);
  await copyMoves(context, missing, op);
}

/**
 * Copies what came to the old place until the distribution left it. Throws `UserError` where readers do not get by that what they got there: the distribution stays as it is now, and nothing
 * is replaced, as what was published is there too.
 */
export async function copyLate(context: Context, former: Former, op: Op): Promise<void> {
  const { isForAll, missing, outdated, tooLarge, tooLong } = await look(context, former, op);
  const areHad = await isHadByAll(context, openOf(missing, isForAll), op);
  await copyMoves(context, areHad ? missing : missing.filter(({ from }) => !isForAll(from)), op);
  const left = [...outdated, ...tooLarge, ...tooLong];
  if (left.length === 0) return;
  throw new UserError(
    `While the distribution was led to site/, some objects were changed at their old place, or came there too large or with too long a name to be copied: ${namesOf(left)}. Readers get them as they were before, or not at all, until you publish them or copy them to site/ yourself. All else was copied. Run the command again, which goes on from there.`,
  );
}

function refuse(keys: readonly string[], why: string): void {
  if (keys.length === 0) return;
  throw new UserError(`Some objects are ${why}: ${namesOf(keys)}. The distribution was not changed.`);
}

function namesOf(keys: readonly string[]): string {
  return someOf(keys.map((key) => plainText(key, 80)));
}

async function mayBeReadByAcl(context: Context, op: Op): Promise<boolean> {
  const [isEnforced, isClosed] = await Promise.all([
    BUCKET_SETTINGS.ownership.isRight(context, op),
    BUCKET_SETTINGS.publicAccess.isRight(context, op),
  ]);
  return !isEnforced && !isClosed;
}
