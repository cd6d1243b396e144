import assert from 'node:assert/strict';
import { rewriteBytes } from '../../../src/core/html/encoding';

describe('rewriteBytes', () => {
  const source = '<p>ä</p><img src="a.png">';
  const published = '<p>ä</p><img src="b.png">';
  const rewrite = (text: string) => text.replace('a.png', 'b.png');
  const rewritten = (bytes: Uint8Array) => Buffer.from(rewriteBytes(bytes, rewrite));

  it('keeps UTF-8 and its byte order mark', () => {
    assert.deepEqual(rewritten(Buffer.from(`\uFEFF${source}`)), Buffer.from(`\uFEFF${published}`));
    assert.deepEqual(rewritten(Buffer.from(source)), Buffer.from(published));
  });

  it('shows UTF-8 as the text that it is', () => {
    rewriteBytes(Buffer.from(source), (text) => {
      assert.equal(text, source);
      return text;
    });
  });

  it('keeps bytes that are not UTF-8', () => {
    assert.deepEqual(rewritten(Buffer.from(source, 'latin1')), Buffer.from(published, 'latin1'));
  });

  it('keeps UTF-16 with its byte order mark', () => {
    assert.deepEqual(
      rewritten(Buffer.from(`\uFEFF${source}`, 'utf16le')),
      Buffer.from(`\uFEFF${published}`, 'utf16le'),
    );
  });

  it('takes nothing else for UTF-16', () => {
    const [even, odd] = ['<img src="a.png">ä', '<img src="a.png">'];
    const cases: readonly (readonly [begin: number[], rest: string])[] = [
      [[0xff, 0xfe], odd],
      [[0xff, 0xff], even],
      [[0xfe, 0xfe], even],
    ];
    for (const [begin, rest] of cases) {
      const bytes = (text: string) => Buffer.concat([Buffer.from(begin), Buffer.from(text, 'latin1')]);
      assert.deepEqual(rewritten(bytes(rest)), bytes(rewrite(rest)), `${begin.join(' ')}`);
    }
  });

  it('reads no byte beside those that it is given', () => {
    const bytes = Buffer.from(`"a.png"${source}"a.png"`);
    assert.deepEqual(rewritten(new Uint8Array(bytes).subarray(7, bytes.length - 7)), Buffer.from(published));
  });

  it('gives back the same bytes when nothing changes', () => {
    const bytes = Buffer.from(source);
    assert.equal(
      rewriteBytes(bytes, (text) => text),
      bytes,
    );
  });
});
