import * as vscode from 'vscode';
import { UserError } from '../../core/op';
import type { App } from '../app';
import { loadView } from '../viewChunk';
import { chooseRow } from '../chooseRow';

/** Opens what a row of the tree is about in the AWS console; gives the address. */
export async function openInConsole(app: App, argument: unknown): Promise<string | undefined> {
  const { consoleUrlOf } = await loadView();
  const row = await chooseRow(app, argument, 'Resource to open in the AWS console', (node) =>
    node.kind === 'resource' ? consoleUrlOf(node) : undefined,
  );
  if (!row) return undefined;
  const url = consoleUrlOf(row);
  if (url === undefined) throw new UserError('This row has no place in the AWS console.');
  // As text, because as an address VS Code would encode the part after `#`, which the console then does not understand.
  await vscode.commands.executeCommand('vscode.open', url);
  return url;
}
