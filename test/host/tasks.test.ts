import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { newSiteId, siteFileText } from '../../src/core/site';
import { until } from '../vscode/until';

const root = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder');
const file = (name: string) => join(root(), name);

/** Runs a task and gives its exit code. */
async function exitOf(task: vscode.Task): Promise<number | undefined> {
  const ended = new Promise<number | undefined>((resolve) => {
    const subscription = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      if (execution.task.name !== task.name) return;
      subscription.dispose();
      resolve(exitCode);
    });
  });
  await vscode.tasks.executeTask(task);
  return ended;
}

describe('tasks', () => {
  const tasks = () =>
    until(
      async () => {
        const found = await vscode.tasks.fetchTasks({ type: 'sitelift' });
        return found.length > 0 && found;
      },
      () => Promise.resolve(),
    );

  before(async () => {
    const text = siteFileText({
      name: 'Task',
      id: newSiteId(),
      account: '123456789012',
      region: 'us-east-1',
      root: '.',
    });
    await writeFile(file('sitelift.json'), text);
    await writeFile(file('index.html'), '<!doctype html>');
  });
  after(async () => {
    for (const terminal of vscode.window.terminals) terminal.dispose();
    for (const name of ['sitelift.json', 'index.html']) await rm(file(name), { force: true });
  });

  it('are offered to publish and to verify a site', async () => {
    const offered = (await tasks()).map(({ definition, name, source }) => [definition, name, source]);
    assert.deepEqual(offered, [
      [{ type: 'sitelift', command: 'publish' }, 'publish', 'sitelift'],
      [{ type: 'sitelift', command: 'verify' }, 'verify', 'sitelift'],
    ]);
  });

  it('end with 1 when what they do fails', async () => {
    for (const task of await tasks()) assert.equal(await exitOf(task), 1, task.name);
  });

  it('end with 1 when they name what there is not', async () => {
    const [known = assert.fail('no task')] = await tasks();
    for (const change of [{ command: 'destroy' }, { command: 'publish', site: 'elsewhere' }, { command: 'toString' }]) {
      const { execution, source } = known;
      const definition = { type: 'sitelift', ...change };
      const task = new vscode.Task(definition, vscode.TaskScope.Workspace, JSON.stringify(change), source, execution);
      assert.equal(await exitOf(task), 1, JSON.stringify(change));
    }
  });
});
