import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { run } from '../../../src/core/plan';
import {
  dropOtherManifests,
  findManifests,
  putManifest,
  readManifest,
  type Manifest,
} from '../../../src/core/publish/manifest';
import { findPending, listKeys } from '../../../src/core/publish/pending';
import { putObject } from '../../../src/core/publish/store';
import { bucket } from '../../../src/core/resources/bucket';
import { newContext, newOp } from '../sandbox';

const MANIFEST: Manifest = {
  ...{ release: 'r1', by: 'arn:anna', at: '2026-01-02T03:04:05.678Z', pages: { 'index.html': 'sum' } },
  ...{ host: 'annas-desk', folder: 'site', place: 'anna' },
};

describe('what the bucket tells of publications', () => {
  let context: Context;
  before(async () => {
    context = newContext();
    await run(bucket.plan(context, { bucket: { kind: 'absent' } }), newOp());
  });
  const store = (key: string, value: unknown) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return putObject(context, `_sitelift/${key}`, Buffer.from(text), { ContentType: 'application/json' }, newOp());
  };

  it('is who published a release, and nothing where any of that is missing, of another kind or of another release', async () => {
    await putManifest(context, MANIFEST, newOp());
    assert.deepEqual(await readManifest(context, 'r1', newOp()), MANIFEST);
    assert.equal(await readManifest(context, 'r2', newOp()), undefined);
    for (const key of Object.keys(MANIFEST)) {
      for (const value of [undefined, 7, null, ['x']]) {
        await store('manifests/r1.json', { ...MANIFEST, [key]: value });
        assert.equal(await readManifest(context, 'r1', newOp()), undefined, `${key}: ${String(value)}`);
      }
    }
    for (const value of ['', 'not JSON', 'null', '7', '[]', { ...MANIFEST, release: 'r2' }]) {
      await store('manifests/r1.json', value);
      assert.equal(await readManifest(context, 'r1', newOp()), undefined);
    }
  });

  it('is forgotten of all releases but one', async () => {
    for (const release of ['r1', 'r2', 'r3']) await putManifest(context, { ...MANIFEST, release }, newOp());
    assert.deepEqual(await findManifests(context, newOp()), ['r1', 'r2', 'r3']);
    await dropOtherManifests(context, 'r2', newOp());
    assert.deepEqual(await findManifests(context, newOp()), ['r2']);
  });

  it('is what edges may hold old bytes of; a folder that the console made is no note', async () => {
    await store('pending/', '');
    await store('pending/one.json', ['a.png', 'b.png']);
    assert.deepEqual(await findPending(context, newOp()), {
      paths: ['a.png', 'b.png'],
      keys: ['_sitelift/pending/one.json'],
    });
    await store('pending/two.json', ['a.png', 7]);
    assert.deepEqual((await findPending(context, newOp())).paths, ['a.png', 'b.png', '*']);
  });

  it('is read to the last page of a long list', async () => {
    const pages = new Map([
      [undefined, { Contents: [{ Key: 'one' }, { Key: 'two' }], NextContinuationToken: 'more' }],
      ['more', { Contents: [{ Key: 'three' }] }],
    ]);
    const send = ({ input }: { input: { ContinuationToken?: string } }) =>
      Promise.resolve(pages.get(input.ContinuationToken));
    const s3 = { send } as unknown as Context['clients']['s3'];
    const paged = { ...context, clients: { ...context.clients, s3 } };
    assert.deepEqual(await listKeys(paged, '_sitelift/', newOp()), ['one', 'two', 'three']);
  });
});
