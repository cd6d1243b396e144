import assert from 'node:assert/strict';
import { oneLine, plainText } from '../../src/core/plainText';

describe('text from elsewhere', () => {
  it('stays as it is where it is plain', () => {
    for (const text of ['images/[id] Grüße (2) 50 % <3 $5.png', 'a  b — “c” 🏔', "it's *this* _one_", '日本語 עברית']) {
      assert.equal(plainText(text), text);
    }
  });

  it('is one line without control characters', () => {
    assert.equal(plainText('a\r\n\t\u0000b\u001b[31mc\u009b\u2028d\u2029\n'), 'a b [31mc d');
  });

  it('loses what is invisible or turns the reading direction', () => {
    const hidden =
      '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\u200c\u200d\u2060\ufeff\u00ad\u3164';
    for (const character of hidden)
      assert.equal(plainText(`gpj${character}.exe`), 'gpj.exe', JSON.stringify(character));
    assert.equal(plainText('a\ud800b'), 'a\ufffdb');
  });

  // The first expression is that of VS Code's notifications (`parseLinkedText`), the others are CommonMark’s links and VS Code's icons.
  const links = [
    /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i,
    /\]\(|\]\[|\]:/,
    /<[a-z/!?]/i,
    /`/,
    /\$\([\w~-]+\)/,
  ];
  for (const text of [
    '[free disk](command:workbench.action.terminal.sendSequence?%7B%7D)',
    '[x]\u200b(command:y)',
    '[x]\u202e(command:y)',
    '![x](https://a.test/b.png "t")',
    '[x](<command:y>)',
    '[[x](command:y)](command:z)',
    '[x][y]',
    '[y]: command:z',
    '<command:z>',
    '<\u200ba href="command:z">',
    '<a href="command:z">x</a><!-- -->',
    '`code`',
    '$(error) $(sync~spin)',
  ]) {
    it(`makes no link, code or icon of ${JSON.stringify(text)}`, () => {
      const plain = plainText(text);
      for (const link of links) assert.doesNotMatch(plain, link);
      assert.equal(plainText(plain), plain);
    });
  }

  it('keeps every word of what it makes harmless', () => {
    const text = '[x](command:y) [z][w] [v]: u <b>bold</b> `code` $(sync~spin)';
    assert.equal(plainText(text), "[x] (command:y) [z] [w] [v] : u ‹b>bold‹/b> 'code' $ (sync~spin)");
  });

  it('keeps everything that can be seen where nothing is made of it, as in the log', () => {
    const text = '[x](command:y) <b> `c` $(error) 🏔';
    assert.equal(oneLine(text), text);
    assert.equal(oneLine('a\r\n2026-01-01 [info] b\u202e\u001b[2Jc'), 'a 2026-01-01 [info] b [2Jc');
    assert.equal(oneLine('a'.repeat(10_000)).length, 10_000);
  });

  it('is cut at its limit, between whole characters', () => {
    assert.equal(plainText('abcdef', 6), 'abcdef');
    assert.equal(plainText('abcdefg', 6), 'abcde…');
    assert.equal(plainText('abcd🏔fg', 6), 'abcd…');
    assert.equal(plainText('🏔cdefg', 6), '🏔cde…');
    assert.equal(plainText('ab  cdefg', 4), 'ab…');
    assert.equal(plainText('a'.repeat(10_000)).length, 500);
    assert.equal(plainText(plainText('ab  cdefg', 4), 4), plainText('ab  cdefg', 4));
  });
});
