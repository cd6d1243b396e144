import assert from 'node:assert/strict';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS } from '../../../src/shell/commands';
import { connectControlPlane } from '../../sandbox/controlPlane';

describe('a workspace that is not trusted', () => {
  it('gets nothing done by any command, and AWS is not called', async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder');
    await writeFile(join(root, 'index.html'), '<p>');
    for (const id of Object.keys(COMMANDS)) {
      assert.equal(await vscode.commands.executeCommand(id, { account: '123456789012' }), undefined, id);
    }
    await assert.rejects(access(join(root, 'sitelift.json')));
    const { port } = new URL(process.env['SITELIFT_CONTROL_PLANE'] ?? '');
    assert.deepEqual(await connectControlPlane(Number(port)).calls(), []);
  });
});
