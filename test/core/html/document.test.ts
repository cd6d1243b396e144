import assert from 'node:assert/strict';
import { parseHtml } from '../../../src/core/html/document';
import { unmark } from './marked';

/** Title, page with the values of `<img src>` marked, and these values decoded where that differs from how they are written. */
type Case = readonly [title: string, marked: string, values?: readonly string[]];

// By the states of https://html.spec.whatwg.org/#tokenization.
const CASES: Record<string, readonly Case[]> = {
  'attribute values': [
    ['double quotes', '<img src="«a.png»">'],
    ['single quotes', "<img src='«a.png»'>"],
    ['no quotes', '<img src=«a.png»>'],
    ['no quotes before another attribute', '<img src=«a.png» alt=x>'],
    ['an empty value in quotes', '<img src="«»">'],
    ['an equals sign without a value', '<img src=«»>'],
    ['a name without a value', '<img src alt="x">'],
    ['spaces around the equals sign', '<img src = "«a.png»">'],
    ['line breaks around the equals sign', '<img\n\tsrc\r\n=\f\n"«a.png»"\n>'],
    ['a line break inside the value', '<img src="«a\nb.png»">'],
    ['the other quote inside double quotes', '<img src="«it\'s.png»">'],
    ['the other quote inside single quotes', "<img src='«a\"b.png»'>"],
    ['a greater-than sign inside quotes', '<img alt="a > b" src="«a>b.png»">'],
    ['a less-than sign inside quotes', '<img src="«<a.png»">'],
    ['a slash at the end of an unquoted value', '<img src=«a.png/»>'],
    ['quotes inside an unquoted value', '<img src=«a"b\'c.png»>'],
    ['an equals sign inside an unquoted value', '<img src=«a=b.png»>'],
    ['a less-than sign inside an unquoted value', '<img src=«a<b.png»>'],
    ['a grave accent inside an unquoted value', '<img src=«`a.png`»>'],
  ],
  'character references': [
    ['a named one', '<img src="«a&amp;b.png»">', ['a&b.png']],
    ['a decimal one', '<img src="«a&#32;b.png»">', ['a b.png']],
    ['a hexadecimal one', '<img src="«a&#x20;b.png»">', ['a b.png']],
    ['one without a semicolon before the end', '<img src="«a&amp»">', ['a&']],
    ['one without a semicolon before a letter stays text', '<img src="«a&copyb.png»">', ['a&copyb.png']],
    ['one without a semicolon before an equals sign stays text', '<img src="«a?x&lt=1»">', ['a?x&lt=1']],
    ['a lone ampersand', '<img src="«a&b.png»">', ['a&b.png']],
    ['an encoded quote', '<img src="«a&quot;b.png»">', ['a"b.png']],
    ['one in an unquoted value', '<img src=«a&amp;b.png»>', ['a&b.png']],
    ['one outside the Basic Multilingual Plane', '<img src="«&#x1F600;.png»">', ['😀.png']],
  ],
  names: [
    ['an upper-case element and attribute', '<IMG SRC="«A.PNG»">'],
    ['mixed case', '<iMg sRc="«a.png»">'],
    ['image is another name of img', '<image src="«a.png»">'],
    ['a longer element name', '<imgx src="a.png"><img-x src="b.png">'],
    ['a longer attribute name', '<img srcx="a.png" data-src="b.png" src="«c.png»" xsrc="d.png">'],
    ['the first of duplicate attributes', '<img src="«a.png»" src="b.png" SRC="c.png">'],
    ['the first of duplicates has no value', '<img src src="b.png">'],
    ['an attribute name that begins with an equals sign', '<img =src="a.png" src="«b.png»">'],
    ['an attribute name with a quote in it', '<img a"b="c.png" src="«d.png»">'],
    ['an attribute name with a less-than sign in it', '<img <src="a.png" src="«b.png»">'],
    ['the text src= in another value', '<img alt="src=b.png" src="«a.png»">'],
    ['the text of a tag in another value', '<p title="<img src=a.png>"><img src="«b.png»">'],
  ],
  'between attributes': [
    ['no space after a quoted value', '<img alt="x"src="«a.png»"title="y">'],
    ['a slash instead of a space', '<img/src="«a.png»"/alt="x">'],
    ['a self-closing slash after quotes', '<img src="«a.png»"/>'],
    ['a self-closing slash after a space', '<img src=«a.png» />'],
    ['stray slashes', '<img / / src="«a.png»" / />'],
    ['tabs and form feeds', '<img\tsrc="«a.png»"\falt="x">'],
    ['carriage returns', '<img\r\nsrc="«a.png»"\r\n>'],
  ],
  'text that is no markup': [
    ['a comment', '<!-- <img src="a.png"> --><img src="«b.png»">'],
    ['a comment with a greater-than sign', '<!-- > <img src="a.png"> --><img src="«b.png»">'],
    ['a comment that ends at once', '<!--><img src="«a.png»"><!---><img src="«b.png»">'],
    ['a comment that ends with an exclamation mark', '<!-- x --!><img src="«a.png»">'],
    ['a conditional comment', '<!--[if IE]><img src="a.png"><![endif]--><img src="«b.png»">'],
    ['a downlevel-revealed conditional comment', '<![if !IE]><img src="«a.png»"><![endif]>'],
    ['a bogus comment from a question mark', '<?php echo "<img src=a.png" ?><img src="«b.png»">'],
    ['a bogus comment from a closing tag', '</ <img src="a.png"><img src="«b.png»">'],
    ['a doctype', '<!DOCTYPE html SYSTEM "x"><img src="«a.png»">'],
    ['a script', '<script>"<img src=a.png>"</script><img src="«b.png»">'],
    ['a script with a look-alike end', '<script></scriptx><img src=a.png></script ><img src="«b.png»">'],
    ['a style', '<style>/* <img src=a.png> */</style><img src="«b.png»">'],
    ['a title', '<title><img src=a.png></title><img src="«b.png»">'],
    ['a textarea', '<textarea><img src=a.png></textarea><img src="«b.png»">'],
    ['an iframe', '<iframe><img src=a.png></iframe><img src="«b.png»">'],
    ['an xmp', '<xmp><img src=a.png></xmp><img src="«b.png»">'],
    ['noembed and noframes', '<noembed><img src=a></noembed><noframes><img src=b></noframes><img src="«c.png»">'],
    ['plaintext', '<img src="«a.png»"><plaintext><img src="b.png">'],
    ['CDATA outside of foreign content', '<![CDATA[ <img src="a.png"> ]]>'],
    ['CDATA in foreign content', '<svg><![CDATA[<img src="a.png">]]></svg><img src="«b.png»">'],
    ['a less-than sign in text', 'a < b <3 <<img src="«a.png»">'],
    ['an encoded tag', '&lt;img src="a.png"&gt;'],
    ['a tag that is never closed', '<img src="«a.png»"><img src="b.png'],
    ['a tag that ends in its name', '<img src="«a.png»"><img'],
    ['a tag that ends behind its value', '<img src="«a.png»"><img src="b.png"'],
  ],
  'where it stands': [
    ['inside noscript', '<noscript><img src="«a.png»"></noscript>'],
    ['inside noscript in the head', '<head><noscript><img src="«a.png»"></noscript></head>'],
    ['inside a template', '<template><img src="«a.png»"></template>'],
    ['inside a picture', '<picture><source srcset="x.avif"><img src="«a.png»"></picture>'],
    ['inside svg', '<svg><foreignObject><img src="«a.png»"></foreignObject></svg>'],
    ['image inside svg is no img', '<svg><image src="a.png"/></svg>'],
    ['inside a select', '<select><option>x<img src="«a.png»"></option></select>'],
    ['inside a table where it may not be', '<table><img src="«a.png»"><tr><td></table>'],
    ['after an unclosed paragraph', '<p>x<p>y<div><img src="«a.png»">'],
    ['after stray closing tags', '</div></p></br><img src="«a.png»">'],
    ['after a form inside a form', '<form><form class=x><img src="«a.png»"></form></form>'],
    ['at the very end of an open document', '<html><body><img src="«a.png»">'],
    ['behind a byte order mark', '\uFEFF<img src="«a.png»">'],
    ['behind characters of two code units', '😀<p>ä😀</p><img src="«😀.png»">'],
    ['behind a null character', '<p>\0</p><img src="«a.png»">'],
    ['several in a row', '<img src=«a»><img src=«b»><img src=«c»>'],
  ],
};

