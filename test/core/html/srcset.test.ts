import assert from 'node:assert/strict';
import { srcsetUrls } from '../../../src/core/html/srcset';
import { unmark } from './marked';

const CASES: readonly (readonly [title: string, marked: string])[] = [
  ['one without a descriptor', '«a.png»'],
  ['densities', '«a.png» 1x, «b.png» 2x'],
  ['widths without spaces behind commas', '«a.png» 100w,«b.png» 200w'],
  ['two descriptors', '«a.png» 100w 50h, «b.png» 200w'],
  ['no descriptors', '«a.png», «b.png», «c.png»'],
  ['a comma inside a URL', '«a,b.png» 1x, «c.png» 2x'],
  ['commas at the end of URLs', '«a.png»,, «b.png» 2x,'],
  ['commas and spaces around', ' , «a.png» 1x ,\n\t«b.png»  2x , '],
  ['line breaks', '\n  «a.png» 1x,\r\n  «b.png» 2x\n'],
  ['a comma in parentheses', '«a.png» fn(1, 2) 1x, «b.png» 2x'],
  ['a data URL', '«data:image/png;base64,AAAA» 1x, «b.png» 2x'],
  ['a comma directly behind a URL glues the next to it', '«a.png,b.png» 2x'],
  ['nothing', ' , '],
];

describe('srcsetUrls', () => {
  for (const [title, marked] of CASES) {
    it(`finds the URLs: ${title}`, () => {
      const { text, ranges } = unmark(marked);
      assert.deepEqual(
        srcsetUrls(text),
        ranges.map((range) => ({ url: text.slice(range.start, range.end), range })),
      );
    });
  }
});
