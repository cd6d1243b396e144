import { get, type Answer, type ProxySettings } from '../../aws/http';
import type { Context } from '../../context';
import { assetUrl, encodePath } from '../../html/assetUrl';
import { siteUrl } from '../../names';
import { UserError, type Op } from '../../op';
import { isAsset } from '../local/assetTypes';
import type { Publication } from '../planPublish';
import { reasonOfError, reasonOfStatus } from '../edge/unreached';

/** What readers get of a file. */
export interface Served {
  readonly url: string;
  /** Undefined when there is no such file for readers. */
  readonly bytes: Buffer | undefined;
}

/** Larger files are not fetched to be shown. */
export const LARGEST_SHOWN_BYTES = 10 * 1024 * 1024;
const LIMIT_SECONDS = 30;

/** Where readers get a file: images and other assets from the CDN, all else where the site's pages are. Throws `UserError` when the server has no address. */
export function addressOf(site: Context['site'], { target }: Pick<Publication, 'target'>, path: string): string {
  if (isAsset(path)) return assetUrl(target.distribution.domain, path);
  const { distribution, host } = target;
  if (host !== undefined) return siteUrl(site, { ...distribution, host }) + encodePath(path);
  throw new UserError('The server has no public address, so that nobody can read its pages. Provision the server.', {
    remedy: { title: 'Provision Server…', command: 'sitelift.provisionServer' },
  });
}

/** Fetches what readers get at an address. Throws `UserError` when that cannot be known, with the reason, and for a file that is too large to be shown. */
export async function fetchServed(address: string, proxy: ProxySettings, op: Op): Promise<Served> {
  const url = new URL(address);
  let answer: Answer;
  try {
    const limits = { seconds: LIMIT_SECONDS, bytes: LARGEST_SHOWN_BYTES, keptBytes: LARGEST_SHOWN_BYTES };
    answer = await get(address, proxy, limits, op);
  } catch (error) {
    op.signal.throwIfAborted();
    throw new UserError(reasonOfError(url, error, proxy).sentence, { cause: error });
  }
  const { body, isCut, status } = answer;
  if (isCut) throw tooLarge(url.pathname);
  if (status === 200) return { url: address, bytes: body };
  if (isMissing(url, answer)) return { url: address, bytes: undefined };
  throw new UserError(reasonOfStatus(url, answer, proxy).sentence);
}

/** The error that tells of a file which is too large to be shown. */
export function tooLarge(path: string): UserError {
  return new UserError(
    `“${path}” is larger than ${LARGEST_SHOWN_BYTES / 1024 / 1024} MiB, so that it is not shown beside another. “Verify Site” compares it all the same.`,
  );
}

/** S3 says 403 for an object that is not there to whom may not list the bucket, as the distribution may not; CloudFront's own refusals are no XML. */
function isMissing({ protocol }: URL, { body, status }: Answer): boolean {
  if (protocol === 'http:') return status === 404 || status === 410;
  return status === 404 || (status === 403 && body.includes('<Code>AccessDenied</Code>'));
}
