import assert from 'node:assert/strict';
import { sourceTest } from '../../../../src/core/publish/pathPattern';
import { redirectFinder } from '../../../../src/core/publish/pages/redirectFinder';
import { parseRedirects } from '../../../../src/core/publish/pages/redirects';
import { webSettings } from '../../../../src/core/publish/pages/webSettings';

/** Every path of some parts, with and without a last slash. */
function pathsOf(parts: readonly string[], depth: number): string[] {
  const below = depth === 0 ? [] : pathsOf(parts, depth - 1).map((path) => `/${path}`);
  return ['', '/', ...parts.flatMap((part) => [part, `${part}/`, ...below.map((path) => part + path)])];
}

/** How often a regular expression is tried and a map is asked while something is done. */
function looksOf(work: () => void): number {
  const { exec } = RegExp.prototype;
  const { get } = Map.prototype;
  let looks = 0;
  RegExp.prototype.exec = function (text) {
    looks += 1;
    return exec.call(this, text);
  };
  Map.prototype.get = function (key: unknown): unknown {
    looks += 1;
    return get.call(this, key);
  };
  try {
    work();
  } finally {
    RegExp.prototype.exec = exec;
    Map.prototype.get = get;
  }
  return looks;
}

describe('the redirects for a path', () => {
  it('are those whose regular expression is for it', () => {
    const froms = pathsOf(['a', ':b', '%C3%BC', '*'], 2).filter((path) => !/\*.|:b.*:b|\/\/|^\//.test(path));
    const redirects = parseRedirects(froms.map((from) => `/${from} https://example.com`).join('\n'));
    const find = redirectFinder(redirects);
    assert.ok(redirects.length > 30, `${redirects.length} redirects`);
    const paths = pathsOf(['a', 'ü', 'c.png', ''], 3);
    for (const path of paths) {
      const expected = redirects.filter(({ from }) => sourceTest(from)(path));
      assert.deepEqual(new Set(find(path).flat()), new Set(expected), path);
    }
  });

  for (const [what, rule] of [
    ['paths', (index: number) => `/old/${index}.png /new/${index}.png`],
    ['placeholders', (index: number) => `/:folder/${index}.png /new/:folder`],
    ['all below a folder', (index: number) => `/${index}/* /new/:splat`],
    ['what is forced', (index: number) => `/:folder/${index}.png /new/:folder 301!`],
  ] as const) {
    it(`take no more time for a path when there are more: ${what}`, () => {
      const assets = Array.from({ length: 1000 }, (_, index) => `images/${index}/a.png`);
      const looksFor = (rules: number) => {
        const redirects = parseRedirects(Array.from({ length: rules }, (_, index) => rule(index)).join('\n'));
        return looksOf(() => {
          const { hides } = webSettings({
            ...{ assetExtensions: ['png'], assetDomain: undefined, assets, caching: [] },
            ...{ hasNotFoundPage: false, redirects },
          });
          for (const asset of assets) hides(asset);
        });
      };
      // Each pair of a path and a redirect would be a look, 50,000 and 500,000 of them.
      const few = looksFor(50);
      const many = looksFor(500);
      assert.ok(few < 30_000 && many < few + 20_000, `${few} looks with 50 redirects, ${many} with 500`);
    });
  }
});
