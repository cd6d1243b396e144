import { PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import pLimit from 'p-limit';
import { proxyFor } from '../aws/http';
import type { Context } from '../context';
import { heeding, type Op } from '../op';
import type { Sending, Sent, Target } from '../worker/sender';
import type { Thread } from '../worker/thread';
import { BATCHES_AT_ONCE } from '../worker/workshopThread';
import { awsTimeMs, newByteBudget, PART_BYTES, placeOf, putFile } from './store';

export type { Sending, Sent } from '../worker/sender';

const BATCH_FILES = 256;
const BATCH_BYTES = 64 * 1024 * 1024;
/** Files that the SDK sends together; the budget bounds their bytes. */
const SDK_FILES_AT_ONCE = 16;
const PROBE = 'probe';

/**
 * Stores files under their keys, many at a time: small ones by a thread that goes around the SDK, large ones, and what the thread could not store, by
 * the SDK, whose repeats and errors are those that are told. `onSent` is called for each, in any order. After the first error nothing more is
 * started, what is under way (batches of the thread included) is waited for, and the error is thrown. An abort ends all of it, the thread as well, with
 * the signal's reason.
 */
export async function sendFiles(
  context: Context,
  files: readonly Sending[],
  onSent: (sent: Sent) => void,
  op: Op,
  thread: Thread,
): Promise<void> {
  const { signal } = op;
  signal.throwIfAborted();
  const budget = newByteBudget();
  const inTurn = pLimit(SDK_FILES_AT_ONCE);
  const errors: unknown[] = [];
  let isThreadOfUse = true;

  const goesOn = (): boolean => errors.length === 0 && !signal.aborted;
  const noted = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => void errors.push(error));

  const sendBySdk = (sendings: readonly Sending[]): Promise<void[]> =>
    Promise.all(
      sendings.map((file) =>
        inTurn(async () => {
          if (!goesOn()) return;
          const send = async () => {
            const stored = await putFile(context, file.key, file, file.cacheControl, budget, op);
            onSent({ key: file.key, ...stored });
          };
          await noted(send());
        }),
      ),
    );

  const sendBatch = async (batch: readonly Sending[], target: Target): Promise<void> => {
    const sent = isThreadOfUse ? await askThread(context, thread, target, batch, signal) : [];
    // Where the thread gets nothing through, as behind a proxy or a certificate that only VS Code knows, it is not asked for the rest.
    isThreadOfUse &&= sent.some((one) => one !== undefined);
    for (const one of sent) if (one) onSent(one);
    await sendBySdk(batch.filter((_file, index) => sent[index] === undefined));
  };

  const small = files.filter(({ sizeBytes }) => sizeBytes <= PART_BYTES);
  const large = files.filter(({ sizeBytes }) => sizeBytes > PART_BYTES);
  const sendSmall = async (): Promise<void> => {
    if (small.length === 0) return;
    thread.start();
    const target = await heeding(signal, () => targetOf(context));
    const batches = batchesOf(small);
    const sendSome = async () => {
      for (const batch of batches) {
        if (!goesOn()) return;
        await noted(sendBatch(batch, target));
      }
    };
    await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, sendSome));
  };

  await Promise.all([noted(sendSmall()), sendBySdk(large)]);
  signal.throwIfAborted();
  if (errors.length > 0) throw errors[0];
}

/** What the thread stored of a batch, by the files' places; nothing where it could not be asked. */
async function askThread(
  context: Context,
  thread: Thread,
  target: Target,
  files: readonly Sending[],
  signal: AbortSignal,
): Promise<readonly (Sent | undefined)[]> {
  const { s3 } = context.clients;
  try {
    // For each batch anew, since keys that expire are renewed by their provider.
    const { accessKeyId, secretAccessKey, sessionToken } = await heeding(signal, () => s3.config.credentials());
    const keys = { accessKeyId, secretAccessKey, sessionToken };
    return await thread.ask('send', { target, keys, clockOffsetMs: awsTimeMs(context) - Date.now(), files }, signal);
  } catch {
    signal.throwIfAborted();
    return [];
  }
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
    region,
    account: site.account,
    proxyUrl: url.protocol === 'https:' ? proxyFor(url.hostname, clients.proxy) : undefined,
  };
}

function* batchesOf(files: readonly Sending[]): Generator<readonly Sending[]> {
  let batch: Sending[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length === BATCH_FILES || (batch.length > 0 && bytes + file.sizeBytes > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.sizeBytes;
  }
  if (batch.length > 0) yield batch;
}
