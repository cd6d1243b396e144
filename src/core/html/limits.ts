/**
 * How deep elements may be nested. Browsers nest no deeper either (512 in Blink: html_tree_builder's kMaximumHTMLParserDOMTreeDepth), and a parser that
 * searches its open elements takes quadratic time without a limit.
 */
export const DEPTH_LIMIT = 512;

/** How long the URL of a `<base>` may be, in characters: each reference of the page is appended to it. */
export const BASE_URL_LIMIT = 2048;

/** How long a page may be, in UTF-16 code units, for its images to be looked for while it is edited: copying its text takes the editor's own time. */
export const EDITED_PAGE_LIMIT = 4 * 1024 * 1024;

/** How many local images a page may have for them to be changed while it is edited. */
export const EDITED_IMAGES_LIMIT = 5000;

/** How large a page or style sheet may be, in MiB, for its references to be rewritten: it is read whole, and copied to another thread. */
export const REWRITTEN_LIMIT_MIB = 32;

/** A page or style sheet that would take too long to read; its message is the reason, to stand behind a colon. */
export class TooComplexError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'TooComplexError';
  }
}
