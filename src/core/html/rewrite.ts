import { parseHtml, type AttributeValue } from './document';
import { applyEdits, escapeAttribute, type Edit } from './edit';
import { findPageReferences, type ReferenceKind } from './pageReferences';
import { fileBase, pageBase, resolveReference } from './references';
import { srcsetUrls } from './srcset';
import { styleUrlEdit, styleUrls } from './stylesheet';
import { trimmedLength } from './trim';

/** The URL that an asset is published under, by its path from the root; undefined for what is no published asset. */
export type ResolveAsset = (path: string) => string | undefined;

/**
 * The published form of a page: references to assets become their URLs, every other byte stays. `pagePath` is relative to the root. Throws
 * `TooComplexError` for a page that would take too long to read.
 */
export function rewritePage(html: string, pagePath: string, resolve: ResolveAsset): string {
  const document = parseHtml(html);
  const base = pageBase(document, pagePath);
  const inAttributes = Array.from(findPageReferences(document)).flatMap((found) =>
    attributeEdits(found, editsIn(found.value, found.kind, base, resolve)),
  );
  const inStyles = document
    .elements('style')
    .flatMap(document.texts)
    .flatMap(({ text, range }) => editsIn(text, 'style', base, resolve).map((edit) => shift(edit, range.start)));
  return applyEdits(html, [...inAttributes, ...inStyles]);
}

/** The published form of a style sheet: its images become their URLs, `@import` and every other byte stay. */
export function rewriteStylesheet(css: string, cssPath: string, resolve: ResolveAsset): string {
  return applyEdits(css, editsIn(css, 'style', fileBase(cssPath), resolve));
}

function editsIn(value: string, kind: ReferenceKind, base: URL, resolve: ResolveAsset): Edit[] {
  const target = (reference: string): string | undefined => {
    const local = resolveReference(reference, base);
    const url = local && resolve(local.path);
    return local && url && url + local.suffix;
  };
  switch (kind) {
    case 'url': {
      const url = target(value);
      return url === undefined ? [] : [{ range: { start: 0, end: value.length }, text: url }];
    }
    case 'srcset':
      return srcsetUrls(value).flatMap(({ url: written, range }) => {
        // A comma at the end of a URL would end the candidate.
        const url = target(written);
        if (url === undefined) return [];
        const end = trimmedLength(url, ',');
        return [{ range, text: url.slice(0, end) + '%2C'.repeat(url.length - end) }];
      });
    case 'style':
      return styleUrls(value).flatMap((found) => {
        const url = target(found.url);
        // What a fragment names inside of an image, style sheets load from their page's own origin alone.
        return url === undefined || url.includes('#') ? [] : [styleUrlEdit(found, url)];
      });
  }
}

/** Edits of a decoded value as edits of the page; a value that is written with entities is replaced as a whole. */
function attributeEdits({ raw, value, range, quote }: AttributeValue, edits: readonly Edit[]): Edit[] {
  if (edits.length === 0) return [];
  if (raw !== value) return [{ range, text: escapeAttribute(applyEdits(value, edits), quote) }];
  return edits.map((edit) => ({ ...shift(edit, range.start), text: escapeAttribute(edit.text, quote) }));
}

function shift({ range, text }: Edit, by: number): Edit {
  return { range: { start: range.start + by, end: range.end + by }, text };
}
