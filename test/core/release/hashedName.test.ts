import assert from 'node:assert/strict';
import { HASHED_CACHING, hashedFrom, hashedName, isHashed } from '../../../src/core/release/hashedName';

const SUM = '0123456789abcdef'.repeat(4);
const DIGITS = SUM.slice(0, 16);

describe('a hashed name', () => {
  for (const [path, name] of [
    ['a.png', `a.${DIGITS}.png`],
    ['images/a.tar.PNG', `images/a.tar.${DIGITS}.PNG`],
    ['v1.2/50% ü\u0308\n日本.webp', `v1.2/50% ü\u0308\n日本.${DIGITS}.webp`],
    [`a.${DIGITS}.png`, `a.${DIGITS}.${DIGITS}.png`],
    ['$1$&.svg', `$1$&.${DIGITS}.svg`],
  ] as const) {
    it(`of ${JSON.stringify(path)} holds sixteen digits before its ending, and tells from where it is`, () => {
      assert.equal(hashedName(path, SUM), name);
      assert.equal(hashedFrom(name), path);
      assert.equal(isHashed(name, { cacheControl: HASHED_CACHING, sha256: SUM }), true);
      assert.equal(isHashed(path, { cacheControl: HASHED_CACHING, sha256: SUM }), path.includes(DIGITS));
    });
  }

  it('is not what has other digits than those of its bytes, may change, or is called otherwise', () => {
    const name = `a.${DIGITS}.png`;
    assert.equal(isHashed(name, { cacheControl: HASHED_CACHING, sha256: `f${SUM}` }), false);
    assert.equal(isHashed(name, { cacheControl: 'public, max-age=31536000', sha256: SUM }), false);
    for (const path of [`${DIGITS}.png`, `a${DIGITS}.png`, `a.${DIGITS}`, `a.${DIGITS}0.png`, `a.${DIGITS}.png/b`]) {
      assert.equal(hashedFrom(path), undefined, path);
      assert.equal(isHashed(path, { cacheControl: HASHED_CACHING, sha256: SUM }), false, path);
    }
    assert.equal(hashedFrom(`a.${DIGITS.toUpperCase()}.png`), undefined);
  });
});
