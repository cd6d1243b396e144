import assert from 'node:assert/strict';
import type { Bundle } from '../../../src/core/publish/bundle';
import type { LocalFile, LocalFiles } from '../../../src/core/publish/localFiles';
import type { Manifest } from '../../../src/core/publish/manifest';
import { pagesTitle, summarize, type Summary } from '../../../src/core/publish/summary';

const file = (path: string, sizeBytes = 1): LocalFile => ({
  ...{ path, absolutePath: `/${path}`, sizeBytes, modifiedMs: 0 },
  contentType: 'text/plain',
});
const local: LocalFiles = {
  pages: [file('index.html'), file('a.svg')],
  assets: [file('a.svg', 10), file('b.png', 200), file('c.png', 3000)],
  left: [
    { path: 'a.sql', reason: 'a database' },
    { path: 'a.bak', reason: 'a copy' },
    { path: 'b.bak', reason: 'a copy' },
  ],
  stops: [],
};
const bundle = {
  unpackedBytes: 77,
  pages: [
    { path: 'index.html', sha256: 'new', sizeBytes: 1, note: 'it is too deep' },
    { path: 'a.svg', sha256: 'same', sizeBytes: 1 },
    { path: 'about.html', sha256: 'other', sizeBytes: 1 },
  ],
} as unknown as Bundle;
const live = { pages: { 'index.html': 'old', 'a.svg': 'same', 'gone.html': 'x' } } as unknown as Manifest;

describe('a summary', () => {
  it('counts what is sent and what is left, the most frequent reason first', () => {
    const uploads = [
      { asset: file('b.png', 200), reason: 'new' as const },
      { asset: file('c.png', 3000), reason: 'changed' as const },
    ];
    const { pages, assets, left, notes } = summarize(local, bundle, uploads, live, ['This replaces another.']);
    assert.deepEqual(pages, { count: 3, sizeBytes: 77, added: ['about.html'], changed: ['index.html'] });
    assert.deepEqual(assets, { added: 1, changed: 1, unchanged: 1, uploadBytes: 3200 });
    assert.deepEqual(left, [
      { reason: 'a copy', count: 2 },
      { reason: 'a database', count: 1 },
    ]);
    assert.deepEqual(notes, ['This replaces another.', 'index.html: it is too deep']);
  });

  it('does not guess which pages differ from those that it does not know', () => {
    const { pages } = summarize(local, bundle, [], undefined, []);
    assert.deepEqual([pages.added, pages.changed], [undefined, undefined]);
  });

  it('names three pages that are new or changed, and how many more there are, or else why they are sent', () => {
    const title = (count: number, added?: readonly string[], changed?: readonly string[]) =>
      pagesTitle({ pages: { count, added, changed } } as unknown as Summary, 'new server');
    assert.equal(title(1), 'send 1 page or other file to the server (new server)');
    assert.equal(title(2, [], []), 'send 2 pages and other files to the server (new server)');
    assert.equal(title(9, ['a', 'b', 'c'], []), 'send 9 pages and other files to the server (3 new: a, b, c)');
    assert.equal(
      title(9, ['a', 'b', 'c', 'd', 'e'], ['f']),
      'send 9 pages and other files to the server (5 new: a, b, c and 2 more; 1 changed: f)',
    );
  });
});
