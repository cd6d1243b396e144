import { assetUrl } from '../assetUrl';
import type { HtmlDocument } from '../document';
import { escapeAttribute, type Finding, type Quote, type Range } from '../edit';
import { EDITED_IMAGES_LIMIT, TooComplexError } from '../limits';
import { pageBase, resolveReference, type LocalReference } from '../references';

/** Where the distribution is on its way to serving images. */
export type DistributionState = 'absent' | 'deploying' | 'deployed' | 'unknown';

/** The `<img src>` of a page that means a file of the site. */
export interface LocalImage {
  readonly reference: LocalReference;
  /** Offsets of the value of `src`. */
  readonly range: Range;
  readonly quote: Quote;
  /** Offsets of the start tag. */
  readonly tag: Range;
}

/** What must be known of the site to say which images can load from the CDN. */
export interface ImageSite {
  readonly domain: string | undefined;
  readonly distributionState: DistributionState;
  /** Whether the file at a path from the root is there locally. */
  exists(path: string): boolean;
  /** Whether the asset at a path from the root is in the bucket; undefined when the bucket could not be read. */
  uploaded(path: string): boolean | undefined;
}

/** An image that is loaded from the server although it could come from the CDN. */
export interface ImageFinding extends Finding {
  readonly rule: 'imageSource';
  /** Path of the image from the root. */
  readonly path: string;
  /** Offsets of the start tag. */
  readonly tag: Range;
  /** Why there are no edits yet, as a sentence. */
  readonly blocked: string | undefined;
}

/** The images of a page that are files of the site, whether these exist or not. Throws `TooComplexError` when there are too many. */
export function findLocalImages(document: HtmlDocument, pagePath: string): LocalImage[] {
  const base = pageBase(document, pagePath);
  const images = document.attributes('img', 'src').flatMap(({ value, range, quote, tag }) => {
    const reference = resolveReference(value, base);
    return reference === undefined ? [] : [{ reference, range, quote, tag }];
  });
  if (images.length > EDITED_IMAGES_LIMIT) {
    throw new TooComplexError(`it has more than ${EDITED_IMAGES_LIMIT} local images`);
  }
  return images;
}

/** Reports each local image that exists, with the edit to its stable CDN URL or the reason why that must wait. */
export function findImageSources(images: readonly LocalImage[], site: ImageSite): ImageFinding[] {
  return images
    .filter(({ reference }) => site.exists(reference.path))
    .map(({ reference: { path, suffix }, range, quote, tag }) => {
      const ready = readinessOf(path, site);
      const found = { rule: 'imageSource', path, range, tag } as const;
      if ('blocked' in ready) return { ...found, message: ready.blocked, edits: [], blocked: ready.blocked };
      const text = escapeAttribute(assetUrl(ready.domain, path) + suffix, quote);
      return { ...found, message: `${path} can load from the CDN.`, edits: [{ range, text }], blocked: undefined };
    });
}

/** The domain that an image can load from, or why that must wait. */
function readinessOf(path: string, site: ImageSite): { readonly domain: string } | { readonly blocked: string } {
  const { domain } = site;
  switch (site.distributionState) {
    case 'absent':
      return { blocked: 'There is no distribution yet. Provision it first.' };
    case 'deploying':
      return { blocked: 'The distribution is still being deployed.' };
    case 'unknown':
      return { blocked: 'The state of the distribution is not known. Refresh the Sitelift view.' };
    case 'deployed':
      if (domain === undefined) return { blocked: 'The domain name of the distribution is not known yet.' };
      switch (site.uploaded(path)) {
        case true:
          return { domain };
        case false:
          return { blocked: `${path} is not in the bucket yet. Publish the site or upload it to the CDN.` };
        case undefined:
          return { blocked: 'What is in the bucket is not known. Refresh the Sitelift view.' };
      }
  }
}