describe('parseHtml', () => {
  for (const [group, cases] of Object.entries(CASES)) {
    describe(`finds where the sources of images are written: ${group}`, () => {
      for (const [title, marked, values] of cases) {
        it(title, () => {
          const { text, ranges } = unmark(marked);
          const found = parseHtml(text).attributes('img', 'src');
          assert.deepEqual(
            found.map(({ range }) => range),
            ranges,
          );
          const written = ranges.map(({ start, end }) => text.slice(start, end));
          assert.deepEqual(
            found.map(({ raw }) => raw),
            written,
          );
          assert.deepEqual(
            found.map(({ value }) => value),
            values ?? written,
          );
        });
      }
    });
  }

  it('tells how a value is quoted', () => {
    const found = parseHtml(`<img src="a"><img src='b'><img src=c>`).attributes('img', 'src');
    assert.deepEqual(
      found.map(({ quote }) => quote),
      ['"', "'", ''],
    );
  });

  it('tells where the start tag is written', () => {
    const text = 'x<p>y</p>\n<img alt="a>b"\n src="a.png" />z';
    const [found] = parseHtml(text).attributes('img', 'src');
    assert.equal(text.slice(found?.tag.start, found?.tag.end), '<img alt="a>b"\n src="a.png" />');
  });

  it('gives no attribute that an element does not have, or has without a value', () => {
    const document = parseHtml('<img alt><img alt="x" src><p></p></p>');
    const attributes = document.elements('img, p').map((element) => document.attribute(element, 'src'));
    assert.deepEqual(attributes, [undefined, undefined, undefined, undefined]);
  });

  it('gives up a page that nests too deep', () => {
    assert.doesNotThrow(() => parseHtml('<b>'.repeat(512)));
    assert.throws(() => parseHtml('<b>'.repeat(513)), {
      name: 'TooComplexError',
      message: 'its elements are nested more than 512 deep',
    });
  });

  it('tells where each text of a style sheet inside of svg is written, without what is no text', () => {
    const document = parseHtml('<svg><style>a<!--b-->c<g>d</g><![CDATA[e]]></style></svg>');
    const pieces = document.elements('style').flatMap(document.texts);
    assert.deepEqual(pieces, [
      { text: 'a', range: { start: 12, end: 13 } },
      { text: 'c', range: { start: 21, end: 22 } },
      { text: '<![CDATA[e]]>', range: { start: 30, end: 43 } },
    ]);
  });

  it('tells where the text of a style sheet is written', () => {
    const document = parseHtml('<style>a < b </styl></style><p>');
    const pieces = document.elements('style').flatMap(document.texts);
    assert.deepEqual(pieces, [{ text: 'a < b </styl>', range: { start: 7, end: 20 } }]);
  });
});
