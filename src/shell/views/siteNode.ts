import { consoleUrl, type ConsolePlace } from '../../core/consoleUrl';
import type { ResourceName } from '../../core/resources/stack';
import { oneLine } from '../../core/plainText';
import type { Release } from '../../core/release/ledger';
import { isSignedOut, type SiteEntry } from '../siteEntry';
import { costView, type CostView } from './costView';
import { releaseView, type ReleaseView } from './releaseView';
import { nextStep, viewOf, type NextStep } from './resourceView';
import type { Detail } from './shown';

/** A row of the tree: a site (shown only when there are several), what to do next, a resource, the releases, one of them, what the site costs, or a detail. */
export type SiteNode =
  | { readonly kind: 'site'; readonly entry: SiteEntry }
  | ({ readonly kind: 'next'; readonly entry: SiteEntry } & NextStep)
  | { readonly kind: 'resource'; readonly entry: SiteEntry; readonly name: ResourceName }
  | { readonly kind: 'releases'; readonly entry: SiteEntry }
  | { readonly kind: 'cost'; readonly entry: SiteEntry }
  | { readonly kind: 'release'; readonly entry: SiteEntry; readonly release: Release }
  | { readonly kind: 'detail'; readonly entry: SiteEntry; readonly detail: Detail };

const RESOURCES: readonly ResourceName[] = ['server', 'volume', 'bucket', 'distribution'];

const SIGN_IN: NextStep = {
  title: 'Sign In to AWS…',
  command: 'sitelift.signIn',
  about: 'The sign-in has expired. Opens the page of IAM Identity Center in the browser; afterwards AWS is read again.',
};

/** The topmost rows: of one site its resources, of several the sites. */
export function roots(entries: readonly SiteEntry[]): SiteNode[] {
  const [only] = entries;
  if (only && entries.length === 1) return only.have ? childrenOf({ kind: 'site', entry: only }) : [];
  return entries.some(({ have }) => have) ? entries.map((entry) => ({ kind: 'site', entry })) : [];
}

/** The rows beneath a row. */
export function childrenOf(node: SiteNode): SiteNode[] {
  const { entry } = node;
  const { have, problem } = entry;
  if (node.kind === 'site' && have) {
    const next = isSignedOut(problem) ? SIGN_IN : nextStep(have);
    const resources = RESOURCES.map((name) => ({ kind: 'resource', entry, name }) as const);
    const { current, isUnreadable, publishing } = entry.releases ?? {};
    return [
      ...resources,
      ...(current || publishing || isUnreadable ? [{ kind: 'releases', entry } as const] : []),
      ...(viewOfCost(entry) ? [{ kind: 'cost', entry } as const] : []),
      ...(next ? [{ kind: 'next', entry, ...next } as const] : []),
    ];
  }
  if (node.kind === 'releases') {
    const { current, former = [] } = entry.releases ?? {};
    return [...(current ? [current] : []), ...former].map((release) => ({ kind: 'release', entry, release }));
  }
  if (node.kind === 'release') {
    return viewOfRelease(node).details.map((detail) => ({ kind: 'detail', entry, detail }));
  }
  if (node.kind === 'cost') {
    return viewOfCost(entry)?.details.map((detail) => ({ kind: 'detail', entry, detail })) ?? [];
  }
  if (node.kind === 'site' && problem) {
    return [{ kind: 'detail', entry, detail: { label: 'Problem', value: problem.message } }];
  }
  if (node.kind !== 'resource' || !have) return [];
  return viewOf(node.name, have, entry.readMs).details.map((detail) => ({ kind: 'detail', entry, detail }));
}

/** How the row of a release is shown. */
export function viewOfRelease({ entry, release }: Extract<SiteNode, { kind: 'release' }>): ReleaseView {
  return releaseView(release, entry.releases?.current?.at === release.at);
}

/** How the row of the cost is shown; undefined where there is none. */
export function viewOfCost({ have, prices }: SiteEntry): CostView | undefined {
  return have && prices && costView(have, prices);
}

/** What a row has to copy, under which name. */
export function valueOf(node: SiteNode): { readonly label: string; readonly value: string } | undefined {
  if (node.kind === 'detail') return { label: node.detail.label, value: oneLine(node.detail.value) };
  if (node.kind === 'release') return { label: 'Release', value: oneLine(node.release.id) };
  if (node.kind === 'cost') {
    const { label, state } = viewOfCost(node.entry) ?? {};
    return label === undefined || state === undefined ? undefined : { label, value: state };
  }
  if (node.kind !== 'resource' || !node.entry.have) return undefined;
  const { label, value } = viewOf(node.name, node.entry.have, node.entry.readMs);
  return value === undefined ? undefined : { label, value };
}

/** The address in the AWS console of what a row is about. */
export function consoleUrlOf(node: SiteNode): string | undefined {
  const place = placeOf(node);
  const { site } = node.entry;
  return place && site && consoleUrl(place, site.region);
}

/** All rows that are there, whether they are unfolded or not. */
export function allRows(entries: readonly SiteEntry[]): SiteNode[] {
  const withChildren = (node: SiteNode): SiteNode[] => [node, ...childrenOf(node).flatMap(withChildren)];
  return roots(entries).flatMap(withChildren);
}

function placeOf(node: SiteNode): ConsolePlace | undefined {
  if (node.kind === 'detail') return node.detail.place;
  if (node.kind !== 'resource' || !node.entry.have) return undefined;
  return viewOf(node.name, node.entry.have, node.entry.readMs).place;
}
