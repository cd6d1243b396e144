import { get, type Answer, type ProxySettings } from '../../aws/http';
import { waitFor } from '../../aws/wait';
import { isUserError, type Op } from '../../op';
import { LARGEST_SAMPLE_BYTES, type Sample } from './sample';
import type { Sighting } from './sighting';
import { reasonOfError, reasonOfStatus } from './unreached';

/** So long an answer may take, and so long is asked again what may be right in a moment, in seconds. */
const LIMIT_SECONDS = 10;
/** What is kept of an answer, to see in an error whose it is. */
const KEPT_BYTES = 2048;

/** Fetches files as readers do and compares them with what was published. It never throws: what keeps it from looking is a problem that it tells. */
export async function lookFromOutside(
  samples: readonly Sample[],
  proxy: ProxySettings,
  op: Op,
  limitSeconds = LIMIT_SECONDS,
): Promise<Sighting[]> {
  if (samples.length > 0) op.report('Looking at the site from outside');
  return Promise.all(samples.map((sample) => lookAt(sample, proxy, op, limitSeconds)));
}

interface Judged {
  readonly sighting: Sighting;
  /** It may be right in a moment. */
  readonly mayPass?: boolean;
}

async function lookAt(sample: Sample, proxy: ProxySettings, op: Op, limitSeconds: number): Promise<Sighting> {
  let judged = judge(sample, 'It was not looked at, since that was cancelled.', true);
  const look = async () => {
    judged = await judgeOnce(sample, proxy, op);
    return judged.mayPass ? undefined : judged;
  };
  try {
    await waitFor('the edges', look, { firstSeconds: 1, slowestSeconds: 2, limitSeconds }, op);
  } catch (error) {
    // That its time is over is told already.
    if (!op.signal.aborted && !isUserError(error)) return judge(sample, String(error), true).sighting;
  }
  return judged.sighting;
}

async function judgeOnce(sample: Sample, proxy: ProxySettings, op: Op): Promise<Judged> {
  const url = new URL(sample.url);
  let answer: Answer;
  try {
    // Of what is too large the head alone is asked for.
    const bytes = sample.sizeBytes > LARGEST_SAMPLE_BYTES ? KEPT_BYTES : LARGEST_SAMPLE_BYTES;
    answer = await get(sample.url, proxy, { seconds: LIMIT_SECONDS, bytes, keptBytes: KEPT_BYTES }, op);
  } catch (error) {
    op.signal.throwIfAborted();
    const { isMild, sentence } = reasonOfError(url, error, proxy);
    return judge(sample, sentence, isMild);
  }
  if (answer.status !== 200) {
    const { isMild, sentence: reason } = reasonOfStatus(url, answer, proxy);
    // Where the distribution serves the whole site, who is refused gets the page for what is missing.
    const mayBeRefused = sample.restriction !== undefined && !isMild && [403, 404].includes(answer.status);
    const sentence = mayBeRefused
      ? `${reason} Or its geo restriction, “${sample.restriction}”, keeps it from this computer’s country.`
      : reason;
    // The edges keep an error for some seconds (CloudFront documentation, “Error caching minimum TTL”).
    return judge(sample, sentence, isMild, isAtEdge(sample) && !isMild);
  }
  return compare(sample, answer);
}

function compare(sample: Sample, { headers, isCut, sha256, sizeBytes }: Answer): Judged {
  const { etag, formerSha256, kind, path, url } = sample;
  const isSame = isCut && etag !== undefined ? opaque(headers.etag) === etag : !isCut && sha256 === sample.sha256;
  if (isSame) return { sighting: { kind, path, url } };
  if (isAtEdge(sample) && !isCut && sha256 === formerSha256) {
    const sentence = `${url} still gives the former bytes of “${path}”: CloudFront takes up to some minutes to forget them. Nothing is to be done.`;
    return judge(sample, sentence, true, true);
  }
  const size = isCut ? `more than ${sizeBytes}` : sizeBytes;
  const cache =
    headers.via !== undefined && !isAtEdge(sample) ? ` A cache on the way may have kept it (${headers.via}).` : '';
  const sentence = `${url} gives other bytes than were published: ${size} instead of ${sample.sizeBytes}.${cache} “Verify Site” tells whether somebody changed it.`;
  return judge(sample, sentence, cache !== '', isAtEdge(sample));
}

function judge({ kind, path, url }: Sample, problem: string, isMild: boolean, mayPass = false): Judged {
  return { sighting: { kind, path, url, problem, isMild }, mayPass };
}

/** True for what comes from CloudFront: assets, and pages too where it serves the whole site. */
function isAtEdge({ url }: Sample): boolean {
  return url.startsWith('https:');
}

/** An ETag without its quotes, and without what says that it was compressed on the way. */
function opaque(etag: string | undefined): string {
  return (etag ?? '').replace(/^W\/|"/g, '');
}
