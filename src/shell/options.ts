import * as vscode from 'vscode';
import { UserError } from '../core/op';
import type { SiteNode } from './views/siteNode';

/** Options that let a task, a keybinding or a test run a command without prompts; the account must be named. */
export interface Unattended {
  /** The 12-digit account that the caller expects; another one is refused. */
  readonly account: string;
  /** Path of the site's folder; needed when the window has several sites. */
  readonly folder?: string;
  /** Lets a publication remove more than ten files and more than a tenth of the site. */
  readonly removals?: boolean;
}

/** The options object among a command's arguments. Throws `UserError` when it does not name an account. */
export function unattended<Options extends Unattended>(argument: unknown): Options | undefined {
  if (!isOptions(argument)) return undefined;
  const { account } = argument as { account?: unknown };
  if (typeof account !== 'string' || !/^\d{12}$/.test(account)) {
    throw new UserError(
      'Options passed to this command must name the expected account: { "account": "123456789012" }.',
    );
  }
  return argument as Options;
}

/** True for an options object, as opposed to what menus pass: a row of the tree or a file. */
export function isOptions(argument: unknown): boolean {
  return typeof argument === 'object' && argument !== null && !(argument instanceof vscode.Uri) && !isNode(argument);
}

/** True for a row of the tree. */
export function isNode(argument: unknown): argument is SiteNode {
  return typeof argument === 'object' && argument !== null && 'kind' in argument;
}
