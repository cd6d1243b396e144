import assert from 'node:assert/strict';
import { styleUrls } from '../../../src/core/html/stylesheet';
import { unmark } from './marked';

/** Title, style sheet with what is written of its URLs marked, and what they mean where that differs. */
type Case = readonly [title: string, marked: string, urls?: readonly string[]];

const CASES: readonly Case[] = [
  ['without quotes', 'a{b:url(«a.png»)}'],
  ['spaces around', 'a{b:url( \t\n\r\f«a.png» \t\n\r\f)}'],
  ['in quotes, with spaces around', `a{b:url( "«a.png»" ) url(\n'«b.png»')}`],
  ['empty', 'a{b:url(«») url("«»") url( «»)}'],
  ['capital letters', 'a{B:URL(«a.png») uRl("«b.png»")}'],
  ['an escaped name', 'a{b:u\\72l(«a.png») \\75\\72 l(«b.png»)}'],
  ['an escaped space at the end', 'a{b:url(«a\\ » )}', ['a ']],
  ['an escaped space by its number at the end', 'a{b:url(«a\\20 » )}', ['a ']],
  ['an escape by number with a line break of two characters', 'a{b:url(«a\\20\r\n»\r\n)}', ['a ']],
  ['an escape by number of most digits', 'a{b:url(«a\\000062c\\000020 »)}', ['abc ']],
  ['an escaped parenthesis', 'a{b:url(«a\\)») url(«\\(b»)}', ['a)', '(b']],
  ['escaped backslashes', 'a{b:url(«a\\\\») url("«b\\\\»")}', ['a\\', 'b\\']],
  ['an escaped quote at the end', `a{b:url("«a\\"»") url('«\\'»')}`, ['a"', "'"]],
  ['an escaped line break in a string', 'a{b:url("«a\\\nb»")}', ['ab']],
  ['the end of the file', 'a{b:url(«a.png»'],
  ['the end of the file behind spaces', 'a{b:url( «a.png» \n'],
  ['the end of the file behind an escaped parenthesis', 'a{b:url(«a\\)»', ['a)']],
  ['the end of the file behind a backslash', 'a{b:url(«a\\»', ['a\uFFFD']],
  ['the end of the file inside quotes', 'a{b:url("«a.png»'],
  ['the end of the file right behind a quote', 'a{b:url("«»'],
  ['the end of the file behind an escaped quote', 'a{b:url("«a\\"»', ['a"']],
  ['the end of the file behind an escaped backslash and a quote', 'a{b:url("«a\\\\»"', ['a\\']],
  ['the end of the file behind a quote', 'a{b:url("«a.png»"'],
  [
    'functions that take images as strings',
    'a{b:image-set("«a»" 1x) -webkit-image-set("«b»" 1x) image("«c»") src("«d»")}',
  ],
  ['strings elsewhere', 'a{b:image-set("«a»" type("x")) "x" attr("x") ("x") image-set(("x"), calc(1) "«b»")}'],
  ['behind a parenthesis too many', 'a{b:) url("«a.png»")) image-set("«b.png»")}'],
  ['imports and namespaces', '@import "a" url(b);@IMPORT url(c);@namespace x url(d);@namespace url("e");f{g:url(«h»)}'],
  ['an import that a block ends', '@import url(a){b:url(«c»)}@import url("d")}'],
  ['other rules', '@font-face{src:url(«a»)}@media x{b{c:url(«d»)}}@import x;@layer url(«e»);'],
  [
    'filters',
    'a{filter:url(b);-webkit-filter:url("c");backdrop-filter:url(d);-webkit-backdrop-filter:url(e);F\\49 LTER:url(f)}',
  ],
  ['clip paths', 'a{clip-path:url(b);-webkit-clip-path:url(c) url("d");x-clip-path:url(«e»)}'],
  ['masks', 'a{mask:url(«b») filter;-webkit-mask-image:url(«c»);mask-border:url(«d») clip-path}'],
  ['behind a filter', 'a{filter:url(b);c:url(«d»)}e{filter:none}f{g:url(«h»);filter:x}@media x{i:url(«j»)}'],
  ['behind a block inside a block', 'a{b{filter:url(c)}d:url(«e»)}'],
  ['rules for elements that are called filter', 'filter{a:url(«b»)}filter:hover{a:url(«c»)}'],
  ['none', 'a{b:c;d:"url(e)"}/* url(f) */'],
];

describe('styleUrls', () => {
  for (const [title, marked, urls] of CASES) {
    it(`finds the URLs that can mean images: ${title}`, () => {
      const { text, ranges } = unmark(marked);
      assert.deepEqual(
        styleUrls(text),
        ranges.map((range, index) => ({ url: urls?.[index] ?? text.slice(range.start, range.end), range })),
      );
    });
  }
});
