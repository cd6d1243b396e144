import assert from 'node:assert/strict';
import { isNearImage } from '../../../src/core/html/nearImage';
import { unmark } from './marked';

describe('isNearImage', () => {
  const cases = [
    'text «<img src="a.png">» text',
    '<p title="x">«<IMG\n alt="a > b"\n src=a.png />»</p>',
    '<imgx src="a"> «<image src="a.png">» <i>',
    '«<img src="a.png">»<b>x</b>«<img src="b.png">»<p>',
    '<p>no image</p>',
    '<p>open «<img src="a.png"',
  ];
  for (const marked of cases) {
    it(`is true from end to end of the start tags in ${JSON.stringify(marked)}`, () => {
      const { text, ranges } = unmark(marked);
      for (let at = 0; at <= text.length; at++) {
        const expected = ranges.some(({ start, end }) => start <= at && at <= end);
        assert.equal(isNearImage(text, at), expected, `at ${at}`);
      }
    });
  }
});
