import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CHECKOUT = join(__dirname, '..', '..', '..');
/** Where sums are put into words, zero among them. */
const WORDS = join('src', 'core', 'cost', 'costText.ts');
const COMMENT = /^\s*(\/\*)?\*/;

describe('what users are told', () => {
  it('has no price that somebody typed', () => {
    const sources = readdirSync(join(CHECKOUT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const told = ['package.json', 'README.md', join('media', 'sitelift.schema.json')];
    const names = [...sources.map((name) => join('src', name)), ...told];
    assert.ok(names.includes(WORDS));
    const found = names
      .filter((name) => name !== WORDS)
      .flatMap((name) =>
        readFileSync(join(CHECKOUT, name), 'utf8')
          .split('\n')
          .filter((line) => /\$\d+\.\d/.test(line) && !COMMENT.test(line))
          .map((line) => `${name}: ${line.trim()}`),
      );
    assert.deepEqual(found, []);
  });
});
