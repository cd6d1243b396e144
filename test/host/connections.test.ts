import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { isUserError } from '../../src/core/op';
import { loadAws } from '../../src/shell/chunks';
import { Connections } from '../../src/shell/connections';
import { addCountingProfile, addMfaProfile } from '../sandbox/profiles';
import { connectControlPlane } from '../sandbox/controlPlane';
import type { MadeUser, SandboxUser } from '../sandbox/sandbox';

const op = { signal: new AbortController().signal, report: () => undefined };
const here = { env: process.env as Record<string, string> };
const region = 'us-east-1';

describe('a profile with an MFA device', () => {
  const { showInputBox } = vscode.window;
  let asked: vscode.InputBoxOptions[];
  let profile: string;
  let device: string;

  before(async () => {
    const plane = connectControlPlane(Number(new URL(process.env['SITELIFT_CONTROL_PLANE'] ?? '').port));
    const { createClients } = await loadAws();
    const createUser = (user: SandboxUser) => plane.make<MadeUser>('users', user);
    const made = await addMfaProfile(here, createUser, createClients({ region }).iam, '*');
    profile = made.profile;
    device = made.user.mfaSerial ?? assert.fail('no device');
  });
  beforeEach(() => (asked = []));
  afterEach(() => void Object.assign(vscode.window, { showInputBox }));

  const answers = (code: string | undefined) =>
    Object.assign(vscode.window, {
      showInputBox(options: vscode.InputBoxOptions) {
        asked.push(options);
        return Promise.resolve(code);
      },
    });
  /** Asks AWS twice whose credentials these are. */
  async function identify(connections: Connections): Promise<string> {
    const aws = await loadAws();
    const settings = { profile, region, proxyUrl: undefined, noProxy: [] };
    await aws.identify(await connections.clientsFor(settings), op);
    return (await aws.identify(await connections.clientsFor(settings), op)).arn;
  }

  it('asks the person who runs a command for its code, once', async () => {
    answers(' 123456 ');
    const connections = new Connections();
    assert.match(await connections.attended(() => identify(connections)), /:assumed-role\//);
    assert.equal(asked.length, 1);
    assert.equal(asked[0]?.prompt, `MFA code of ${device}`);
    assert.deepEqual(
      ['123456', ' 123456', '12345', 'abcdef'].map((text) => asked[0]?.validateInput?.(text)),
      ['', '', 'The code has six digits.', 'The code has six digits.'],
    );
    assert.match(await identify(connections), /:assumed-role\//);
    assert.equal(asked.length, 1);
  });

  it('asks nobody when no person has asked for something, but says how to enter the code', async () => {
    answers('123456');
    const problem: unknown = await identify(new Connections()).then(
      () => assert.fail('was let in'),
      (error: unknown) => error,
    );
    assert.ok(isUserError(problem) && problem.remedy?.command === 'sitelift.refresh', String(problem));
    assert.match(problem.message, /needs an MFA code\. Choose Refresh to enter it/);
    assert.deepEqual(asked, []);
  });

  it('is not used when no code is entered', async () => {
    answers(undefined);
    const connections = new Connections();
    await assert.rejects(
      connections.attended(() => identify(connections)),
      /needs an MFA code, and none was entered/,
    );
  });
});

describe('the clients of a window', () => {
  const account = '123456789012';
  const select = (profile?: string) =>
    vscode.commands.executeCommand('sitelift.selectProfile', { account, ...(profile ? { profile } : {}) });
  after(() => select());

  it('are dropped with their credentials when the profile is switched, and back, and chosen once more', async () => {
    const { count } = await addCountingProfile(here, 'switched');
    const asked: number[] = [];
    for (const profile of ['switched', undefined, 'switched', 'switched']) {
      await select(profile);
      asked.push(await count());
    }
    assert.deepEqual(asked, [1, 1, 2, 3]);
  });
});
