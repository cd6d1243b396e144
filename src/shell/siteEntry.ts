import type * as vscode from 'vscode';
import type { Prices } from '../core/cost/prices';
import type { Releases } from '../core/release/releases';
import { remediesOf } from '../core/op';
import type { ResourceName, SiteHave } from '../core/resources/stack';
import type { Site } from '../core/site';

/** A workspace folder that holds a site file, and what was last seen of it. */
export interface SiteEntry {
  readonly folder: vscode.WorkspaceFolder;
  readonly site: Site | undefined;
  /** What AWS showed when it was last read; what could not be read since then is marked as old. */
  readonly have: SiteHave | undefined;
  /** The releases as they were last read; undefined when they could not be. */
  readonly releases: Releases | undefined;
  /** The prices of what the site is charged for; undefined until they were looked up. */
  readonly prices?: Prices | undefined;
  /** When each resource was last read, as milliseconds since 1970. */
  readonly readMs: Readonly<Partial<Record<ResourceName, number>>>;
  /** Why the site file or AWS could not be read. */
  readonly problem: Error | undefined;
}

/** A site of which nothing was read yet. */
export function newEntry(folder: vscode.WorkspaceFolder): SiteEntry {
  return { folder, site: undefined, have: undefined, releases: undefined, readMs: {}, problem: undefined };
}

/** True for a problem that signing in to AWS ends. */
export function isSignedOut(problem: Error | undefined): boolean {
  return remediesOf(problem).some(({ command }) => command === 'sitelift.signIn');
}
