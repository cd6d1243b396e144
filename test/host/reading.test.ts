import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { newSiteId, siteFileText } from '../../src/core/site';
import { Connections } from '../../src/shell/connections';
import type { Effect } from '../../src/core/resources/effect';
import type { SiteEntry } from '../../src/shell/siteEntry';
import { SiteReader } from '../../src/shell/siteReader';
import { Sites } from '../../src/shell/sites';
import { connectControlPlane } from '../sandbox/controlPlane';
import { until } from '../vscode/until';

const ACCOUNT = '123456789012';
const root = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder');
const file = (name: string) => join(root(), name);
const controlPlane = () => connectControlPlane(Number(new URL(process.env['SITELIFT_CONTROL_PLANE'] ?? '').port));
const actions = async () => (await controlPlane().calls()).map(({ action }) => action);
const execute = async <Result>(id: string, ...args: unknown[]): Promise<Result> =>
  vscode.commands.executeCommand<Result>(id, ...args);
/** Nothing is remembered there. */
const CACHE = '/dev/null/nowhere';
const nothing = () => Promise.resolve();

/** Reads with ever later deadlines until just what never answers is missing: then what was read is new, and what was not says why. */
async function untilHalfRead(connections: Connections, before: SiteEntry, depth: 'cheap' | 'deep'): Promise<void> {
  for (let limitSeconds = 1; limitSeconds < 100; limitSeconds *= 2) {
    const reader = new SiteReader(connections, CACHE, limitSeconds);
    const { have, problem } = await reader.read(before, depth, () => undefined);
    reader.close();
    const { server, bucket, distribution } = have ?? assert.fail('nothing was read');
    assert.ok(
      server.kind === 'unknown' && server.reason.startsWith(`AWS was not read within ${limitSeconds} seconds.`),
    );
    const isRead = [bucket, distribution].every((seen) => seen.kind === 'known' && seen.old === undefined);
    if (isRead && problem === undefined) return;
  }
  assert.fail(`What could be read was dropped with what could not (${depth}).`);
}

