import assert from 'node:assert/strict';
import ignore from 'ignore';
import { wantedCaching } from '../../../src/core/publish/caching';
import { literalSource, patternSource, sourceTest } from '../../../src/core/publish/pathPattern';

const PATTERNS = [
  ...['*', '**', '*.css', '/*.css', 'a', '/a', 'a/', 'a/b', 'a/*', 'a/**', '**/b', 'a/**/b', 'a/**/b/', '/a/*/c.css'],
  ...['?.css', 'a?', 'a**b', 'ü*', 'a b.css', 'a.b', '(a)', 'a+b', '$a', '^a', 'a|b', '{a,b}', '"', '#a/b', '**/**/b'],
];
const PATHS = [
  ...['a', 'b', 'a/b', 'a/x/b', 'a/x/y/b', 'a/b/c', 'x/a', 'x/a/b', 'A', 'a.css', 'x/a.css', 'x/y/z.css', 'a/x/c.css'],
  ...[
    'ab',
    'axb',
    'aXXb/c',
    'ü',
    'über/x',
    'üü.css',
    'ü.css',
    'a b.css',
    'a.b',
    'aab',
    '(a)',
    'a+b',
    '$a',
    '^a',
    'a|b',
  ],
  ...['{a,b}', 'aaa', '"', '#a/b', 'a\nb', 'c', 'css', 'x/c/a/d'],
];

describe('a pattern of paths', () => {
  it('matches what it matches where it allows to publish', () => {
    for (const pattern of PATTERNS) {
      const expected = ignore().add(pattern.replace(/^#/, '\\#'));
      const matches = sourceTest(patternSource(pattern), 'is');
      for (const path of PATHS) assert.equal(matches(path), expected.ignores(path), `${pattern} and ${path}`);
    }
  });

  it('is made of characters that mean nothing to Apache, whatever is in it', () => {
    const strange = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code)).join('');
    assert.match(literalSource(strange), /^(?:[\w/-]|\\x[\da-f]{2})*$/);
    assert.match(patternSource(strange), /^(?:[\w/()?:[\]*.^-]|\\x[\da-f]{2})*$/);
    assert.ok(sourceTest(literalSource(strange))(strange));
  });

  it('that comes first decides about caching', () => {
    const caching = [
      { files: '/index.html', cacheControl: 'no-cache' },
      { files: '*.html', cacheControl: 'max-age=1' },
      { files: '*', cacheControl: 'max-age=2' },
    ];
    const of = (path: string) => wantedCaching(caching, path);
    assert.deepEqual(['index.html', 'a/index.html', 'a.css'].map(of), ['no-cache', 'max-age=1', 'max-age=2']);
    assert.equal(wantedCaching(caching.slice(0, 2), 'a.css'), undefined);
  });
});
