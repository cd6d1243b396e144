import { PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import pLimit from 'p-limit';
import { proxyFor } from '../../aws/http';
import type { Context } from '../../context';
import { heeding, type Op } from '../../op';
import type { Reach, Target } from '../../worker/requests';
import type { Thread } from '../../worker/thread';
import { BATCHES_AT_ONCE } from '../../worker/workshopThread';
import { awsTimeMs, placeOf } from '../../aws/store';

const PROBE = 'probe';

/** The two ways in which the items of some work reach S3. */
export interface Ways<Item, Done> {
  /** Has the thread do a batch, and gives what came of each item; undefined for what was not done. */
  ask(reach: Reach, batch: readonly Item[], signal: AbortSignal): Promise<readonly (Done | undefined)[]>;
  /** Does one item by the SDK, whose repeats and errors are those that are told. */
  bySdk(item: Item): Promise<Done>;
  readonly sdkAtOnce: number;
  /** Called for each item that is done, in any order. */
  onDone(item: Item, done: Done): void;
}

/**
 * Does batches of work by a thread that goes around the SDK, and by the SDK what the thread could not do, and the items `besides`. After the first error
 * nothing more is started, what is under way (batches of the thread included) is waited for, and the error is thrown. An abort ends all of it, the
 * thread as well, with the signal's reason.
 */
export async function doThroughThread<Item, Done>(
  context: Context,
  batches: Iterator<readonly Item[], void>,
  besides: readonly Item[],
  { ask, bySdk, onDone, sdkAtOnce }: Ways<Item, Done>,
  { signal }: Op,
  thread: Thread,
): Promise<void> {
  signal.throwIfAborted();
  const inTurn = pLimit(sdkAtOnce);
  const errors: unknown[] = [];
  let isThreadOfUse = true;

  const goesOn = (): boolean => errors.length === 0 && !signal.aborted;
  const noted = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => void errors.push(error));

  const doBySdk = (items: readonly Item[]): Promise<void[]> =>
    Promise.all(
      items.map((item) =>
        inTurn(async () => {
          if (goesOn()) await noted(bySdk(item).then((done) => onDone(item, done)));
        }),
      ),
    );

  const doBatch = async (batch: readonly Item[], target: Target): Promise<void> => {
    const done = isThreadOfUse ? await askThread(target, batch) : [];
    // Where the thread gets nothing through, as behind a proxy or a certificate that only VS Code knows, it is not asked for the rest.
    isThreadOfUse &&= done.some((one) => one !== undefined);
    const left = batch.filter((item, index) => {
      const one = done[index];
      if (one !== undefined) onDone(item, one);
      return one === undefined;
    });
    await doBySdk(left);
  };

  /** What the thread did of a batch, by the items' places; nothing where it could not be asked. */
  const askThread = async (target: Target, batch: readonly Item[]): Promise<readonly (Done | undefined)[]> => {
    try {
      // For each batch anew, since keys that expire are renewed by their provider.
      const { s3 } = context.clients;
      const { accessKeyId, secretAccessKey, sessionToken } = await heeding(signal, () => s3.config.credentials());
      const keys = { accessKeyId, secretAccessKey, sessionToken };
      return await ask({ target, keys, clockOffsetMs: awsTimeMs(context) - Date.now() }, batch, signal);
    } catch {
      signal.throwIfAborted();
      return [];
    }
  };

  const doBatches = async (): Promise<void> => {
    const first = batches.next();
    if (first.done) return;
    thread.start();
    const target = await heeding(signal, () => targetOf(context));
    const doSome = async (next: IteratorResult<readonly Item[], void>): Promise<void> => {
      for (; !next.done && goesOn(); next = batches.next()) await noted(doBatch(next.value, target));
    };
    const others = Array.from({ length: BATCHES_AT_ONCE - 1 }, () => doSome(batches.next()));
    await Promise.all([doSome(first), ...others]);
  };

  await Promise.all([noted(doBatches()), doBySdk(besides)]);
  signal.throwIfAborted();
  if (errors.length > 0) throw errors[0];
}

/** Where the SDK would send an object to, whatever endpoint it was told. */
async function targetOf(context: Context): Promise<Target> {
  const { clients, site } = context;
  const { Bucket } = placeOf(context, PROBE);
  const url = new URL(await getSignedUrl(clients.s3, new PutObjectCommand({ Bucket, Key: PROBE })));
  const [, , region = site.region] = url.searchParams.get('X-Amz-Credential')?.split('/') ?? [];
  return {
    origin: url.origin,
    prefix: url.pathname.slice(0, -PROBE.length),
    bucket: Bucket,
    region,
    account: site.account,
    proxyUrl: url.protocol === 'https:' ? proxyFor(url.hostname, clients.proxy) : undefined,
  };
}
