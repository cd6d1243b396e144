import assert from 'node:assert/strict';
import { parseHtml } from '../../../src/core/html/document';
import { TooComplexError } from '../../../src/core/html/limits';
import { isNearImage } from '../../../src/core/html/nearImage';
import { rewritePage, rewriteStylesheet } from '../../../src/core/html/rewrite';
import { findLocalImages } from '../../../src/core/html/rules/imageSource';
import { randomNumbers } from './randomNumbers';

/** A text of about a given size. */
type Grow = (length: number) => string;

const resolve = (path: string) => (path.endsWith('.png') ? `https://d1.cloudfront.net/${path}` : undefined);
const page = (text: string) => void rewritePage(text, 'blog/index.html', resolve);
const sheet = (text: string) => void rewriteStylesheet(text, 'css/site.css', resolve);
const images = (text: string) => void findLocalImages(parseHtml(text), 'blog/index.html');
const lightBulb = (text: string) => void isNearImage(text, text.length);

const repeat = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length));

// Inputs that once took from 4 to 49 seconds, with the length at which they did.
const KNOWN: readonly (readonly [title: string, read: (text: string) => void, length: number, Grow])[] = [
  ['spaces inside a URL', page, 80_000, (length) => `<img src="a${repeat(' ', length)}b">`],
  ['spaces inside a URL, for the code action', images, 80_000, (length) => `<img src="a${repeat(' ', length)}b">`],
  ['commas inside a srcset', page, 80_000, (length) => `<img srcset="a${repeat(',', length)}b.png">`],
  [
    'commas at the end of what a srcset refers to',
    page,
    80_000,
    (length) => `<img srcset="a.png?${repeat(',', length)}b">`,
  ],
  ['escaped spaces in a style sheet', sheet, 160_000, (length) => `a{b:url(a${repeat('\\ ', length)}b)}`],
  ['open elements', page, 500_000, (length) => repeat('<div>', length)],
  ['open elements, for the code action', images, 500_000, (length) => repeat('<div>', length)],
  ['misnested elements', page, 560_000, (length) => repeat('<b>', length / 2) + repeat('</i>', length / 2)],
  ['styles inside of svg', page, 1_200_000, (length) => repeat('<svg><style>', length)],
  [
    'a long base',
    page,
    100_000,
    (length) => `<base href="${repeat('/a', length / 2)}/">${repeat('<img src=b>', length / 2)}`,
  ],
  ['tags that are never closed', lightBulb, 100_000, (length) => repeat('<img src="', length)],
];

// What hostile documents are made of: each piece may leave something open.
const PIECES = [
  ...[
    ' ',
    '\t',
    '\n',
    '\0',
    ',',
    ';',
    ':',
    '"',
    "'",
    '`',
    '=',
    '/',
    '\\',
    '(',
    ')',
    '{',
    '}',
    '%',
    '#',
    '?',
    '@',
    '&',
    '-',
  ],
  ...[
    'a',
    '0',
    'é',
    '😀',
    '../',
    'a.png',
    'a.png 1x',
    '//',
    'data:,',
    '&amp;',
    '&#32;',
    '&#x',
    '&nosuch',
    '\\20 ',
    '\\a',
  ],
  ...[
    '<',
    '>',
    '</',
    '<!',
    '<!--',
    '-->',
    '--!>',
    '<?',
    '<![CDATA[',
    ']]>',
    '<a ',
    '<p>',
    '</p>',
    '<b>',
    '</b>',
    '</i>',
    '<div>',
  ],
  ...[
    '<img src="',
    '<img src=a.png>',
    '<img srcset="',
    '<p style="',
    '<base href="',
    '<li>',
    '<td>',
    '<table>',
    '<form>',
    '</br>',
  ],
  ...[
    '<svg>',
    '</svg>',
    '<math>',
    '<foreignObject>',
    '<style>',
    '</style>',
    '<script>',
    '</script>',
    '<title>',
    '<template>',
  ],
  ...[
    'url(',
    'url("',
    'url(a.png)',
    'image-set(',
    '@import ',
    '/*',
    '*/',
    'filter:',
    'a{b:',
    '"a.png"',
    '1e',
    '<image href=a.png>',
  ],
];
const AROUND: readonly (readonly [before: string, after: string])[] = [
  ['', ''],
  ['<img src="', '.png">'],
  ['<img srcset="', '.png 1x">'],
  ['<p style="b:url(', '.png)">'],
  ['<style>', 'a{b:url(a.png)}</style>'],
  ['<svg>', '</svg><img src=a.png>'],
  ['<link rel="', 'icon" href=a.png>'],
  ['a{b:url(', 'a.png)}'],
  ['a{b:url("', '.png")}'],
];
const DOCUMENTS = 100;

describe('reading a hostile document', function () {
  this.timeout(600_000);

  for (const [title, read, length, grow] of KNOWN) {
    it(`takes no more than linear time at ten times what once took seconds: ${title}`, () => {
      refuseGrowth(read, grow, length * 10);
    });
  }

  const seed = 20_260_611;
  it(`takes no more than linear time for any of ${DOCUMENTS} random ones (seed ${seed})`, () => {
    const random = randomNumbers(seed);
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
    for (let count = 0; count < DOCUMENTS; count += 1) {
      const units = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
        Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(PIECES)).join(''),
      );
      const [before, after] = pick(AROUND);
      const grow: Grow = (length) => before + units.map((unit) => repeat(unit, length / units.length)).join('') + after;
      const read = before.startsWith('a{') || (before === '' && random() < 0.5) ? sheet : page;
      refuseGrowth(read, grow, 80_000);
    }
  });
});

/** How much more four times the text may cost: what is linear costs four times as much, what is quadratic sixteen times. */
const MOST = 8;
/** What is read in so little time cannot be compared; what is quadratic takes longer at these lengths. */
const FAST_MS = 10;
const SHORTEST = 4000;

/** Doubles the text twice and again, from a short one on, so that what is not linear is refused before it takes minutes. */
function refuseGrowth(read: (text: string) => void, grow: Grow, length: number): void {
  if (length / 4 > SHORTEST) refuseGrowth(read, grow, length / 4);
  const [short, long] = [grow(length / 4), grow(length)];
  let shortMs = Infinity;
  let longMs = Infinity;
  // The least costs of several readings: what else the machine does only ever adds to one.
  for (let attempt = 1; attempt <= 12; attempt += 1) {
    longMs = Math.min(longMs, costMs(read, long));
    if (longMs <= FAST_MS) return;
    shortMs = Math.min(shortMs, costMs(read, short));
    if (attempt >= 4 && longMs <= MOST * shortMs) return;
  }
  const begin = JSON.stringify(`${long.slice(0, 120)} … ${long.slice(-60)}`);
  assert.fail(`${short.length} characters took ${shortMs} ms, ${long.length} took ${longMs} ms: ${begin}`);
}

/** The processor time of one reading, by this process and not by others. */
function costMs(read: (text: string) => void, text: string): number {
  const before = process.cpuUsage();
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof TooComplexError)) throw error;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
