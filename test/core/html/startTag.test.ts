import assert from 'node:assert/strict';
import { scanStartTag } from '../../../src/core/html/startTag';

/** What a start tag holds, as name, value with its quotes, or the bare name when there is no value. */
function attributes(text: string, start = 0): string[] | undefined {
  return scanStartTag(text, start)?.attributes.map(({ name, range, quote, hasValue }) => {
    const value = quote + text.slice(range.start, range.end) + quote;
    assert.ok(hasValue || range.start === range.end, name);
    return hasValue ? `${name}=${value}` : name;
  });
}

describe('scanStartTag', () => {
  it('reads the attributes of one tag', () => {
    const text = 'x<img  ALT = "a>b"\n src=\'c\' / width=1/ hidden  data-x>y<p z>';
    assert.deepEqual(attributes(text, 1), ['alt="a>b"', "src='c'", 'width=1/', 'hidden', 'data-x']);
    assert.deepEqual(scanStartTag(text, 1)?.range, { start: 1, end: text.indexOf('y<p') });
  });

  it('reads a tag without attributes', () => {
    for (const text of ['<p>', '<p >', '<p/>', '<p / / >']) {
      assert.deepEqual(scanStartTag(text, 0), { range: { start: 0, end: text.length }, attributes: [] });
    }
  });

  it('places the value that an attribute does not have behind its name', () => {
    const [attribute] = scanStartTag('<img src  alt>', 0)?.attributes ?? [];
    assert.deepEqual(attribute, { name: 'src', range: { start: 8, end: 8 }, quote: '', hasValue: false });
  });

  it('keeps the first of the attributes with one name', () => {
    assert.deepEqual(attributes('<img a=1 A=2 b a b=3>'), ['a=1', 'b']);
  });

  it('reads no tag that is not closed', () => {
    for (const text of [
      '<',
      '<img',
      '<img ',
      '<img src',
      '<img src=',
      '<img src="a',
      '<img src="a"',
      "<img src='>",
      '<img a',
    ]) {
      assert.equal(scanStartTag(text, 0), undefined, text);
    }
  });
});
