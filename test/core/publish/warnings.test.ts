import assert from 'node:assert/strict';
import type { Deployed } from '../../../src/core/publish/pages/deployPages';
import { warningsOf } from '../../../src/core/publish/warnings';
import type { Asset } from '../../../src/core/release/manifest';

const MIB = 1024 * 1024;
const site = (partitionMib?: number) => ({
  volume: { sizeGib: 1, device: '/dev/sdf', ...(partitionMib === undefined ? {} : { partitionMib }) },
});

describe('what is to be known after a publication', () => {
  const warnings = (deployed: Partial<Deployed>, lost: string[] = [], stored: readonly string[] = []) => {
    const assets = new Map(stored.map((path) => [path, {} as Asset]));
    return warningsOf(site(), { deployed: deployed as Deployed, lost, stored: assets });
  };

  it('is nothing when nobody else changed anything and there is room', () => {
    assert.deepEqual(warnings({ left: 0, leftPaths: [], freeBytes: 50 * MIB }), []);
    assert.deepEqual(warningsOf(site(), { deployed: undefined, lost: [], stored: new Map() }), []);
  });

  it('names three files that others had changed and that were left, and how many more the server counts', () => {
    const leftPaths = ['a.html', 'b.html', 'c.html', 'd.html', 'e.html'];
    assert.deepEqual(warnings({ left: 9, leftPaths }), [
      '9 files on the server that others had changed were left as they are: a.html, b.html, c.html and 6 more.',
    ]);
    assert.deepEqual(warnings({ left: 1, leftPaths: ['a.html'] }), [
      '1 file on the server that others had changed was left as it is: a.html.',
    ]);
  });

  it('tells assets that were left from those that were replaced, each once', () => {
    assert.deepEqual(warnings({}, ['c.png', 'a.png', 'b.png', 'a.png'], ['b.png']), [
      '2 assets in the bucket that others had changed were left as they are: a.png, c.png.',
      '1 asset in the bucket that others had changed was replaced, without keeping a copy: b.png.',
    ]);
  });

  it('is how little room is left on the volume, when that is less than 50 MiB or a tenth of a partition', () => {
    assert.deepEqual(warnings({ freeBytes: 12 * MIB }), [
      'Only 12 MiB are left on the volume, where the next publication needs room.',
    ]);
    const { length } = warningsOf(site(100), {
      deployed: { freeBytes: 12 * MIB } as Deployed,
      lost: [],
      stored: new Map(),
    });
    assert.equal(length, 0);
  });
});
