import assert from 'node:assert/strict';
import type * as vscode from 'vscode';
import { parseSite, siteFileText, type Site } from '../../src/core/site';
import { consentFor } from '../../src/shell/consent';

/** A memory as VS Code keeps one. */
function newMemory(): vscode.Memento {
  const values = new Map<string, unknown>();
  return {
    keys: () => [...values.keys()],
    get: <Value>(key: string) => values.get(key) as Value | undefined,
    update(key: string, value: unknown) {
      if (value === undefined) values.delete(key);
      else values.set(key, value);
      return Promise.resolve();
    },
  } as vscode.Memento;
}

const folder = (path: string) => ({ uri: { toString: () => `file://${path}` } }) as vscode.WorkspaceFolder;
const site = parseSite(
  siteFileText({ name: 'demo', id: 'abcd1234', account: '123456789012', region: 'us-east-1', root: 'public' }),
);

describe('what was agreed to once for a site', () => {
  let memory: vscode.Memento;
  beforeEach(() => (memory = newMemory()));
  const consent = (change: Partial<Site> = {}, path = '/home/me/site') =>
    consentFor(memory, folder(path), { ...site, ...change });

  it('holds for that, and for nothing else', async () => {
    assert.ok(!consent().isGiven('publish'));
    await consent().give('publish');
    assert.ok(consent().isGiven('publish'));
    assert.ok(!consent().isGiven('publishOnSave'));
  });

  for (const [what, change] of [
    ['account', { account: '999999999999' }],
    ['region', { region: 'eu-west-1' }],
    ['root folder', { root: '.' }],
    ['site', { id: 'zzzz9999' }],
    ['leave to publish', { publish: { ...site.publish, allow: ['*.sql'] } }],
  ] as const) {
    it(`does not hold for another ${what}`, async () => {
      await consent().give('publish');
      assert.ok(!consent(change).isGiven('publish'));
    });
  }

  it('does not hold for a copy of the folder, such as a clone with the same site file', async () => {
    await consent().give('publish');
    assert.ok(!consent({}, '/home/me/clone').isGiven('publish'));
  });

  it('is taken back whole, whatever account it was for, and for that site alone', async () => {
    await consent().give('publish');
    await consent().give('publishOnSave');
    await consent({ account: '999999999999' }).give('publish');
    await consent({ id: 'zzzz9999' }).give('publish');
    assert.equal(await consent().takeBack(), true);
    assert.ok(!consent().isGiven('publish') && !consent().isGiven('publishOnSave'));
    assert.ok(!consent({ account: '999999999999' }).isGiven('publish'));
    assert.ok(consent({ id: 'zzzz9999' }).isGiven('publish'));
    assert.equal(await consent().takeBack(), false);
  });
});
