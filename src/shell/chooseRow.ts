import { UserError } from '../core/op';
import type { App } from './app';
import { loadView } from './viewChunk';
import { isNode } from './options';
import { askWhich } from './tell';
import type { SiteNode } from './views/siteNode';

/** What the key binding passes, which has no row to pass. */
const SELECTION = 'selection';

/** The row that a command is about: the one given, the selected one for a key binding, or the one that the user picks of those that `suits` takes. */
export async function chooseRow(
  app: App,
  argument: unknown,
  placeHolder: string,
  suits: (node: SiteNode) => unknown,
): Promise<SiteNode | undefined> {
  if (isNode(argument)) return argument;
  if (argument === SELECTION) return app.tree.selected();
  const { allRows, valueOf } = await loadView();
  const items = allRows(app.sites.entries)
    .filter((node) => suits(node) !== undefined)
    .map((node) => ({ label: valueOf(node)?.label ?? '', description: valueOf(node)?.value ?? '', node }));
  if (items.length === 0) {
    throw new UserError(
      'Nothing of this site was read from AWS yet. Show the Sitelift view, then run the command again.',
    );
  }
  return (await askWhich(placeHolder, items))?.node;
}
