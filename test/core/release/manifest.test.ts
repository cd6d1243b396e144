import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import * as v from 'valibot';
import {
  applied,
  changesBetween,
  CHANGES_JSON,
  countChanges,
  EMPTY,
  fromJson,
  isServedAlike,
  listRecord,
  listSum,
  releaseId,
  toJson,
  type Asset,
  type Changes,
  type Manifest,
  type Page,
} from '../../../src/core/release/manifest';
import { hashedName } from '../../../src/core/release/hashedName';

const sumOf = (text: string) => createHash('sha256').update(text).digest('hex');
const page = (text: string, bundle = 'b1'): Page => ({ sha256: sumOf(text), sizeBytes: text.length, bundle });
const asset = (text: string, change: Partial<Asset> = {}): Asset => ({
  ...{ sha256: sumOf(text), sizeBytes: text.length, contentType: 'image/png', cacheControl: 'public', etag: text },
  ...change,
});
const manifest = (pages: Record<string, Page>, assets: Record<string, Asset> = {}): Manifest => ({
  pages: new Map(Object.entries(pages)),
  assets: new Map(Object.entries(assets)),
});
/** Names that lists, objects, lines and encodings are easily wrong about. */
const ODD = [
  ...['constructor', 'toString', ' ', 'a\nb', '"]', '\\', 'ü', 'u\u0308', '\u{1f600}', '\uffee', 'a/b..'],
  '[x](command:y)',
];
const throughText = (changes: Changes): Changes => {
  const text = JSON.stringify(toJson(changes));
  return fromJson(v.parse(CHANGES_JSON, JSON.parse(text)));
};

describe('a manifest', () => {
  it('is the same after it was written and read, whatever its files are called', () => {
    const pages = new Map<string, Page | null>(ODD.map((path, index) => [path, index % 3 ? page(path) : null]));
    const assets = new Map<string, Asset | null>(ODD.map((path, index) => [path, index % 2 ? asset(path) : null]));
    for (const one of [pages, assets] as Map<string, unknown>[]) one.set('__proto__', one.get('ü'));
    assert.deepEqual(throughText({ pages, assets }), { pages, assets });
    assert.deepEqual(
      toJson({
        pages: new Map([
          ['b', null],
          ['a', null],
        ]),
        assets: new Map(),
      }).pages,
      [['a'], ['b']],
    );
  });

  it('is none of ours when a path leads out of the root, or to what is hidden there, as only strangers write', () => {
    for (const path of [
      '',
      '/a',
      'a//b',
      'a/',
      '..',
      '../x',
      'a/../../x',
      './a',
      '.sitelift/published',
      'a/.htaccess',
      'a\0b',
    ]) {
      for (const changes of [
        { pages: [[path]], assets: [] },
        { pages: [], assets: [[path]] },
        { pages: [[path, 'a'.repeat(64), 1, 'bundle']], assets: [] },
      ]) {
        assert.ok(!v.is(CHANGES_JSON, changes), JSON.stringify(changes));
      }
    }
  });

  it('is none of ours when anything of it is of another kind', () => {
    const whole = toJson({ pages: new Map([['a', page('a')]]), assets: new Map([['b', asset('b')]]) });
    const isOurs = (told: unknown) => v.is(CHANGES_JSON, told);
    assert.ok(isOurs(whole));
    const [[path, sum, size, bundle] = assert.fail()] = whole.pages as (readonly unknown[])[];
    const [row = assert.fail()] = whole.assets as (readonly unknown[])[];
    const pages = [
      ...[[], [7], [path, sum, size], [path, 'no sum', size, bundle], [path, `${String(sum)}0`, size, bundle]],
      ...[[path, sum, '1', bundle], [path, sum, size, null], [7, sum, size, bundle], null, path],
    ];
    for (const told of pages) assert.ok(!isOurs({ ...whole, pages: [told] }), JSON.stringify(told));
    for (const [index] of row.entries()) {
      const other = row.with(index, index === 2 ? '1' : 7);
      assert.ok(!isOurs({ ...whole, assets: [other] }), JSON.stringify(other));
    }
    assert.ok(!isOurs({ ...whole, assets: [row.slice(0, 5)] }));
    for (const told of [undefined, null, 7, [], {}, { pages: [] }, { assets: [] }]) assert.ok(!isOurs(told));
  });

  it('becomes another by what differs, and by nothing when they are the same', () => {
    const before = manifest(
      { 'same.html': page('s'), 'changed.html': page('1'), 'gone.html': page('g'), 'moved.html': page('m') },
      {
        'same.png': asset('s'),
        'a.png': asset('1'),
        'gone.png': asset('g'),
        'type.png': asset('t'),
        'etag.png': asset('e'),
      },
    );
    const after = manifest(
      { 'same.html': page('s'), 'changed.html': page('2'), 'new.html': page('n'), 'moved.html': page('m', 'b2') },
      {
        ...{ 'same.png': asset('s'), 'a.png': asset('2'), 'new.png': asset('n') },
        ...{ 'type.png': asset('t', { contentType: 'image/gif' }), 'etag.png': asset('e', { etag: 'other' }) },
      },
    );
    const changes = changesBetween(before, after);
    assert.deepEqual(
      [Object.fromEntries(changes.pages), [...changes.assets.keys()].sort()],
      [
        { 'changed.html': page('2'), 'new.html': page('n'), 'moved.html': page('m', 'b2'), 'gone.html': null },
        ['a.png', 'etag.png', 'gone.png', 'new.png', 'type.png'],
      ],
    );
    assert.deepEqual(applied(before, throughText(changes)), after);
    assert.deepEqual(applied(EMPTY, changesBetween(EMPTY, after)), after);
    assert.deepEqual(applied(after, changesBetween(after, EMPTY)), EMPTY);
    const none = changesBetween(after, manifest(Object.fromEntries(after.pages), Object.fromEntries(after.assets)));
    assert.deepEqual([none.pages.size, none.assets.size], [0, 0]);
    assert.ok(before.pages.has('gone.html') && EMPTY.pages.size === 0);
  });

  it('counts each path once, by its bytes and not by where they lie', () => {
    const before = manifest(
      { 'a.html': page('1'), 'b.html': page('1'), 'c.svg': page('rewritten'), 'd.html': page('d') },
      { 'c.svg': asset('c'), 'e.png': asset('e') },
    );
    const after = manifest(
      { 'a.html': page('2'), 'b.html': page('1', 'other bundle'), 'c.svg': page('anew'), 'f.html': page('f') },
      { 'c.svg': asset('c2'), 'e.png': asset('e', { etag: 'other' }), 'g.png': asset('g') },
    );
    assert.deepEqual(countChanges(before, after), { added: 2, changed: 2, removed: 1 });
    assert.deepEqual(countChanges(EMPTY, after), { added: 6, changed: 0, removed: 0 });
    assert.deepEqual(countChanges(after, after), { added: 0, changed: 0, removed: 0 });
  });

  it('are counted without the hashed names of assets, but with files that are only called so', () => {
    const lasting = { cacheControl: 'public, max-age=31536000, immutable' };
    const named = (text: string) => ({ [hashedName('a.png', sumOf(text))]: asset(text, lasting) });
    const before = manifest({}, { 'a.png': asset('1'), ...named('1') });
    const after = manifest({}, { 'a.png': asset('2'), ...named('2') });
    assert.deepEqual(countChanges(before, after), { added: 0, changed: 1, removed: 0 });
    const others = {
      [hashedName('a.png', sumOf('2'))]: asset('2'),
      [hashedName('b.png', sumOf('2'))]: asset('3', lasting),
    };
    assert.deepEqual(countChanges(EMPTY, manifest({}, others)), { added: 2, changed: 0, removed: 0 });
  });
});

