import { releasesView } from './releaseView';
import { viewOf } from './resourceView';
import type { Icon } from './shown';
import { viewOfCost, viewOfRelease, type SiteNode } from './siteNode';

/** What a row says to who does not see it: its name, its state with what differs, and what its icon says by shape or colour alone. */
export function spokenOf(node: SiteNode): string {
  const { entry } = node;
  switch (node.kind) {
    case 'site':
      return listed(
        'Site',
        entry.site?.name ?? entry.folder.name,
        entry.problem ? 'cannot be read' : entry.site?.region,
      );
    case 'next':
      return listed(`Next: ${node.title}`, node.progress);
    case 'detail':
      return listed(node.detail.label, node.detail.value);
    case 'resource': {
      if (!entry.have) return node.name;
      const { icon, label, state } = viewOf(node.name, entry.have, entry.readMs);
      return listed(label, state, inWords(icon));
    }
    case 'releases': {
      const { icon, label, state } = releasesView(entry.releases ?? { former: [] });
      return listed(label, state, inWords(icon));
    }
    case 'release': {
      const { label, state } = viewOfRelease(node);
      return listed('Release', label, state);
    }
    case 'cost': {
      const view = viewOfCost(entry);
      return view ? listed(view.label, view.state, inWords(view.icon)) : 'Cost';
    }
  }
}

function inWords({ id, tone }: Icon): string | undefined {
  if (id.endsWith('~spin')) return 'in progress';
  if (tone === 'attention') return 'needs attention';
  return tone === 'old' ? 'may be out of date' : undefined;
}

function listed(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join(', ').replaceAll(' · ', ', ');
}
