import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import policy from '../../docs/iam-policy.json';
import { explain } from '../../src/core/aws/errors';
import { logTo } from '../../src/shell/log';
import { tellingErrors } from '../../src/shell/operation';

const account = { account: '123456789012' };
const denied = Object.assign(new Error('… is not authorized to perform: iam:CreateRole on …'), {
  name: 'AccessDenied',
});

describe('a failure for which there are ways on', () => {
  const { showErrorMessage } = vscode.window;
  const { executeCommand } = vscode.commands;
  const shown: unknown[][] = [];
  const run: string[] = [];
  const channel = vscode.window.createOutputChannel('Remedies', { log: true });

  /** Whoever sees a failure chooses a button. */
  const choosing = (button: string | undefined) => {
    Object.assign(vscode.window, {
      showErrorMessage: (...given: unknown[]) => {
        shown.push(given);
        return Promise.resolve(button);
      },
    });
    Object.assign(vscode.commands, { executeCommand: (id: string) => Promise.resolve(void run.push(id)) });
  };
  beforeEach(() => {
    shown.length = run.length = 0;
  });
  afterEach(() => {
    Object.assign(vscode.window, { showErrorMessage });
    Object.assign(vscode.commands, { executeCommand });
  });
  after(() => channel.dispose());

  const fail = async () => {
    await tellingErrors(logTo(channel), 'provision the server', false, () => Promise.reject(explain(denied)));
    // What was chosen is done once this is over.
    await new Promise((resolve) => setImmediate(resolve));
  };

  it('has a button for each of them, and names what AWS refused first', async () => {
    choosing(undefined);
    await fail();
    const [message, ...buttons] = shown[0] ?? [];
    assert.match(String(message), /^iam:CreateRole is not allowed to this AWS user or role\./);
    assert.deepEqual(buttons, ['Select Profile…', 'Copy Policy', 'Show Log']);
    assert.deepEqual(run, []);
  });

  for (const [button, command] of [
    ['Select Profile…', 'sitelift.selectProfile'],
    ['Copy Policy', 'sitelift.copyPolicy'],
  ] as const) {
    it(`goes on by ${command} when “${button}” is chosen`, async () => {
      choosing(button);
      await fail();
      assert.deepEqual(run, [command]);
    });
  }

  it('leads to the policy of the documentation on the clipboard', async () => {
    const text = await vscode.commands.executeCommand<string>('sitelift.copyPolicy', account);
    assert.equal(await vscode.env.clipboard.readText(), text);
    assert.deepEqual(JSON.parse(text), policy);
  });
});
