import type { Element } from 'domhandler';
import type { HtmlDocument } from './document';

/** What an attribute's value is: one URL, a `srcset`, or style declarations. */
export type ReferenceKind = 'url' | 'srcset' | 'style';

interface ReferenceRow {
  readonly attribute: string;
  readonly kind: ReferenceKind;
  readonly when?: (element: Element) => boolean;
}

const META_IMAGES = new Set([
  'og:image',
  'og:image:url',
  'og:image:secure_url',
  'og:video',
  'og:video:url',
  'og:video:secure_url',
  'og:audio',
  'og:audio:url',
  'og:audio:secure_url',
  'twitter:image',
  'twitter:image:src',
  'msapplication-tileimage',
  'image',
]);

const BACKGROUND: ReferenceRow = { attribute: 'background', kind: 'url' };
const SOURCE: ReferenceRow = { attribute: 'src', kind: 'url' };

/**
 * Where pages name images and other media. `use` is missing on purpose: browsers load its sprites from the page's own origin alone. So are
 * links, which the server redirects.
 */
const ROWS: Readonly<Record<string, readonly ReferenceRow[]>> = {
  img: [SOURCE, { attribute: 'srcset', kind: 'srcset' }],
  source: [SOURCE, { attribute: 'srcset', kind: 'srcset' }],
  video: [SOURCE, { attribute: 'poster', kind: 'url' }],
  audio: [SOURCE],
  embed: [SOURCE],
  object: [{ attribute: 'data', kind: 'url' }],
  input: [{ ...SOURCE, when: ({ attribs }) => attribs['type']?.trim().toLowerCase() === 'image' }],
  link: [
    { attribute: 'href', kind: 'url', when: isImageLink },
    { attribute: 'imagesrcset', kind: 'srcset', when: isImageLink },
  ],
  meta: [{ attribute: 'content', kind: 'url', when: isImageMeta }],
  image: [
    { attribute: 'href', kind: 'url' },
    { attribute: 'xlink:href', kind: 'url' },
  ],
  body: [BACKGROUND],
  table: [BACKGROUND],
  tr: [BACKGROUND],
  th: [BACKGROUND],
  td: [BACKGROUND],
};

const STYLE: ReferenceRow = { attribute: 'style', kind: 'style' };
const SELECTOR = [...Object.keys(ROWS), '[style]'].join(',');

/** Calls back for each attribute of a page that can refer to an asset, in the order of the elements. */
export function* findPageReferences(document: HtmlDocument) {
  for (const element of document.elements(SELECTOR)) {
    for (const row of [...(ROWS[element.name] ?? []), STYLE]) {
      const found = document.attribute(element, row.attribute);
      if (found !== undefined && (row.when?.(element) ?? true)) yield { ...found, kind: row.kind };
    }
  }
}

function isImageLink({ attribs }: Element): boolean {
  const words = (attribs['rel'] ?? '').toLowerCase().split(/[\t\n\f\r ]/);
  if (words.some((word) => word === 'icon' || word === 'mask-icon' || word.startsWith('apple-touch-'))) return true;
  return words.includes('preload') && attribs['as']?.trim().toLowerCase() === 'image';
}

function isImageMeta({ attribs }: Element): boolean {
  const names = [attribs['property'], attribs['name'], attribs['itemprop']];
  return names.some((name) => name !== undefined && META_IMAGES.has(name.trim().toLowerCase()));
}
