import assert from 'node:assert/strict';
import { applyEdits, escapeAttribute, type Quote } from '../../../src/core/html/edit';
import { parseHtml } from '../../../src/core/html/document';
import { rewriteBytes } from '../../../src/core/html/encoding';

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
    assert.throws(() => applyEdits('abc', [edit(2, 4)]), RangeError);
  });
});

describe('escapeAttribute', () => {
  for (const quote of ['"', "'", ''] satisfies Quote[]) {
    it(`writes values that read back the same between ${quote || 'no quotes'}`, () => {
      for (const value of [`a"b'c`, 'a&amp;b', 'a&b=c<d>e`f', 'a b\tc\nd', 'x?copy=1&copy=2', '😀']) {
        const html = `<img src=${quote}${escapeAttribute(value, quote)}${quote} alt=x>`;
        const [found] = parseHtml(html).attributes('img', 'src');
        assert.equal(found?.value, value);
      }
    });
  }
});

describe('rewriteBytes', () => {
  const source = '<p>ä</p><img src="a.png">';
  const published = '<p>ä</p><img src="b.png">';
  const rewrite = (text: string) => text.replace('a.png', 'b.png');

  it('keeps UTF-8 and its byte order mark', () => {
    const bytes = rewriteBytes(Buffer.from(`\uFEFF${source}`), rewrite);
    assert.deepEqual(Buffer.from(bytes), Buffer.from(`\uFEFF${published}`));
  });

  it('keeps bytes that are not UTF-8', () => {
    const bytes = rewriteBytes(Buffer.from(source, 'latin1'), rewrite);
    assert.deepEqual(Buffer.from(bytes), Buffer.from(published, 'latin1'));
  });

  it('keeps UTF-16 with its byte order mark', () => {
    const bytes = rewriteBytes(Buffer.from(`\uFEFF${source}`, 'utf16le'), rewrite);
    assert.deepEqual(Buffer.from(bytes), Buffer.from(`\uFEFF${published}`, 'utf16le'));
  });

  it('gives back the same bytes when nothing changes', () => {
    const bytes = Buffer.from(source);
    assert.equal(
      rewriteBytes(bytes, (text) => text),
      bytes,
    );
  });
});
