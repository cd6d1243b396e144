import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { SIGN_IN } from '../../src/core/aws/errors';
import { UserError } from '../../src/core/op';
import { newSiteId, parseSite, siteFileText } from '../../src/core/site';
import { Connections } from '../../src/shell/connections';
import { isSignedOut, newEntry } from '../../src/shell/siteEntry';
import { SiteReader } from '../../src/shell/siteReader';
import { addSsoProfile, answerSignIn } from '../sandbox/profiles';
import { connectControlPlane } from '../sandbox/controlPlane';

const ACCOUNT = '123456789012';
const here = { env: process.env as Record<string, string> };
const folder = () => vscode.workspace.workspaceFolders?.[0] ?? assert.fail('no folder');
const file = () => join(folder().uri.fsPath, 'sitelift.json');
const plane = () => connectControlPlane(Number(new URL(process.env['SITELIFT_CONTROL_PLANE'] ?? '').port));
const useProfile = (profile: string | undefined) =>
  vscode.workspace
    .getConfiguration('sitelift', folder().uri)
    .update('profile', profile, vscode.ConfigurationTarget.WorkspaceFolder);

describe('a site whose profile signs in by IAM Identity Center', () => {
  const { showErrorMessage, showInformationMessage, showWarningMessage } = vscode.window;
  const { openExternal } = vscode.env;
  const homeBefore = process.env['HOME'];
  const profile = newSiteId();
  let home: string;
  let asked: string[];
  let opened: string[];
  let told: unknown[][];

  before(async () => {
    await addSsoProfile(here, profile);
    const text = siteFileText({ name: 'Signed', id: newSiteId(), account: ACCOUNT, region: 'us-east-1', root: '.' });
    await writeFile(file(), text);
    await useProfile(profile);
  });
  after(async () => {
    await useProfile(undefined);
    await rm(file());
  });
  beforeEach(async () => {
    [asked, opened, told] = [[], [], []];
    home = await mkdtemp(join(tmpdir(), 'sitelift-home-'));
    process.env['HOME'] = home;
  });
  afterEach(async () => {
    Object.assign(vscode.window, { showErrorMessage, showInformationMessage, showWarningMessage });
    Object.assign(vscode.env, { openExternal });
    if (homeBefore === undefined) delete process.env['HOME'];
    else process.env['HOME'] = homeBefore;
    await rm(home, { recursive: true });
    await plane().send('DELETE', 'signIns');
    await plane().send('DELETE', 'sessions');
  });

  /** A person who gives these answers, by the beginnings of the questions, and does this in the browser. */
  function person(answers: Readonly<Record<string, string>>, inBrowser: 'approve' | 'deny' = 'approve'): void {
    const ask = (question: string) => {
      asked.push(question);
      const [, answer] = Object.entries(answers).find(([start]) => question.startsWith(start)) ?? [];
      return Promise.resolve(answer);
    };
    const fail = (...given: unknown[]) => Promise.resolve(void told.push(given));
    Object.assign(vscode.window, { showInformationMessage: ask, showWarningMessage: ask, showErrorMessage: fail });
    Object.assign(vscode.env, {
      async openExternal(url: vscode.Uri) {
        opened.push(url.toString(true));
        await answerSignIn(plane().port, url.toString(true), inBrowser);
        return true;
      },
    });
  }

  it('is provisioned after one question, the page in the browser and the plan, without the command being run again', async () => {
    person({ 'Sign in to AWS': 'Sign In', 'Provision the bucket': 'Provision' });
    const keys = await vscode.commands.executeCommand<readonly string[]>('sitelift.provisionBucket');
    assert.ok(keys.includes('bucket'), String(keys));
    assert.deepEqual(asked.slice(0, 2), ['Sign in to AWS to go on?', 'Provision the bucket for “Signed”?']);
    assert.match(opened[0] ?? '', /^https:\/\/device\.sso\.eu-west-1\.amazonaws\.com\/\?user_code=[A-Z]{4}-[A-Z]{4}$/);
    assert.equal(opened.length, 1);
    assert.deepEqual(told, []);
  });

  it('is left alone, with Sign In as a way on, when the page is denied', async () => {
    person({ 'Sign in to AWS': 'Sign In' }, 'deny');
    await vscode.commands.executeCommand('sitelift.provisionBucket');
    assert.deepEqual(asked, ['Sign in to AWS to go on?']);
    const [message, ...buttons] = told[0] ?? [];
    assert.match(String(message), /^The sign-in to AWS was denied in the browser\./);
    assert.equal(buttons[0], 'Sign In…');
    assert.deepEqual(await readdir(home), []);
  });

  it('is left alone without a word when the question, or the page, is refused', async () => {
    for (const answers of [{}, { 'Sign in to AWS': 'Sign In' }]) {
      person(answers);
      Object.assign(vscode.env, { openExternal: () => Promise.resolve(false) });
      assert.equal(await vscode.commands.executeCommand('sitelift.provisionBucket'), undefined);
      assert.equal(await vscode.commands.executeCommand('sitelift.showPlan'), undefined);
    }
    assert.deepEqual(new Set(asked), new Set(['Sign in to AWS to go on?']));
    assert.equal(asked.length, 4);
    assert.deepEqual(told, []);
    assert.deepEqual(await readdir(home), []);
  });

  it('is read without asking anybody, and shown as signed out', async () => {
    const connections = new Connections(() => assert.fail('somebody was asked'));
    const reader = new SiteReader(connections, '/dev/null/nowhere');
    const { problem } = await reader.read(newEntry(folder()), 'cheap', () => undefined);
    reader.close();
    assert.ok(isSignedOut(problem), String(problem));
  });

  it('is shown as signed out also when it was signed in at the reading before', async () => {
    const site = parseSite(await readFile(file(), 'utf8'));
    await useProfile('sitelift');
    const { clients } = await new Connections().contextFor(folder(), site);
    await useProfile(profile);
    const { config } = clients.sts;
    let isOver = false;
    const ended = () => Promise.reject(new UserError('over', { remedy: SIGN_IN }));
    const credentials: typeof config.credentials = (options) => (isOver ? ended() : config.credentials(options));
    const sts = Object.create(clients.sts, { config: { value: { ...config, credentials } } }) as typeof clients.sts;
    const connections = { contextFor: () => Promise.resolve({ site, clients: { ...clients, sts } }) };
    const reader = new SiteReader(connections as unknown as Connections, '/dev/null/nowhere');
    const first = await reader.read(newEntry(folder()), 'cheap', () => undefined);
    assert.deepEqual([first.problem, first.have?.bucket.kind], [undefined, 'known']);
    isOver = true;
    const second = await reader.read(first, 'cheap', () => undefined);
    reader.close();
    assert.ok(isSignedOut(second.problem), String(second.problem));
    assert.equal(second.have?.bucket.kind === 'known' && second.have.bucket.old, 'over');
  });

  it('is not asked about by a task or a keybinding with options', async () => {
    person({ 'Sign in to AWS': 'Sign In' });
    const run = vscode.commands.executeCommand('sitelift.provisionBucket', { account: ACCOUNT });
    await assert.rejects(Promise.resolve(run), /is not signed in, or its sign-in .* has expired/);
    assert.deepEqual([asked, opened], [[], []]);
  });

  it('is signed in by a command of its own, which opens the page at once', async () => {
    person({});
    assert.equal(await vscode.commands.executeCommand('sitelift.signIn'), ACCOUNT);
    assert.equal(opened.length, 1);
    assert.match(asked[0] ?? '', /^Signed in to AWS: account 123456789012 as arn:aws:sts::.*AWSReservedSSO_/);
  });

  it('is left alone when it is cancelled before AWS has named a page', async () => {
    person({});
    const { withProgress } = vscode.window;
    const cancelled: vscode.CancellationToken = {
      isCancellationRequested: true,
      onCancellationRequested: (listener) => (listener(undefined), new vscode.Disposable(() => undefined)),
    };
    Object.assign(vscode.window, {
      withProgress: ((_options, work) => work({ report: () => undefined }, cancelled)) satisfies typeof withProgress,
    });
    try {
      assert.equal(await vscode.commands.executeCommand('sitelift.signIn'), undefined);
    } finally {
      Object.assign(vscode.window, { withProgress });
    }
    assert.deepEqual([asked, opened, told], [[], [], []]);
  });

  it('is told to have no such sign-in where its profile has none', async () => {
    person({});
    await useProfile('sitelift');
    try {
      await vscode.commands.executeCommand('sitelift.signIn');
    } finally {
      await useProfile(profile);
    }
    assert.match(String(told[0]?.[0]), /^The AWS profile “sitelift” does not sign in by IAM Identity Center \(SSO\)\./);
    assert.equal(told[0]?.[1], 'Select Profile…');
    assert.deepEqual(opened, []);
  });
});

