import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Context } from '../../context';
import { encodePath } from '../../html/assetUrl';
import { PUBLIC_PREFIX } from '../../names';
import { UserError, type Op } from '../../op';
import type { Asset } from '../../release/manifest';
import { count, percentReport } from '../assets/assetSteps';
import { isAsset, unfitForKey } from '../local/assetTypes';
import { EDGE_SECONDS, wantedCaching, type Caching } from '../caching';
import type { BundledPage } from './bundle';
import { REDIRECTS_FILE } from './redirects';
import { partStored, type SiteState } from '../siteState';
import type { PageSum } from '../local/sums';
import type { WantedAssets } from '../wanted';
import type { Send } from '../assets/wantedAssets';

/** What the bucket holds for readers whom the server does not answer: a page under its own path, or what a short URL of it leads to. */
export interface PageCopy extends Omit<Asset, 'etag'> {
  readonly path: string;
  /** The page that it has the bytes of, or the bytes themselves. */
  readonly from: { readonly page: string } | { readonly bytes: Buffer };
}

/** What else decides about the copies of pages. */
export interface CopyNeeds {
  readonly caching: Caching;
  /** Media type of a page. */
  typeOf(path: string): string | undefined;
  /** True for a page that readers are not shown. */
  hides(path: string): boolean;
}

/** Gives the published bytes of pages. */
export type PublishedPages = (paths: ReadonlySet<string>, op: Op) => AsyncIterable<BundledPage>;

const HTML = 'text/html';
const NOT_FOUND = page('Not found', '<h1>Not found</h1><p>There is no such page.</p>');

/**
 * The copies that the edges need of pages. CloudFront asks for `/about.html` where a reader asked for `/about`, so that the index page of a folder and
 * a file without an ending are found under such a name as well; S3 knows of neither.
 */
export function copiesOf(
  pages: ReadonlyMap<string, Pick<PageSum, 'sha256' | 'sizeBytes'>>,
  { caching, hides, typeOf }: CopyNeeds,
): PageCopy[] {
  const copies = new Map<string, PageCopy>();
  const add = (path: string, from: PageCopy['from'], { sha256, sizeBytes }: Pick<PageSum, 'sha256' | 'sizeBytes'>) => {
    if (unfitForKey(path) !== undefined) return;
    const source = 'page' in from ? from.page : path;
    const type = 'page' in from ? typeOf(source) : HTML;
    const contentType = type ?? 'application/octet-stream';
    const cacheControl = wantedCaching(caching, source) ?? cachingOf(contentType);
    copies.set(path, { path, from, sha256, sizeBytes, contentType, cacheControl });
  };
  const make = (path: string, bytes: Buffer) =>
    add(path, { bytes }, { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length });
  for (const [path, sum] of pages) {
    if (isAsset(path) || path === REDIRECTS_FILE || hides(path)) continue;
    add(path, { page: path }, sum);
    if (/(^|\/)index\.htm$/.test(path) && !pages.has(`${path}l`)) add(`${path}l`, { page: path }, sum);
    if (extname(basename(path)) === '' && !pages.has(`${path}.html`)) add(`${path}.html`, { page: path }, sum);
    const [, folder] = /^(.+)\/index\.html?$/.exec(path) ?? [];
    const isShort = folder !== undefined && !basename(folder).includes('.') && !pages.has(`${folder}.html`);
    if (isShort && !pages.has(folder)) make(`${folder}.html`, leadingTo(`/${encodePath(folder)}/`));
  }
  if (!pages.has('404.html')) make('404.html', NOT_FOUND);
  return [...copies.values()];
}

/** What copies are made with. */
interface CopyMeans {
  /** For their bytes; the caller removes it. */
  readonly folder: string;
  readonly published: PublishedPages;
  readonly send: Send;
}