describe('reading a site', function () {
  let log: vscode.LogOutputChannel;
  let sites: Sites;

  before(async () => {
    const text = siteFileText({ name: 'Read', id: newSiteId(), account: ACCOUNT, region: 'us-east-1', root: '.' });
    await writeFile(file('sitelift.json'), text);
    await writeFile(file('index.html'), '<!doctype html>');
    await execute('workbench.view.explorer');
    await execute('sitelift.provisionDistribution', { account: ACCOUNT });
    log = vscode.window.createOutputChannel('Sitelift in the tests', { log: true });
    sites = new Sites(log, new Connections(), CACHE);
  });
  after(async () => {
    sites.dispose();
    log.dispose();
    await execute('workbench.view.explorer');
    await rm(file('sitelift.json'), { force: true });
    await rm(file('a.png'), { force: true });
  });
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  const entry = () => sites.entries[0] ?? assert.fail('no site');
  const reading = (name: 'server' | 'volume' | 'bucket' | 'distribution') =>
    entry().have?.[name] ?? assert.fail('nothing was read');
  const failAll = () =>
    controlPlane().send('POST', 'faults', {
      ...{ service: '*', action: '*', kind: 'error', code: 'AccessDenied', status: 403, times: 10_000 },
    });

  it('does not happen before somebody sees it', async () => {
    await until(async () => sites.isFound, nothing);
    assert.equal(entry().have, undefined);
  });

  it('tells what is there and what is not', async () => {
    await sites.refresh();
    assert.equal(entry().problem, undefined);
    assert.deepEqual([reading('server').kind, reading('volume').kind], ['absent', 'absent']);
    assert.deepEqual([reading('bucket').kind, reading('distribution').kind], ['known', 'known']);
  });

  it('asks for a price once, not again at each look, and does without it where it may not', async () => {
    const asked = async () => (await actions()).filter((action) => action === 'GetProducts').length;
    await writeFile(file('a.png'), 'x');
    await execute('sitelift.uploadToCdn', { account: ACCOUNT, files: [file('a.png')] });
    await controlPlane().send('POST', 'denies', { action: 'pricing:GetProducts' });
    await controlPlane().send('DELETE', 'calls');
    const denied = new Sites(log, new Connections(), CACHE);
    await until(async () => denied.isFound, nothing);
    await denied.refresh();
    await denied.refresh();
    assert.equal(await asked(), 1);
    assert.equal(denied.entries[0]?.problem, undefined);
    assert.deepEqual([...(denied.entries[0]?.prices?.tiers.keys() ?? ['none'])], []);
    denied.dispose();
    await controlPlane().send('DELETE', 'denies');
    await controlPlane().send('DELETE', 'calls');
    await sites.refresh();
    await sites.refresh();
    assert.equal(await asked(), 1);
    assert.deepEqual([...(entry().prices?.tiers.keys() ?? [])], ['objects']);
  });

  it('keeps what it knew, marked as old with the reason, when AWS cannot be read later', async () => {
    const before = entry().readMs.bucket ?? assert.fail('no time');
    await failAll();
    await sites.refresh();
    const seen = reading('bucket');
    assert.ok(
      seen.kind === 'known' && seen.old !== undefined && /denied|not allowed/.test(seen.old),
      JSON.stringify(seen),
    );
    assert.equal(entry().readMs.bucket, before);
    await controlPlane().send('DELETE', 'faults');
    await sites.refresh();
    const again = reading('bucket');
    assert.ok(again.kind === 'known' && again.old === undefined);
    assert.ok((entry().readMs.bucket ?? 0) > before);
  });

  it('keeps what it knew while the site file cannot be read, and tells why', async () => {
    const text = await readFile(file('sitelift.json'), 'utf8');
    await writeFile(file('sitelift.json'), '{');
    await sites.refresh();
    assert.match(entry().problem?.message ?? '', /not valid JSON/);
    const seen = reading('bucket');
    assert.ok(seen.kind === 'known' && seen.old !== undefined);
    await writeFile(file('sitelift.json'), text);
    await sites.refresh();
    assert.equal(entry().problem, undefined);
  });

  it('forgets what it knew once the folder is another site', async () => {
    const text = await readFile(file('sitelift.json'), 'utf8');
    await writeFile(
      file('sitelift.json'),
      siteFileText({ name: 'Other', id: newSiteId(), account: ACCOUNT, region: 'us-east-1', root: '.' }),
    );
    await sites.refresh();
    assert.equal(reading('bucket').kind, 'absent');
    await writeFile(file('sitelift.json'), text);
    await sites.refresh();
    assert.equal(reading('bucket').kind, 'known');
  });

  it('does not keep work waiting that changed AWS, for a look that takes its time', async () => {
    let isRead = false;
    await controlPlane().send('POST', 'faults', {
      ...{ service: '*', action: '*', kind: 'delay', seconds: 2, times: 10_000 },
    });
    const subscription = sites.onDidChange(() => (isRead = true));
    assert.equal(await sites.during(entry().folder, () => Promise.resolve('done')), 'done');
    assert.equal(isRead, false);
    await controlPlane().send('DELETE', 'faults');
    await until(async () => isRead, nothing);
    subscription.dispose();
  });

  it('is one call after work that tells what it changed, and reads anew what that could not tell', async () => {
    const { folder } = entry();
    const told: Effect = (site) => ({ site: { ...site, volume: { kind: 'unknown', reason: 'told' } }, reread: [] });
    const storing: Effect = (site) => ({ site, reread: ['bucket'] });
    await sites.refresh();
    const { readMs } = entry();
    await controlPlane().send('DELETE', 'calls');
    await sites.during(folder, nothing, told);
    await until(async () => (await actions()).length > 0, nothing);
    assert.deepEqual(await actions(), ['GetObject']);
    assert.equal(reading('volume').kind, 'unknown');
    assert.deepEqual(entry().readMs, readMs);
    await sites.refresh();
    assert.equal(reading('volume').kind, 'absent');
    const { bucket } = entry().readMs;
    await controlPlane().send('DELETE', 'calls');
    await Promise.all([sites.during(folder, nothing, told), sites.during(folder, nothing, storing)]);
    await until(async () => entry().readMs.bucket !== bucket, nothing);
    const calls = await actions();
    assert.ok(calls.includes('ListObjectsV2') && !calls.some((action) => action.startsWith('Describe')), `${calls}`);
    assert.equal(reading('volume').kind, 'unknown');
  });

  it('is no more than that while somebody watches, nor after work that failed while nobody did', async () => {
    const { folder } = entry();
    const looked = async (times: number) =>
      until(async () => (await actions()).filter((action) => action === 'GetObject').length >= times, nothing);
    await sites.refresh();
    await controlPlane().send('DELETE', 'calls');
    await assert.rejects(
      sites.during(folder, () => Promise.reject(new Error('no'))),
      /no/,
    );
    await looked(1);
    assert.deepEqual(await actions(), ['GetObject']);
    sites.watch(true);
    await sites.refresh();
    await controlPlane().send('DELETE', 'calls');
    // One look follows another, so that all of the first have been made when the second one ends.
    for (const times of [1, 2]) {
      await sites.during(folder, nothing, (site) => ({ site, reread: [] }));
      await looked(times);
    }
    sites.watch(false);
    assert.deepEqual(await actions(), ['GetObject', 'GetObject']);
  });

  it('that reads no resource leaves what stands in the way', async () => {
    const problem = new Error('in the way');
    const reader = new SiteReader(new Connections(), CACHE);
    const before = { ...entry(), have: undefined, problem };
    assert.equal((await reader.read(before, [], () => undefined)).problem, problem);
    assert.equal((await reader.read(before, 'deep', () => undefined)).problem, undefined);
    reader.close();
  });

  it('ends with what it knew when AWS, or a program that gives the credentials, does not answer', async () => {
    const before = entry();
    const reader = new SiteReader(new Connections(), CACHE, 1);
    await controlPlane().send('POST', 'faults', {
      ...{ service: '*', action: '*', kind: 'delay', seconds: 60, times: 10_000 },
    });
    const now = await reader.read(before, 'deep', () => undefined);
    assert.match(
      now.problem?.message ?? '',
      /^AWS was not read within 1 seconds\..*credential_process.*end it; then choose Refresh\.$/,
    );
    assert.ok(now.have?.bucket.kind === 'known' && now.have.bucket.old === now.problem?.message);
    // The SDK does not heed a signal while it waits for credentials, also long after the account was compared.
    await controlPlane().send('DELETE', 'faults');
    const connections = new Connections();
    const { folder, site } = before;
    const { clients } = await connections.contextFor(folder, site ?? assert.fail('no site'));
    clients.ec2.middlewareStack.add(() => () => new Promise(() => undefined), { step: 'initialize' });
    for (const depth of ['cheap', 'deep'] as const) await untilHalfRead(connections, before, depth);
    reader.close();
    assert.equal(await reader.read(before, 'deep', () => undefined), before);
  });

  it('is a handful of calls, none of them deep, when the view is shown again', async () => {
    const parts = ['DescribeInstances', 'DescribeVolumes', 'HeadBucket', 'GetDistribution'];
    // The first look is deep; then one that is old enough is followed by a cheap one.
    const calls = await until(
      async () => {
        const seen = await actions();
        return parts.every((part) => seen.includes(part)) && !seen.includes('ListObjectsV2') && seen;
      },
      async () => {
        await execute('workbench.view.explorer');
        await controlPlane().send('DELETE', 'calls');
        await execute('sitelift.site.focus');
      },
      { gestureMs: 15_000, limitMs: 100_000 },
    );
    assert.ok(calls.length <= 6, calls.join(', '));
  });

  it('is deep when a person asks for it', async () => {
    await controlPlane().send('DELETE', 'calls');
    await execute('sitelift.refresh');
    assert.ok((await actions()).includes('ListObjectsV2'));
  });

  it('gives the selected row to the key that copies it', async () => {
    const { bucket } = entry().have ?? assert.fail('nothing was read');
    const name = bucket.kind === 'known' ? bucket.have.name : assert.fail('no bucket');
    await vscode.env.clipboard.writeText('');
    await until(
      async () => (await vscode.env.clipboard.readText()) === name,
      async () => {
        await execute('sitelift.site.focus');
        await execute('list.focusFirst');
        await execute('list.focusDown');
        await execute('list.focusDown');
        await execute('list.select');
        await execute('sitelift.copyValue', 'selection');
      },
      { limitMs: 100_000 },
    );
  });
});