describe('the id of a release', () => {
  const pages = { 'a.html': page('a'), 'b.html': page('b') };
  const assets = { 'c.png': asset('c') };
  const id = (change: Partial<Record<string, Page>> = {}, more: Record<string, Asset> = {}, domain = 'd1') =>
    releaseId(manifest({ ...pages, ...(change as Record<string, Page>) }, { ...assets, ...more }), domain);

  it('is the same for the same content, wherever it lies and in whatever order it was read', () => {
    assert.match(id(), /^[\da-f]{40}$/);
    assert.equal(releaseId(manifest({ 'b.html': page('b'), 'a.html': page('a', 'b9') }, assets), 'd1'), id());
    assert.equal(id({}, { 'c.png': asset('c', { etag: 'another' }) }), id());
  });

  it('is another for another name, for two that have changed places, for other headers and for another domain', () => {
    const others = [
      id({ 'a.html': page('x') }),
      id({ 'a.html': page('b'), 'b.html': page('a') }),
      releaseId(manifest({ 'a.html': page('a'), 'c.html': page('b') }, assets), 'd1'),
      releaseId(manifest({ 'a.html': page('a') }, assets), 'd1'),
      releaseId(manifest(pages), 'd1'),
      id({ 'c.png': page('c') }),
      id({}, { 'c.png': asset('c', { contentType: 'image/gif' }) }),
      id({}, { 'c.png': asset('c', { cacheControl: 'no-store' }) }),
      id({}, { 'c.png': asset('x') }),
      id({}, {}, 'd2'),
      releaseId(EMPTY, 'd1'),
    ];
    assert.equal(new Set([...others, id()]).size, others.length + 1);
  });

  it('cannot be made the same by what a name holds', () => {
    const sum = sumOf('x');
    const one = manifest({ [`a",${JSON.stringify(sum)}]["b`]: { ...page('x') } });
    const two = manifest({ a: page('x'), b: page('x') });
    assert.notEqual(releaseId(one, 'd'), releaseId(two, 'd'));
  });

  it('does not mind by what S3 knows an object', () => {
    const one = asset('a');
    assert.ok(isServedAlike(one, asset('a', { etag: 'x' })));
    for (const change of [{ sha256: sumOf('b') }, { contentType: 'x' }, { cacheControl: 'x' }]) {
      assert.ok(!isServedAlike(one, asset('a', change)));
    }
  });
});

describe('the sum of the server’s list', () => {
  it('is that of its records in the order of the bytes of their paths, as the server’s own tools make it', () => {
    // By UTF-16 a sign beyond the 65 536th comes before U+FFEE, by bytes after it.
    const paths = [
      'b',
      'a',
      'a/b',
      'a.b',
      'a b',
      'B',
      'ü',
      'u\u0308',
      'z',
      '\uffee',
      '\u{1f600}',
      'a\nb',
      'constructor',
    ];
    const pages = new Map(paths.map((path) => [path, page(path)]));
    const sorted = execFileSync('sort', ['-z', '-k', '2'], {
      input: paths.map((path) => listRecord(path, sumOf(path))).join(''),
      env: { ...process.env, LC_ALL: 'C' },
    });
    const [sum] = execFileSync('sha256sum', { input: sorted }).toString().split(' ');
    assert.equal(listSum(pages), sum);
    assert.equal(listSum(new Map([...pages].reverse())), sum);
    assert.equal(listSum(new Map()), sumOf(''));
    assert.equal(listSum(new Map([['a\nb', { sha256: sumOf('1') }]])), sumOf(`${sumOf('1')} a\nb\0`));
  });
});
