import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { settleUnsaved } from '../../src/shell/unsavedFiles';

describe('files that are not saved when something is to be published', () => {
  let folder: string;
  let asked: unknown[][];
  const original = vscode.window.showWarningMessage;

  beforeEach(async () => {
    asked = [];
    folder = await mkdtemp(join(tmpdir(), 'sitelift-unsaved-'));
    await mkdir(join(folder, 'root'));
  });
  afterEach(async () => {
    Object.assign(vscode.window, { showWarningMessage: original });
    for (const { isDirty, uri } of vscode.workspace.textDocuments) {
      if (!isDirty) continue;
      await vscode.window.showTextDocument(uri);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    }
    await rm(folder, { recursive: true });
  });

  const answers = (choose: (...buttons: string[]) => string | undefined) =>
    Object.assign(vscode.window, {
      showWarningMessage: (...given: [string, object, ...string[]]) => {
        asked.push(given);
        return Promise.resolve(choose(...(given.slice(2) as string[])));
      },
    });
  const settle = (unattended = false) => settleUnsaved(join(folder, 'root'), 'Publish', unattended);

  /** A file whose text in the editor is newer than on the disk. */
  async function edited(path: string): Promise<vscode.TextDocument> {
    await writeFile(join(folder, path), 'old');
    const document = await vscode.workspace.openTextDocument(join(folder, path));
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 0, 0, 3), 'new');
    await vscode.workspace.applyEdit(edit);
    assert.ok(document.isDirty);
    return document;
  }
  const saved = (path: string) => readFile(join(folder, path), 'utf8');

  it('are asked about, and saved only when that is the answer', async () => {
    await edited('root/index.html');
    await edited('beside.html');
    answers(() => undefined);
    assert.equal(await settle(), false);
    answers((_save, leave) => leave);
    assert.equal(await settle(), true);
    assert.equal(await saved('root/index.html'), 'old');
    answers((save) => save);
    assert.equal(await settle(), true);
    assert.deepEqual([await saved('root/index.html'), await saved('beside.html')], ['new', 'old']);
    assert.equal(asked.length, 3);
    const [question, { detail }, ...buttons] = asked[0] as [string, { detail: string }, ...string[]];
    assert.equal(question, 'One file is not saved. Save first?');
    assert.match(detail, /• .*root\/index\.html$/);
    assert.deepEqual(buttons, ['Save and Publish…', 'Publish Without Saving…']);
    assert.equal(await settle(), true);
    assert.equal(asked.length, 3);
  });

  it('are saved without a person to ask', async () => {
    await edited('root/index.html');
    answers(() => assert.fail('nobody is there'));
    assert.equal(await settle(true), true);
    assert.equal(await saved('root/index.html'), 'new');
  });

  it('stop everything when one cannot be saved', async () => {
    const document = await edited('root/index.html');
    await rm(document.uri.fsPath);
    await mkdir(document.uri.fsPath);
    await assert.rejects(settle(true), /root\/index\.html could not be saved, so nothing was sent/);
    await rm(document.uri.fsPath, { recursive: true });
    await writeFile(document.uri.fsPath, 'old');
  });
});
