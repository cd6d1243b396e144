import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { askLine, askModal, askWhich, showProgress, tell, tellFailure, tellWarning } from '../../src/shell/tell';

const HOSTILE = '[free disk](command:workbench.action.terminal.new)\n\u202e$(trash) `x`';
const PLAIN = "[free disk] (command:workbench.action.terminal.new) $ (trash) 'x'";

/** What VS Code is given to show, whichever of its functions is called. */
function listen(): { readonly shown: unknown[][]; stop(): void } {
  const shown: unknown[][] = [];
  const names = [
    ...(['showInformationMessage', 'showWarningMessage', 'showErrorMessage'] as const),
    ...(['showQuickPick', 'showInputBox', 'withProgress'] as const),
  ];
  const originals = names.map((name) => [name, vscode.window[name]] as const);
  for (const name of names) {
    const take = (...given: unknown[]) => {
      shown.push(given);
      return Promise.resolve(undefined);
    };
    Object.assign(vscode.window, { [name]: take });
  }
  return {
    shown,
    stop: () => originals.forEach(([name, original]) => Object.assign(vscode.window, { [name]: original })),
  };
}

describe('what VS Code is given to show', () => {
  let window: ReturnType<typeof listen>;
  beforeEach(() => (window = listen()));
  afterEach(() => window.stop());

  it('is plain text, in notifications and dialogs', async () => {
    for (const show of [tell, tellWarning, tellFailure]) await show(HOSTILE, 'Show Log');
    assert.deepEqual(window.shown, Array(3).fill([PLAIN, 'Show Log']));
    for (const warns of [false, true]) await askModal({ question: HOSTILE, lines: [HOSTILE, 'two'], warns }, 'Publish');
    assert.deepEqual(
      window.shown.slice(3),
      Array(2).fill([PLAIN, { modal: true, detail: `${PLAIN}\ntwo` }, 'Publish']),
    );
  });

  it('is plain text, in lists, boxes and what a box says of an answer', async () => {
    await askWhich(HOSTILE, [{ label: HOSTILE, description: HOSTILE, detail: HOSTILE }]);
    const [items, options] = window.shown[0] as [vscode.QuickPickItem[], vscode.QuickPickOptions];
    const { label, description, detail } = items[0] ?? assert.fail('no item');
    assert.deepEqual([label, description, detail, options.placeHolder], [PLAIN, PLAIN, PLAIN, PLAIN]);
    await askLine(HOSTILE, HOSTILE, (text) => (text === 'right' ? undefined : HOSTILE));
    const [box] = window.shown[1] as [vscode.InputBoxOptions];
    assert.deepEqual([box.prompt, box.placeHolder], [PLAIN, PLAIN]);
    assert.deepEqual([box.validateInput?.('wrong'), box.validateInput?.('right')], [PLAIN, '']);
  });

  it('is plain text, while something goes on', async () => {
    const work = (report: (message: string, increment: number) => void) => Promise.resolve(report(HOSTILE, 1));
    await showProgress(HOSTILE, work);
    const [options, task] = window.shown[0] as Parameters<typeof vscode.window.withProgress>;
    assert.equal(options.title, PLAIN);
    const told: unknown[] = [];
    await task({ report: (value) => void told.push(value) }, new vscode.CancellationTokenSource().token);
    assert.deepEqual(told, [{ message: PLAIN, increment: 1 }]);
  });
});
