import assert from 'node:assert/strict';
import { assetUrl } from '../../../src/core/html/assetUrl';
import { parseHtml } from '../../../src/core/html/document';
import { fileBase, pageBase, resolveReference } from '../../../src/core/html/references';

/** Reference in `blog/2024/page.html`, path from the root, query and fragment. */
const LOCAL: readonly (readonly [reference: string, path: string, suffix?: string])[] = [
  ['a.png', 'blog/2024/a.png'],
  ['./a.png', 'blog/2024/a.png'],
  ['../a.png', 'blog/a.png'],
  ['../../a.png', 'a.png'],
  ['../../../../a.png', 'a.png'],
  ['x/../a.png', 'blog/2024/a.png'],
  ['%2e%2e/a.png', 'blog/a.png'],
  ['/a.png', 'a.png'],
  ['/images/a.png', 'images/a.png'],
  ['  a.png\n', 'blog/2024/a.png'],
  ['a\n.p\tng', 'blog/2024/a.png'],
  ['..\\a.png', 'blog/a.png'],
  ['\\a.png', 'a.png'],
  ['a b.png', 'blog/2024/a b.png'],
  ['a%20b.png', 'blog/2024/a b.png'],
  ['Stra%C3%9Fe.png', 'blog/2024/Straße.png'],
  ['Straße 😀.png', 'blog/2024/Straße 😀.png'],
  ['a+b.png', 'blog/2024/a+b.png'],
  ['100%.png', 'blog/2024/100%.png'],
  ['50%zz.png', 'blog/2024/50%zz.png'],
  ['50%2.png', 'blog/2024/50%2.png'],
  ['%2E%2E/%2e/a.png', 'blog/a.png'],
  [' \0\u001f./a.png \u001f', 'blog/2024/a.png'],
  ['x.y/a:b.png', 'blog/2024/x.y/a:b.png'],
  ['a%23b%3Fc.png', 'blog/2024/a#b?c.png'],
  ['$(rm).png', 'blog/2024/$(rm).png'],
  ["it's.png", "blog/2024/it's.png"],
  ['a.png?v=1', 'blog/2024/a.png', '?v=1'],
  ['a.svg#icon', 'blog/2024/a.svg', '#icon'],
  ['a.png?v=1&w=2#x', 'blog/2024/a.png', '?v=1&w=2#x'],
  ['a.eot?#iefix', 'blog/2024/a.eot', '?#iefix'],
  ['a.png?q=a b', 'blog/2024/a.png', '?q=a%20b'],
  ['./a:b/../c.png', 'blog/2024/c.png'],
];

const ELSEWHERE = [
  ...['', '   ', '\0\t', ' #top', '\n?page=2', '#', '#top', '?page=2', '/', '.', '..', 'images/', './'],
  ...['http://example.com/a.png', 'https://example.com/a.png', 'HTTPS://x/a.png', 'http:a.png', '//example.com/a.png'],
  ...['\\\\example.com\\a.png', '/\\example.com/a.png', ' //example.com/a.png', '/\t/example.com/a.png'],
  ...[
    'data:image/png;base64,AAAA',
    'mailto:a@example.com',
    'javascript:0',
    'a1+.-:b.png',
    'java\nscript:0',
    ' \u001fdata:,',
    '//[',
    '//a b/c.png',
    'blob:x',
    'file:///a.png',
    'C:\\a.png',
    'c:/a.png',
  ],
  ...['a%2Fb.png', 'a%5Cb.png', '..%2F..%2Fa.png', '..%5c..%5ca.png', 'a%00.png', '%FF.png'],
];

describe('resolveReference', () => {
  const base = fileBase('blog/2024/page.html');

  for (const [reference, path, suffix = ''] of LOCAL) {
    it(`takes ${JSON.stringify(reference)} for ${path}`, () => {
      assert.deepEqual(resolveReference(reference, base), { path, suffix });
    });
  }

  for (const reference of ELSEWHERE) {
    it(`leaves ${JSON.stringify(reference)} alone`, () => {
      assert.equal(resolveReference(reference, base), undefined);
    });
  }

  it('resolves from a page whose own path needs encoding', () => {
    const found = resolveReference('a.png', fileBase('50% off/#1?/page.html'));
    assert.equal(found?.path, '50% off/#1?/a.png');
  });
});

describe('pageBase', () => {
  const resolved = (html: string) => resolveReference('a.png', pageBase(parseHtml(html), 'blog/page.html'))?.path;

  it('is the page itself without a base element', () => assert.equal(resolved('<p>'), 'blog/a.png'));
  it('honours a relative base', () => assert.equal(resolved('<base href="../img/">'), 'img/a.png'));
  it('honours a base from the root', () => assert.equal(resolved('<base href="/img/x">'), 'img/a.png'));
  it('honours only the first base with an address', () =>
    assert.equal(resolved('<base target=_top><base href="/one/"><base href="/two/">'), 'one/a.png'));
  it('takes everything for external when the base is', () =>
    assert.equal(resolved('<base href="https://example.com/">'), undefined));
  it('ignores a base that is no address', () => assert.equal(resolved('<base href="http://[">'), 'blog/a.png'));
  it('ignores a javascript: base', () => assert.equal(resolved('<base href="javascript:0">'), 'blog/a.png'));
  it('ignores a data: base', () => assert.equal(resolved('<base href="data:text/plain,x">'), 'blog/a.png'));
});

describe('assetUrl', () => {
  it('encodes each segment by itself', () => {
    const url = assetUrl('d1.cloudfront.net', 'Bilder/Straße & Weg, 50% #1?.png');
    assert.equal(url, 'https://d1.cloudfront.net/Bilder/Stra%C3%9Fe%20%26%20Weg%2C%2050%25%20%231%3F.png');
  });

  it('names a character that no file system can spell', () => {
    assert.equal(assetUrl('d', 'a\uD800/\uDC00b.png'), 'https://d/a%EF%BF%BD/%EF%BF%BDb.png');
  });

  it('encodes what could end a string or a url()', () => {
    assert.equal(assetUrl('d', `'"()*!\\\n`), 'https://d/%27%22%28%29%2A%21%5C%0A');
  });

  it('names a file that resolves back to the same path', () => {
    const path = `ä/😀 $(x) "q" 'a' %41 +,;=@&.png`;
    assert.equal(resolveReference(new URL(assetUrl('d', path)).pathname, fileBase('x/y.html'))?.path, path);
  });
});
