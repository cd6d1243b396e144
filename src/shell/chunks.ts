import type * as Aws from '../core/entryAws';
import type * as Html from '../core/entryHtml';

/** The AWS code, a bundle of its own that is loaded on first use. */
export type AwsChunk = typeof Aws;
/** The HTML code, a bundle of its own that is loaded on first use. */
export type HtmlChunk = typeof Html;

/** Loads the AWS code. */
export async function loadAws(): Promise<AwsChunk> {
  return import('../core/entryAws');
}

/** Loads the HTML code. */
export async function loadHtml(): Promise<HtmlChunk> {
  return import('../core/entryHtml');
}
