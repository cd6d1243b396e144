import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { newSiteId, siteFileText } from '../../../src/core/site';
import type { App } from '../../../src/shell/app';
import { INTENTS } from '../../../src/shell/intents';
import { Connections } from '../../../src/shell/connections';
import { publishOnSave } from '../../../src/shell/publishOnSave';
import { Sites } from '../../../src/shell/sites';
import { connectControlPlane } from '../../sandbox/controlPlane';
import { until } from '../../vscode/until';

const ACCOUNT = '123456789012';
const root = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder');
const calls = () => connectControlPlane(Number(new URL(process.env['SITELIFT_CONTROL_PLANE'] ?? '').port)).calls();
const siteFile = () =>
  siteFileText({ name: 'demo', id: newSiteId(), account: ACCOUNT, region: 'us-east-1', root: '.' });

describe('a workspace that is not trusted', () => {
  before(async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    await writeFile(join(root(), 'index.html'), '<img src="a.png">');
    await writeFile(join(root(), 'a.png'), 'x');
  });

  it('gets no site created', async () => {
    assert.equal(await vscode.commands.executeCommand('sitelift.createSite', { account: ACCOUNT }), undefined);
    assert.ok(!(await readdir(root())).includes('sitelift.json'));
    assert.deepEqual(await calls(), []);
  });

  // With a site, each of these calls AWS in a workspace that is trusted, if only to compare the account.
  for (const name of Object.keys(INTENTS)) {
    const id = `sitelift.${name}`;
    it(`gets nothing done by ${id}, although it is a site`, async () => {
      const text = siteFile();
      await writeFile(join(root(), 'sitelift.json'), text);
      const options = { account: ACCOUNT, files: [join(root(), 'a.png')] };
      assert.equal(await vscode.commands.executeCommand(id, options), undefined);
      assert.deepEqual(await calls(), []);
      assert.equal(await readFile(join(root(), 'sitelift.json'), 'utf8'), text);
    });
  }

  it('is not published on save, whatever its settings say', async () => {
    await writeFile(join(root(), 'sitelift.json'), siteFile());
    await mkdir(join(root(), '.vscode'), { recursive: true });
    await writeFile(join(root(), '.vscode', 'settings.json'), '{ "sitelift.publishOnSave": true }');
    const own = () => vscode.workspace.getConfiguration('sitelift', vscode.Uri.file(root()));
    const lacking = { sites: { entryOf: (folder: vscode.WorkspaceFolder) => ({ folder }) } };
    // It would fail for what it lacks if it did anything.
    const habit = publishOnSave(lacking as unknown as App);
    try {
      const document = await vscode.workspace.openTextDocument(join(root(), 'index.html'));
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, new vscode.Position(0, 0), ' ');
      await vscode.workspace.applyEdit(edit);
      await document.save();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      assert.equal(own().get('publishOnSave'), false);
      assert.deepEqual(await calls(), []);
    } finally {
      habit.dispose();
    }
  });

  it('is not read from AWS, not even while its view shows or an image action asks', async () => {
    await writeFile(join(root(), 'sitelift.json'), siteFile());
    const log = vscode.window.createOutputChannel('Sitelift in the tests', { log: true });
    const sites = new Sites(log, new Connections(), '/dev/null/nowhere');
    try {
      sites.watch(true);
      await until(
        async () => sites.isFound,
        () => Promise.resolve(),
      );
      await sites.refresh();
      assert.equal(sites.entries.length, 1, 'the site is found');
      assert.deepEqual(
        sites.entries.map(({ have, site }) => [have, site]),
        [[undefined, undefined]],
      );
      assert.equal(await sites.entryFor(vscode.Uri.file(join(root(), 'index.html'))), undefined);
      assert.deepEqual(await calls(), []);
    } finally {
      sites.dispose();
      log.dispose();
    }
  });
});
