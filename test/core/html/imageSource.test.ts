import assert from 'node:assert/strict';
import { parseHtml } from '../../../src/core/html/document';
import { applyEdits } from '../../../src/core/html/edit';
import { findImageSources, findLocalImages, type ImageSite } from '../../../src/core/html/rules/imageSource';

const FILES = new Set(['images/a.png', 'images/b c.jpg', 'images/ä & ö.png']);
const SITE: ImageSite = {
  domain: 'd1.cloudfront.net',
  distributionState: 'deployed',
  exists: (path) => FILES.has(path),
  uploaded: () => true,
};

function findings(html: string, site: ImageSite = SITE) {
  return findImageSources(findLocalImages(parseHtml(html), 'blog/page.html'), site);
}

function fixed(html: string): string {
  return applyEdits(
    html,
    findings(html).flatMap(({ edits }) => edits),
  );
}

describe('imageSource', () => {
  it('rewrites local images to their stable CDN URL and nothing else', () => {
    const html =
      '<p>\r\n<IMG alt="x"\r\n SRC="../images/a.png"/ >\r\n<img src=/images/b%20c.jpg?v=1#x><img src="https://x/a.png">';
    assert.equal(
      fixed(html),
      '<p>\r\n<IMG alt="x"\r\n SRC="https://d1.cloudfront.net/images/a.png"/ >\r\n<img src=https://d1.cloudfront.net/images/b%20c.jpg?v=1#x><img src="https://x/a.png">',
    );
  });

  it('finds files by their decoded names', () => {
    const html = `<img src='/images/&auml; &amp; %C3%B6.png'>`;
    assert.equal(fixed(html), `<img src='https://d1.cloudfront.net/images/%C3%A4%20%26%20%C3%B6.png'>`);
  });

  it('escapes what it writes for the way the value is quoted', () => {
    assert.equal(
      fixed(`<img src="/images/a.png?a=1&b='2">`),
      `<img src="https://d1.cloudfront.net/images/a.png?a=1&amp;b=%272">`,
    );
    assert.equal(fixed(`<img src=/images/a.png?a=1>`), `<img src=https://d1.cloudfront.net/images/a.png?a=1>`);
  });

  it('says nothing of images that do not exist, lie elsewhere, or are no elements', () => {
    const html =
      '<img src="../images/none.png"><img src="//x/images/a.png"><img src="data:,"><!-- <img src="/images/a.png"> -->';
    assert.deepEqual(findings(html), []);
  });

  it('says which image it is, where, and that it can load from the CDN', () => {
    const [finding] = findings('<p><img src="../images/a.png"></p>');
    assert.deepEqual(finding, {
      rule: 'imageSource',
      path: 'images/a.png',
      range: { start: 13, end: 28 },
      tag: { start: 3, end: 30 },
      message: 'images/a.png can load from the CDN.',
      edits: [{ range: { start: 13, end: 28 }, text: 'https://d1.cloudfront.net/images/a.png' }],
      blocked: undefined,
    });
  });

  it('gives up a page of more images than an editor can change at once', () => {
    const local = (count: number) => findLocalImages(parseHtml('<img src=a.png>'.repeat(count)), 'index.html').length;
    assert.equal(local(5000), 5000);
    assert.throws(() => local(5001), { name: 'TooComplexError', message: 'it has more than 5000 local images' });
  });

  it('is done after its own edits', () => {
    assert.deepEqual(findings(fixed('<img src="/images/a.png"><img src=../images/a.png>')), []);
  });

  const blocked: readonly (readonly [string, Partial<ImageSite>, RegExp])[] = [
    ['there is no distribution', { distributionState: 'absent', domain: undefined }, /no distribution yet/],
    ['the distribution is being deployed', { distributionState: 'deploying' }, /still being deployed/],
    ['the state of the distribution is not known', { distributionState: 'unknown' }, /not known/],
    ['the domain of the distribution is not known', { domain: undefined }, /^The domain name .* is not known yet/],
    ['the image is not in the bucket', { uploaded: () => false }, /^images\/a\.png is not in the bucket yet/],
    ['the bucket could not be read', { uploaded: () => undefined }, /^What is in the bucket is not known\. Refresh/],
  ];
  for (const [title, part, reason] of blocked) {
    it(`offers no edit but the reason while ${title}`, () => {
      const [finding] = findings('<img src="/images/a.png">', { ...SITE, ...part });
      assert.match(finding?.blocked ?? '', reason);
      assert.equal(finding?.message, finding?.blocked);
      assert.deepEqual(finding?.edits, []);
    });
  }
});
