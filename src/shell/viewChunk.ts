import type * as View from './entryView';

/** Loads what reads the sites and draws the rows of the tree; apart from the other chunks, as it loads the AWS code itself. */
export async function loadView(): Promise<typeof View> {
  return import('./entryView');
}