/** The assets of a release with the copies of its pages. */
export function withCopies(
  context: Context,
  assets: WantedAssets,
  copies: readonly PageCopy[],
  state: SiteState,
  { folder, isDoubted = false, published, send }: CopyMeans & { readonly isDoubted?: boolean | undefined },
): WantedAssets {
  // The same bytes under other headers have the same ETag, so that those in doubt are all stored once more.
  const { stored, lacking } = partStored(
    isDoubted ? { ...state, told: new Map() } : state,
    copies.map((asset) => ({ path: asset.path, asset })),
  );
  const changed = lacking.map(({ asset }) => asset);
  const changes = changed.map(({ path, sizeBytes }) => ({
    ...{ path, sizeBytes },
    title: `copy ${path} for the edges (${state.told.has(path) ? 'changed' : 'new'})`,
  }));
  const kinds = [
    ...(assets.changes.length > 0 ? [count(assets.changes.length, 'asset')] : []),
    ...(changes.length > 0 ? [changes.length === 1 ? 'a copy of a page' : `${changes.length} copies of pages`] : []),
  ];
  return {
    stored: new Map([...assets.stored, ...stored]),
    changes: [...assets.changes, ...changes],
    title: `upload ${kinds.join(' and ')}`,
    async store(op) {
      const first = assets.changes.length > 0 ? await assets.store(op) : new Map<string, Asset>();
      if (changed.length === 0) return first;
      return new Map([...first, ...(await storeCopies(context, changed, { folder, published, send }, op))]);
    },
  };
}

/** Stores copies, those that pages need before pages. */
async function storeCopies(
  context: Context,
  copies: readonly PageCopy[],
  { folder, published, send }: CopyMeans,
  op: Op,
): Promise<ReadonlyMap<string, Asset>> {
  const files = await filesOf(copies, folder, published, op);
  const stored = new Map<string, Asset>();
  const report = percentReport(copies.length, (done) => `Copied ${done} of ${copies.length} pages for the edges`, op);
  const store = async (some: readonly PageCopy[]) => {
    const byKey = new Map(some.map((copy) => [PUBLIC_PREFIX + copy.path, copy]));
    const sendings = Array.from(byKey, ([key, { cacheControl, contentType, path, sha256, sizeBytes }]) => {
      const absolutePath = files.get(path);
      if (absolutePath !== undefined) return { key, absolutePath, cacheControl, contentType, path, sha256, sizeBytes };
      throw new UserError('Pages were changed while they were published. Publish again to see what is left to do.');
    });
    await send(
      context,
      sendings,
      ({ key, etag }) => {
        const copy = byKey.get(key);
        if (!copy) return;
        const { cacheControl, contentType, path, sha256, sizeBytes } = copy;
        stored.set(path, { cacheControl, contentType, etag, sha256, sizeBytes });
        report(stored.size);
      },
      op,
    );
  };
  const isHtml = ({ contentType }: PageCopy) => contentType === HTML;
  await store(copies.filter((copy) => !isHtml(copy)));
  await store(copies.filter(isHtml));
  return stored;
}

/** Files with the bytes of copies, by the copies' paths; their names are numbers, since those of pages may be fit for no disk. */
async function filesOf(copies: readonly PageCopy[], workFolder: string, published: PublishedPages, op: Op) {
  const folder = await mkdtemp(join(workFolder, 'copies-'));
  const files = new Map<string, string>();
  const copiesOfPage = new Map<string, string[]>();
  const next = () => join(folder, String(files.size));
  for (const { from, path } of copies) {
    if ('page' in from) {
      copiesOfPage.set(from.page, [...(copiesOfPage.get(from.page) ?? []), path]);
    } else {
      const file = next();
      await writeFile(file, from.bytes);
      files.set(path, file);
    }
  }
  if (copiesOfPage.size === 0) return files;
  for await (const found of published(new Set(copiesOfPage.keys()), op)) {
    const file = next();
    if ('bytes' in found) await writeFile(file, found.bytes);
    else await copyFile(found.file, file);
    for (const path of copiesOfPage.get(found.path) ?? []) files.set(path, file);
  }
  return files;
}

/** Browsers ask each time whether a page has changed; the edges are told, and ask once a day in case that failed. */
function cachingOf(contentType: string): string {
  const seconds = contentType === HTML ? 0 : 300;
  return `public, max-age=${seconds}, s-maxage=${EDGE_SECONDS}`;
}

/** A page that leads to another one at once, for where nobody can answer with a redirect. */
function leadingTo(url: string): Buffer {
  const head = `<link rel="canonical" href="${url}"><meta http-equiv="refresh" content="0; url=${url}">`;
  return page('Moved', `<p><a href="${url}">${url}</a></p>`, head);
}

function page(title: string, body: string, head = ''): Buffer {
  return Buffer.from(
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title>${head}</head><body>${body}</body></html>\n`,
  );
}
