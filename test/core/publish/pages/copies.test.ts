import assert from 'node:assert/strict';
import { contentTypeOf } from '../../../../src/core/publish/local/contentType';
import { copiesOf } from '../../../../src/core/publish/pages/copies';

const CACHING = [{ files: 'fonts/', cacheControl: 'public, max-age=31536000' }];
const NEEDS = { caching: CACHING, hides: (path: string) => path === 'hidden.html', typeOf: contentTypeOf };
const sum = (sha256: string) => ({ sha256, sizeBytes: 1 });
const copiesOfPaths = (...paths: string[]) =>
  new Map(copiesOf(new Map(paths.map((path) => [path, sum(path)])), NEEDS).map((copy) => [copy.path, copy]));
const textOf = (copy: ReturnType<typeof copiesOf>[number] | undefined): string =>
  copy && 'bytes' in copy.from ? copy.from.bytes.toString() : assert.fail('not made');

describe('the copies of pages', () => {
  it('are the pages under their own paths, which edges keep for a day and browsers ask about each time', () => {
    const copies = copiesOfPaths('index.html', 'css/site.css', '404.html');
    assert.deepEqual([...copies.keys()], ['index.html', 'css/site.css', '404.html']);
    const { cacheControl, contentType, from, sha256 } = copies.get('index.html') ?? assert.fail('none');
    assert.deepEqual(
      { contentType, from, sha256 },
      { contentType: 'text/html', from: { page: 'index.html' }, sha256: 'index.html' },
    );
    assert.equal(cacheControl, 'public, max-age=0, s-maxage=86400');
    assert.equal(copies.get('css/site.css')?.contentType, 'text/css');
    assert.equal(copies.get('css/site.css')?.cacheControl, 'public, max-age=300, s-maxage=86400');
  });

  it('are none of what a redirect comes before, and find index.htm for who asks for a folder', () => {
    const copies = copiesOfPaths(
      'hidden.html',
      'index.htm',
      'old/index.htm',
      'old/index.html',
      'x/index.htm',
      '404.html',
    );
    assert.deepEqual(
      [...copies.keys()].filter((path) => path.endsWith('.html')),
      ['index.html', 'old.html', 'old/index.html', 'x/index.html', 'x.html', '404.html'],
    );
    assert.deepEqual(copies.get('index.html')?.from, { page: 'index.htm' });
    assert.deepEqual(copies.get('old/index.html')?.from, { page: 'old/index.html' });
  });

  it('are none of what the web server keeps for itself, and are cached as the site file says', () => {
    const copies = copiesOfPaths('_redirects', 'fonts/a.woff2', '404.html');
    assert.deepEqual([...copies.keys()], ['fonts/a.woff2', '404.html']);
    assert.equal(copies.get('fonts/a.woff2')?.cacheControl, 'public, max-age=31536000');
  });

  it('lead from a folder’s name to its index page, encoded, unless a page or a file is called so', () => {
    const copies = copiesOfPaths('a/b&c "d"/index.html', 'x/index.html', 'x.html', 'v1.2/index.html', '404.html');
    const path = 'a/b&c "d".html';
    assert.deepEqual(
      [...copies.keys()].filter((key) => !key.endsWith('index.html')),
      [path, 'x.html', '404.html'],
    );
    assert.match(textOf(copies.get(path)), /content="0; url=\/a\/b%26c%20%22d%22\/"/);
    assert.deepEqual(copies.get('x.html')?.from, { page: 'x.html' });
  });

  it('have a file without an ending under the name that edges ask for, as the type that it is', () => {
    const copies = copiesOfPaths('LICENSE', 'docs/README', 'docs/README.html', '404.html');
    assert.deepEqual([...copies.keys()], ['LICENSE', 'LICENSE.html', 'docs/README', 'docs/README.html', '404.html']);
    assert.deepEqual(copies.get('LICENSE.html')?.from, { page: 'LICENSE' });
    assert.equal(copies.get('LICENSE.html')?.contentType, 'application/octet-stream');
    assert.deepEqual(copies.get('docs/README.html')?.from, { page: 'docs/README.html' });
  });

  it('have a page for what is not found, the site’s own where it has one', () => {
    assert.match(textOf(copiesOfPaths('index.html').get('404.html')), /^<!doctype html>.*Not found/s);
    assert.deepEqual(copiesOfPaths('404.html').get('404.html')?.from, { page: '404.html' });
  });

  it('are not made of what is in the bucket anyway, nor of what cannot lie there', () => {
    const copies = copiesOfPaths('logo.svg', 'a\u0001b.html', `${'x'.repeat(1100)}.html`, '404.html');
    assert.deepEqual([...copies.keys()], ['404.html']);
  });
});
