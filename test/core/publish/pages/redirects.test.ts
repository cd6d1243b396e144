import assert from 'node:assert/strict';
import { isUserError } from '../../../../src/core/op';
import { sourceTest } from '../../../../src/core/publish/pathPattern';
import { redirectFinder } from '../../../../src/core/publish/pages/redirectFinder';
import { parseRedirects, type Redirect } from '../../../../src/core/publish/pages/redirects';

const one = (line: string): Redirect => parseRedirects(line)[0] ?? assert.fail('no rule');
const target = ({ to }: Redirect) => to.map((piece) => (typeof piece === 'number' ? `$${piece}` : piece)).join('');

describe('a redirects file', () => {
  it('holds one rule a line, comments and empty lines', () => {
    const rules = parseRedirects('\uFEFF# all\r\n\r\n/a /b # why\r\n  /c\t/d   302!\n#/x /y\n/e /f#g 303\n/h 410');
    assert.deepEqual(
      rules.map((rule) => [rule.from, target(rule), rule.status, rule.isForced]),
      [
        ['a/?', '/b', 301, false],
        ['c/?', '/d', 302, true],
        ['e/?', '/f#g', 303, false],
        ['h/?', '', 410, false],
      ],
    );
    assert.deepEqual(parseRedirects(''), []);
  });

  it('has 500 rules at most', () => {
    const rules = (count: number) => Array.from({ length: count }, (_, number) => `/${number} /`).join('\n');
    assert.equal(parseRedirects(rules(500)).length, 500);
    assert.throws(() => parseRedirects(rules(501)), /^UserError: _redirects has 501 rules, and 500 is the limit\./);
  });

  it('is for paths with or without a last slash, in whatever way they are spelt', () => {
    const paths: readonly (readonly [from: string, yes: readonly string[], no: readonly string[]])[] = [
      ['/a/b', ['a/b', 'a/b/'], ['a', 'a/b/c', 'xa/b', 'A/b', 'a/b//']],
      ['/a.b+c/', ['a.b+c', 'a.b+c/'], ['axb+c', 'a.bbc']],
      ['/caf%C3%A9', ['café'], ['caf%C3%A9', 'cafe']],
      ['/café', ['café'], ['caf']],
      ['/a%20b%3Fc', ['a b?c'], ['a%20b?c']],
      ['/', [''], ['a']],
      ['/*', ['', 'a', 'a/b/'], []],
      ['/news/*', ['news', 'news/', 'news/a/b'], ['newsletter', 'x/news']],
      ['/:lang/docs/*', ['de/docs', 'de/docs/x'], ['docs', 'a/b/docs', '/docs']],
    ];
    for (const [from, yes, no] of paths) {
      const rule = one(`${from} https://example.com`);
      const find = redirectFinder([rule]);
      for (const test of [sourceTest(rule.from), (path: string) => find(path).flat().includes(rule)]) {
        for (const path of yes) assert.ok(test(path), `${from} is for ${path}`);
        for (const path of no) assert.ok(!test(path), `${from} is not for ${path}`);
      }
    }
  });

  it('leads to paths and hosts, with what the placeholders stand for', () => {
    const targets = [
      ['/a/* /b/:splat', '/b/$1'],
      ['/:y/:m/* /:m-of-:y.html?x=:splat&y=:y', '/$2-of-$1.html?x=$3&y=$1'],
      ['/:id/x /:idx/:id', undefined],
      ['/:id/x /a:idx/b:id', '/a:idx/b$1'],
      ['/a HTTPS://Exämple.COM:443', 'https://xn--exmple-cua.com/'],
      ['/a http://example.com:8080/:8080/Special:Search', 'http://example.com:8080/:8080/Special:Search'],
      ['/a /ü%20%zz"\'<>\\${A}$1`|^', "/%C3%BC%20%25zz%22'%3C%3E%5C%24%7BA%7D%241%60%7C%5E"],
      ['/a/* /b?x#y 200', '/b'],
    ] as const;
    for (const [line, expected] of targets) {
      if (expected === undefined) assert.throws(() => one(line), /the placeholder :idx does not stand/);
      else assert.equal(target(one(line)), expected, line);
    }
  });

  const wrong: readonly (readonly [line: string, why: RegExp])[] = [
    ['/a', /does not say where to/],
    ['/a 301', /does not say where to/],
    ['/a b', /“b” is no status/],
    ['/a /b 30', /“30” is no status/],
    ['/a /b 500', /the status 500 is none of 200, 301, 302, 303, 307, 308, 404, 410/],
    ['/a /b 301 x', /“x” is no status/],
    ['/a /b 302 Country=de', /conditions such as “Country=de” .* are not known/],
    ['/a /b 302 Language=de', /conditions such as “Language=de”/],
    ['/a id=:id /b/:id 301', /conditions such as “id=:id”/],
    ['/a?x=1 /b', /query parameters/],
    ['a /b', /“a” is no path/],
    ['https://old.example/* https://new.example/:splat', /rules for whole hosts/],
    ['/a*b /c', /a \* may only be the last part/],
    ['/*/a /c', /a \* may only be the last part/],
    ['/:a/:a /c', /the placeholder :a stands there twice/],
    ['/:a/:b/:c/:d/:e/:f/:g/:h/:i/:j /c', /more than 9 placeholders/],
    ['/a /b/:c', /the placeholder :c does not stand/],
    ['/a /:splat', /the placeholder :splat does not stand/],
    ['/a/%2F /b', /empty parts/],
    ['/a//b /c', /empty parts/],
    ['/a/../b /c', /dots alone/],
    ['/a/%0a /c', /control characters/],
    ['/%ff /c', /not percent-encoded UTF-8/],
    ['/a //evil.example', /would lead to another host/],
    ['/a /\\evil.example', /would lead to another host/],
    ['/a https://user@example.com/', /no address of a host/],
    ['/a https://a"b/', /no address of a host/],
    ['/a/* https://:splat/', /no address of a host/],
    ['/a https://example.com/ 200', /only a page of the site itself/],
    ['/a/* /b/:splat 404', /takes no placeholders/],
    ['/a /a', /leads to itself/],
    ['/a/ /a?x=1 302!', /leads to itself/],
    ['/a/* /a/:splat', /leads to itself/],
    ['/a /b\0c', /characters that cannot be seen/],
    ['/a /b\uFFFD', /not in UTF-8/],
    [`/a /${'b'.repeat(2000)}`, /longer than 2000/],
  ];
  for (const [line, why] of wrong) {
    it(`is refused with ${JSON.stringify(line).slice(0, 60)}, naming the line`, () => {
      assert.throws(
        () => parseRedirects(`# one\n/two /too\n${line}`),
        (error) => {
          assert.ok(isUserError(error));
          assert.match(error.message, /^Line 3 of _redirects cannot be used: .*\. Nothing was published\./);
          assert.match(error.message, why);
          return true;
        },
      );
    });
  }
});
