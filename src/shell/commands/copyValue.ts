import * as vscode from 'vscode';
import { UserError } from '../../core/op';
import type { App } from '../app';
import { loadView } from '../viewChunk';
import { chooseRow } from '../chooseRow';

/** Copies what a row of the tree says; gives the text. */
export async function copyValue(app: App, argument: unknown): Promise<string | undefined> {
  const { valueOf } = await loadView();
  const row = await chooseRow(app, argument, 'Value to copy', valueOf);
  if (!row) return undefined;
  const { value } = valueOf(row) ?? {};
  if (value === undefined) throw new UserError('This row has no value to copy.');
  await vscode.env.clipboard.writeText(value);
  return value;
}
