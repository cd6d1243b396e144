import { createHash } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context';
import { isUserError, UserError, type Op } from '../../op';
import type { Manifest } from '../../release/manifest';
import type { DistributionHave } from '../../resources/distribution/distribution';
import { PROOF_HEADER } from '../../resources/distribution/wholeSite';
import { ASSET_EXTENSIONS, isAsset } from '../local/assetTypes';
import { EDGE_SECONDS } from '../caching';
import { keptPages } from './keptPages';
import type { LocalFiles } from '../local/localFiles';
import { reading } from '../local/reading';
import { parseRedirects, REDIRECTS_FILE } from './redirects';
import type { SiteState } from '../siteState';
import type { PageSum } from '../local/sums';
import { NOT_FOUND_PAGE, webSettings, type WebSettings } from './webSettings';

/** A redirects file of more than this has more rules than a command to the server can bring. */
const MOST_BYTES = 128 * 1024;

/** True when the server works by these settings, as far as is known. */
export function hasSettings({ read, target }: SiteState, { id }: Pick<WebSettings, 'id'>): boolean {
  return (target.found ? target.found.inspection.settings : read.ledger.target?.settings) === id;
}

/** The settings of the web server for the files of a folder, whose pages have these sums. Throws `UserError` for redirects that cannot be used. */
export async function localSettings(
  context: Context,
  { target }: SiteState,
  { assets, pages }: LocalFiles,
  sums: ReadonlyMap<string, PageSum>,
): Promise<WebSettings> {
  const file = pages.find(({ path }) => path === REDIRECTS_FILE);
  if (file && file.sizeBytes > MOST_BYTES) throw tooLong(file.sizeBytes);
  const bytes = file && (await reading(file.path, () => readFile(file.absolutePath)));
  const sum = bytes && createHash('sha256').update(bytes).digest('hex');
  if (sum !== sums.get(REDIRECTS_FILE)?.sha256) {
    throw new UserError(`“${REDIRECTS_FILE}” was changed while it was read. Publish again.`);
  }
  const paths = assets.map(({ path }) => path);
  return settingsOf(context, target.distribution, paths, sums.has(NOT_FOUND_PAGE), bytes);
}

/** The settings of the web server for a release that is kept, without redirects that cannot be used. Throws `UserError` when they are not kept. */
export async function keptSettings(
  context: Context,
  { target }: SiteState,
  { assets, pages }: Manifest,
  workFolder: string,
  op: Op,
): Promise<WebSettings> {
  const page = pages.get(REDIRECTS_FILE);
  let bytes: Uint8Array | undefined;
  if (page) {
    const folder = await mkdtemp(join(workFolder, 'settings-'));
    for await (const kept of keptPages(context, new Map([[REDIRECTS_FILE, page]]), folder, op)) {
      bytes = 'bytes' in kept ? kept.bytes : await readFile(kept.file);
    }
  }
  const make = (redirects: Uint8Array | undefined) =>
    settingsOf(context, target.distribution, assets.keys(), pages.has(NOT_FOUND_PAGE), redirects);
  try {
    return make(bytes);
  } catch (error) {
    if (!isUserError(error) || bytes === undefined) throw error;
    // What cannot be used now was no redirect either when that release was published.
    op.report(`The redirects of that release are left out. ${error.message}`);
    return make(undefined);
  }
}

function settingsOf(
  { site }: Context,
  { alias, domain, proofSha1 }: DistributionHave,
  assets: Iterable<string>,
  hasNotFoundPage: boolean,
  redirects: Uint8Array | undefined,
): WebSettings {
  return webSettings({
    ...{ assets: [...assets].filter(isAsset), hasNotFoundPage, assetExtensions: ASSET_EXTENSIONS },
    // The edges ask the bucket for what the server has not got, and would be sent to themselves.
    ...(site.distribution.serves === 'site'
      ? { assetDomain: undefined, origin: `https://${alias ?? domain}`, edgeSeconds: EDGE_SECONDS }
      : { assetDomain: domain }),
    ...(site.server.openTo === 'cloudfront' && proofSha1 !== undefined
      ? { requires: { header: PROOF_HEADER, sha1: proofSha1 } }
      : {}),
    caching: site.publish.caching,
    redirects: redirects ? parseRedirects(textOf(redirects)) : [],
  });
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > MOST_BYTES) throw tooLong(bytes.length);
  // What is not UTF-8 becomes a character that is refused with its line.
  return new TextDecoder().decode(bytes);
}

function tooLong(sizeBytes: number): UserError {
  return new UserError(
    `${REDIRECTS_FILE} is too long: it takes ${sizeBytes} bytes, and ${MOST_BYTES} is the limit. Nothing was published. Let one rule with a placeholder or a * stand for many.`,
  );
}
