import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { App } from '../../src/shell/app';
import { personOf } from '../../src/shell/person';

describe('the person in front of the window', () => {
  const subscriptions: vscode.Disposable[] = [];
  const person = personOf({ subscriptions } as unknown as App);
  const { showInputBox, showInformationMessage } = vscode.window;
  const answers = (answer: PromiseLike<string | undefined>) =>
    Object.assign(vscode.window, { showInputBox: () => answer, showInformationMessage: () => answer });

  afterEach(async () => {
    Object.assign(vscode.window, { showInputBox, showInformationMessage });
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
  after(() => vscode.Disposable.from(...subscriptions).dispose());

  it('agrees to lose data by nothing but the typed name', async () => {
    for (const [typed, agrees] of [
      ['demo', true],
      ['Demo', false],
      ['', false],
      [undefined, false],
    ] as const) {
      answers(Promise.resolve(typed));
      assert.equal(await person.types('demo'), agrees, typed);
    }
  });

  it('reads a plan in an editor, and is asked again only after going on', async () => {
    for (const [answer, goesOn] of [
      ['Continue…', true],
      ['Cancel', false],
      [undefined, false],
    ] as const) {
      answers(Promise.resolve(answer));
      const title = 'Publish “demo” [x](command:y)?';
      assert.equal(await person.reads(title, `the plan, ${answer}\n`, new AbortController().signal), goesOn, answer);
      const { document } = vscode.window.activeTextEditor ?? assert.fail('no editor');
      assert.equal(document.getText(), `the plan, ${answer}\n`);
      assert.equal(document.uri.path, '/Publish demo x command y.txt');
    }
  });

  it('is not waited for any more once the command was cancelled', async () => {
    const cancelled = new AbortController();
    answers(new Promise(() => undefined));
    const reading = person.reads('Publish?', 'the plan', cancelled.signal);
    cancelled.abort();
    await assert.rejects(reading, { name: 'AbortError' });
  });
});