describe('a person whose commands need a sign-in', () => {
  it('is asked once while they run, also after a refusal, and again by the next one', async () => {
    const profile = newSiteId();
    await addSsoProfile(here, profile);
    let asked = 0;
    const connections = new Connections(() => Promise.resolve((asked += 1) < 0));
    const settings = { profile, region: 'us-east-1', proxyUrl: undefined, noProxy: [] };
    const read = async () => (await connections.clientsFor(settings)).s3.config.credentials();
    await connections.attended(async () => {
      for (let time = 0; time < 3; time += 1) await assert.rejects(Promise.all([read(), read()]), /is not signed in/);
    });
    assert.equal(asked, 1);
    await connections.attended(() => assert.rejects(read(), /is not signed in/));
    assert.equal(asked, 2);
  });

  it('is asked once while they run, also after a sign-in that came to nothing', async () => {
    const profile = newSiteId();
    await addSsoProfile(here, profile);
    let asked = 0;
    const connections = new Connections(() => Promise.reject(new Error(`denied ${(asked += 1)}`)));
    const settings = { profile, region: 'us-east-1', proxyUrl: undefined, noProxy: [] };
    const read = async () => (await connections.clientsFor(settings)).s3.config.credentials();
    await connections.attended(async () => {
      await assert.rejects(Promise.all([read(), read()]), /denied 1/);
      await assert.rejects(read(), /denied 1/);
    });
    await connections.attended(() => assert.rejects(read(), /denied 2/));
  });
});
