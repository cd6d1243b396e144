import type { Redirect } from './redirects';

/** Redirects by the parts of the paths that they are for. */
interface Node {
  readonly byText: Map<string, Node>;
  /** What goes on from any part. */
  any: Node | undefined;
  /** Those for just this path. */
  readonly here: Redirect[];
  /** Those for this path and all below it. */
  readonly below: Redirect[];
}

/**
 * Finds the redirects that are for a path below the root, in groups. It asks the path's parts and not each redirect, since ten thousand paths times
 * five hundred redirects would keep the extension host busy for half a second.
 */
export function redirectFinder(redirects: readonly Redirect[]): (path: string) => readonly (readonly Redirect[])[] {
  const root = newNode();
  for (const redirect of redirects) {
    const node = redirect.parts.reduce(nextNode, root);
    (redirect.isOpen ? node.below : node.here).push(redirect);
  }
  return (path) => {
    let nodes = [root];
    const found = [root.below];
    for (const part of partsOf(path)) {
      nodes = nodes.flatMap(({ any, byText }) => {
        const named = byText.get(part);
        // A placeholder stands for something.
        return [...(named ? [named] : []), ...(any && part !== '' ? [any] : [])];
      });
      if (nodes.length === 0) break;
      for (const { below } of nodes) found.push(below);
    }
    for (const { here } of nodes) found.push(here);
    return found.filter((group) => group.length > 0);
  };
}

function newNode(): Node {
  return { byText: new Map(), any: undefined, here: [], below: [] };
}

function nextNode(node: Node, part: string | number): Node {
  if (typeof part === 'number') return (node.any ??= newNode());
  const next = node.byText.get(part) ?? newNode();
  node.byText.set(part, next);
  return next;
}

/** The parts of a path, without the slash that may be its last. */
function partsOf(path: string): readonly string[] {
  return path === '' ? [] : (path.endsWith('/') ? path.slice(0, -1) : path).split('/');
}
