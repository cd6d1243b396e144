import assert from 'node:assert/strict';
import { applyEdits, escapeAttribute, type Quote } from '../../../src/core/html/edit';
import { parseHtml } from '../../../src/core/html/document';

describe('applyEdits', () => {
  it('replaces ranges in any order and keeps the rest', () => {
    const edits = [
      { range: { start: 4, end: 5 }, text: 'EEE' },
      { range: { start: 0, end: 2 }, text: '' },
      { range: { start: 3, end: 3 }, text: '-' },
    ];
    assert.equal(applyEdits('abcdef', edits), 'c-dEEEf');
  });

  it('refuses edits that overlap or lie outside', () => {
    const edit = (start: number, end: number) => ({ range: { start, end }, text: 'x' });
    assert.throws(() => applyEdits('abcdef', [edit(0, 3), edit(2, 4)]), RangeError);
    assert.throws(() => applyEdits('abcdef', [edit(0, 3), edit(2, 2)]), /The edit at 2–2 overlaps another one/);
    assert.throws(() => applyEdits('abc', [edit(2, 4)]), RangeError);
    assert.throws(() => applyEdits('abc', [edit(-1, 1)]), RangeError);
    assert.throws(
      () => applyEdits('abc', [edit(2, 1)]),
      /The edit at 2–1 overlaps another one or lies outside of the text\./,
    );
  });

  it('takes edits that touch, and an insertion before a replacement at the same place', () => {
    const edit = (start: number, end: number, text: string) => ({ range: { start, end }, text });
    assert.equal(applyEdits('abc', [edit(1, 3, 'y'), edit(0, 1, 'x')]), 'xy');
    assert.equal(applyEdits('abc', [edit(1, 2, 'B'), edit(1, 1, '-')]), 'a-Bc');
    assert.equal(applyEdits('abc', []), 'abc');
  });
});

describe('escapeAttribute', () => {
  it('escapes no more than the quotes around the value ask for', () => {
    const value = `a b"c'd&e<f>g\`h\u00a0`;
    assert.equal(escapeAttribute(value, '"'), "a b&quot;c'd&amp;e<f>g`h\u00a0");
    assert.equal(escapeAttribute(value, "'"), 'a b"c&#39;d&amp;e<f>g`h\u00a0');
    assert.equal(escapeAttribute(value, ''), 'a&#32;b&quot;c&#39;d&amp;e&lt;f&gt;g&#96;h\u00a0');
    assert.equal(escapeAttribute('\t\n\f\r', ''), '&#9;&#10;&#12;&#13;');
  });

  for (const quote of ['"', "'", ''] satisfies Quote[]) {
    it(`writes values that read back the same between ${quote || 'no quotes'}`, () => {
      for (const value of [
        `a"b'c`,
        'a&amp;b',
        '`a`',
        '>',
        "' onload=x",
        'a\fb\rc',
        'a&b=c<d>e`f',
        'a b\tc\nd',
        'x?copy=1&copy=2',
        '😀',
      ]) {
        const html = `<img src=${quote}${escapeAttribute(value, quote)}${quote} alt=x>`;
        const [found] = parseHtml(html).attributes('img', 'src');
        assert.equal(found?.value, value);
      }
    });
  }
});
