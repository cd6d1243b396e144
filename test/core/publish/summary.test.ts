import assert from 'node:assert/strict';
import type { PageBundle } from '../../../src/core/publish/pages/bundle';
import type { LocalFile, LocalFiles } from '../../../src/core/publish/local/localFiles';
import { pagesTitle, summarize, type Summary } from '../../../src/core/publish/summary';
import type { Asset, Manifest, Page } from '../../../src/core/release/manifest';

const file = (path: string, sizeBytes = 1): LocalFile => ({
  ...{ path, absolutePath: `/${path}`, sizeBytes, modifiedMs: 0, inode: 0 },
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
const bundle: Pick<PageBundle, 'pages'> = {
  pages: new Map([
    ['index.html', { sha256: 'new', sizeBytes: 70, note: 'it is too deep' }],
    ['a.svg', { sha256: 'same', sizeBytes: 3 }],
    ['about.html', { sha256: 'other', sizeBytes: 4 }],
  ]),
};
const page = (sha256: string): Page => ({ sha256, sizeBytes: 1, bundle: 'b1' });
const asset: Asset = { sha256: '', sizeBytes: 1, contentType: '', cacheControl: '', etag: '' };
const live: Manifest = {
  pages: new Map([
    ['index.html', page('old')],
    ['a.svg', page('same')],
    ['gone.html', page('x')],
  ]),
  assets: new Map([
    ['b.png', asset],
    ['gone.png', asset],
  ]),
};

describe('a summary', () => {
  it('counts what is sent and what is left, the most frequent reason first', () => {
    const uploads = [
      { asset: file('b.png', 200), reason: 'new' as const, sha256: undefined },
      { asset: file('c.png', 3000), reason: 'changed' as const, sha256: undefined },
    ];
    const { pages, assets, left, notes } = summarize(local, bundle, uploads, live, ['This replaces another.']);
    assert.deepEqual(pages, {
      ...{ count: 3, sizeBytes: 77 },
      ...{ added: ['about.html'], changed: ['index.html'], removed: ['gone.html'] },
    });
    assert.deepEqual(assets, { added: 1, changed: 1, unchanged: 1, uploadBytes: 3200, removed: ['gone.png'] });
    assert.deepEqual(left, [
      { reason: 'a copy', count: 2 },
      { reason: 'a database', count: 1 },
    ]);
    assert.deepEqual(notes, ['This replaces another.', 'index.html: it is too deep']);
  });

  it('does not guess which pages differ from those that it does not know', () => {
    const { pages, assets } = summarize(local, bundle, [], undefined, []);
    assert.deepEqual([pages.added, pages.changed, pages.removed], [undefined, undefined, undefined]);
    assert.deepEqual([assets.unchanged, assets.removed], [3, []]);
  });

  it('tells of names that one of the two systems would not keep apart', () => {
    const { notes } = summarize({ ...local, pages: [file('a.html'), file('A.html')] }, bundle, [], live, []);
    assert.equal(notes.length, 2);
    assert.match(notes[0] ?? '', /a\.html/i);
  });

  it('names three pages that are new, changed or removed, and how many more there are, or else why they are sent', () => {
    const title = (count: number, added?: string[], changed?: string[], removed?: string[]) =>
      pagesTitle({ pages: { count, added, changed, removed } } as unknown as Summary, 'new server');
    assert.equal(title(1), 'put 1 page or other file in place on the server (new server)');
    assert.equal(title(2, [], [], []), 'put 2 pages and other files in place on the server (new server)');
    assert.equal(title(9, ['a', 'b', 'c'], []), 'put pages in place on the server (3 new: a, b, c)');
    assert.equal(
      title(9, ['a', 'b', 'c', 'd', 'e'], ['f'], ['g', 'h']),
      'put pages in place on the server (5 new: a, b, c and 2 more; 1 changed: f; 2 removed: g, h)',
    );
  });
});
