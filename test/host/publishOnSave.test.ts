import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { newSiteId, siteFileText } from '../../src/core/site';
import { connectControlPlane } from '../sandbox/controlPlane';
import { until } from '../vscode/until';

const ACCOUNT = '123456789012';
const nothing = () => Promise.resolve();
const root = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder');
const file = (name: string) => join(root(), name);
const controlPlane = () => connectControlPlane(Number(new URL(process.env['SITELIFT_CONTROL_PLANE'] ?? '').port));
const askAgain = async () => vscode.commands.executeCommand<boolean>('sitelift.askAgain', { account: ACCOUNT });
const settings = () => vscode.workspace.getConfiguration('sitelift', vscode.Uri.file(root()));
const turn = async (isOn: boolean | undefined) =>
  settings().update('publishOnSave', isOn, vscode.ConfigurationTarget.WorkspaceFolder);
/** More time than a save needs to be asked about. */
const moment = () => new Promise((resolve) => setTimeout(resolve, 2500));

/** Changes a file in its editor and saves it. */
async function save(name = 'public/index.html'): Promise<void> {
  const document = await vscode.workspace.openTextDocument(file(name));
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, document.lineAt(document.lineCount - 1).range.end, '\n');
  await vscode.workspace.applyEdit(edit);
  assert.ok(await document.save());
}

// VS Code gives the extension and its tests one and the same `vscode.window`.
describe('publishing on save', () => {
  const { showErrorMessage, showInformationMessage } = vscode.window;
  let told: string[];
  let answer: string | undefined;
  const asked = () => told.filter((text) => text.startsWith('Publish “Saved” on each save?'));
  const failures = () => told.filter((text) => text.startsWith('Failure: '));
  const untilAsked = (times: number) =>
    until(
      async () => asked().length >= times,
      () => save(),
      { gestureMs: 5000 },
    );

  before(async () => {
    const site = { name: 'Saved', id: newSiteId(), account: ACCOUNT, region: 'us-east-1', root: 'public' };
    await mkdir(file('public/drafts'), { recursive: true });
    await writeFile(file('sitelift.json'), siteFileText(site));
    for (const name of ['public/index.html', 'public/drafts/a.html', 'outside.html'])
      await writeFile(file(name), '<p>');
    await writeFile(file('public/.siteliftignore'), 'drafts/\n');
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const name of ['sitelift.json', 'public', 'outside.html']) await rm(file(name), { recursive: true });
  });

  beforeEach(async () => {
    [told, answer] = [[], undefined];
    await askAgain();
    Object.assign(vscode.window, {
      showInformationMessage: (question: string, { detail }: { detail?: string } = {}) => {
        told.push(`${question}\n${detail}`);
        return Promise.resolve(answer);
      },
      showErrorMessage: (message: string) => Promise.resolve(void told.push(`Failure: ${message}`)),
    });
  });
  afterEach(async () => {
    await turn(undefined);
    // What was saved last is not published any more, nor asked about in the next test.
    await moment();
    Object.assign(vscode.window, { showErrorMessage, showInformationMessage });
  });

  it('asks before the first time with site, account, region and root; refused, it stays off until the settings change', async () => {
    await turn(true);
    await untilAsked(1);
    const lines = asked()[0]?.split('\n') ?? [];
    assert.deepEqual(lines.slice(1, 3), [
      `Account ${ACCOUNT}, region us-east-1`,
      `Root folder: public (in ${vscode.workspace.workspaceFolders?.[0]?.name})`,
    ]);
    await save();
    await moment();
    assert.deepEqual([asked().length, failures()], [1, []]);
    await turn(false);
    await turn(true);
    await untilAsked(2);
  });

  it('is off unless the settings ask for it', async () => {
    assert.equal(settings().get('publishOnSave'), false);
    await save();
    await moment();
    assert.deepEqual(told, []);
  });

  it('asks once, and tells once what stands in the way of every save', async () => {
    answer = 'Publish on Save';
    await turn(true);
    await until(
      async () => failures().length > 0,
      () => save(),
      { gestureMs: 10_000 },
    );
    assert.match(failures()[0] ?? '', /lacks a server/);
    await controlPlane().send('DELETE', 'calls');
    await save();
    await until(
      async () => (await controlPlane().calls()).some(({ action }) => action === 'DescribeInstances'),
      nothing,
    );
    await moment();
    assert.deepEqual([asked().length, failures().length], [1, 1]);
  });

  it('asks again once what was agreed to is taken back, which a second time is nothing', async () => {
    answer = 'Publish on Save';
    await turn(true);
    await untilAsked(1);
    assert.deepEqual([await askAgain(), await askAgain()], [true, false]);
    await untilAsked(2);
  });

  it('leaves alone what is not published: files outside of the root and ignored ones', async () => {
    await turn(true);
    for (const name of ['outside.html', 'public/drafts/a.html', 'public/.siteliftignore']) await save(name);
    await moment();
    assert.deepEqual(asked(), []);
    await untilAsked(1);
  });

  it('waits for what goes on for the site', async () => {
    await turn(true);
    await controlPlane().send('POST', 'faults', { service: '*', action: '*', kind: 'delay', seconds: 5, times: 3 });
    const verifying = vscode.commands.executeCommand('sitelift.verifySite', { account: ACCOUNT }).then(
      () => told.push('verified'),
      () => told.push('verified'),
    );
    await moment();
    await save();
    await until(async () => asked().length > 0, nothing);
    await verifying;
    await controlPlane().send('DELETE', 'faults');
    const order = told.filter((text) => !text.startsWith('Failure: '));
    assert.equal(order[0], 'verified');
  });
});
