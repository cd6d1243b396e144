import assert from 'node:assert/strict';
import { rewriterFor } from '../../../src/core/html/rewriter';

describe('rewriterFor', () => {
  const rewrite = rewriterFor('d1.cloudfront.net', ['images/a.png', 'images/ä b.png']);
  const published = (text: string, path: string) => {
    const { bytes, ...rest } = rewrite(Buffer.from(text), path);
    assert.deepEqual(rest, {});
    return Buffer.from(bytes).toString();
  };

  it('makes references to published assets their CDN URLs, and no others', () => {
    assert.equal(
      published(
        '<img src="a.png"><img src="b.png"><img src="%C3%A4 b.png?v#x"><img src="index.html">',
        'images/index.html',
      ),
      '<img src="https://d1.cloudfront.net/images/a.png"><img src="b.png"><img src="https://d1.cloudfront.net/images/%C3%A4%20b.png?v#x"><img src="index.html">',
    );
    assert.equal(
      published('a{b:url(a.png);c:url(b.png)}', 'images/x.css'),
      'a{b:url(https://d1.cloudfront.net/images/a.png);c:url(b.png)}',
    );
  });

  it('gives assets that have other names these, encoded as any, and tells which it used, each once', () => {
    const names = new Map([
      ['images/a.png', 'images/a.0123456789abcdef.png'],
      ['images/ä b.png', 'images/ä b.fedcba9876543210.png'],
      ['images/c.png', 'images/c.0000000000000000.png'],
    ]);
    const named = rewriterFor('d1.cloudfront.net', ['images/a.png', 'images/ä b.png', 'plain.png'], names);
    for (const [path, source, wanted, uses] of [
      [
        'index.html',
        '<img src="images/a.png?v=1#x" srcset="images/a.png 1x, images/%C3%A4%20b.png 2x"><img src=plain.png>',
        '<img src="https://d1.cloudfront.net/images/a.0123456789abcdef.png?v=1#x" srcset="https://d1.cloudfront.net/images/a.0123456789abcdef.png 1x, https://d1.cloudfront.net/images/%C3%A4%20b.fedcba9876543210.png 2x"><img src=https://d1.cloudfront.net/plain.png>',
        ['images/a.0123456789abcdef.png', 'images/ä b.fedcba9876543210.png'],
      ],
      [
        'images/x.css',
        'a{b:url( "ä b.png" )}',
        'a{b:url( "https://d1.cloudfront.net/images/%C3%A4%20b.fedcba9876543210.png" )}',
        ['images/ä b.fedcba9876543210.png'],
      ],
      ['about.html', '<img src="plain.png"><a href="images/a.png">', undefined, undefined],
    ] as const) {
      const { bytes, ...told } = named(Buffer.from(source), path);
      if (wanted !== undefined) assert.equal(Buffer.from(bytes).toString(), wanted);
      assert.deepEqual(told, uses ? { uses } : {}, path);
    }
  });

  it('leaves a reference in another spelling than the file’s as it is, with a note of how that is spelled', () => {
    const page = Buffer.from('<img src="/Images/A.png"><img src="/images/a.png"><img src="/images/c.png">');
    const { bytes, note } = rewrite(page, 'index.html');
    assert.equal(
      Buffer.from(bytes).toString(),
      '<img src="/Images/A.png"><img src="https://d1.cloudfront.net/images/a.png"><img src="/images/c.png">',
    );
    const told = 'It refers to files in another spelling than theirs, so they do not load on the published site: ';
    assert.equal(note, `${told}“Images/A.png” is really named “images/a.png”.`);
    const sheet = Buffer.from('a{b:url(A.png);c:url("a\u0308 b.png");d:url(A.png)}');
    assert.equal(
      rewrite(sheet, 'images/x.css').note,
      `${told}“images/A.png” is really named “images/a.png”, and 1 more.`,
    );
    assert.equal(rewrite(Buffer.from('<img src="a.png">'), 'images/index.html').note, undefined);
  });

  it('takes no other letters for another spelling of a file, be they the same in capitals', () => {
    const other = rewriterFor('d1.cloudfront.net', ['straße.png', 'kizıl.png']);
    const page = Buffer.from('<img src="/strasse.png"><img src="/kizil.png">');
    assert.deepEqual(other(page, 'index.html'), { bytes: page });
  });

  it('takes for a style sheet what is named like one, and all else for a page', () => {
    for (const path of ['images/x.css', 'images/X.CSS']) {
      assert.equal(published('a{b:url(a.png)}', path), 'a{b:url(https://d1.cloudfront.net/images/a.png)}', path);
    }
    for (const path of ['images/x.html', 'images/xcss', 'images/x.css.htm', 'images/x.cssx']) {
      assert.equal(published('a{b:url(a.png)}', path), 'a{b:url(a.png)}', path);
    }
  });

  it('leaves a page as it is, with a note, whose elements nest deeper than browsers nest them', () => {
    const page = (depth: number) => Buffer.from(`${'<b>'.repeat(depth)}<img src="/images/a.png">`);
    // The image is an element too.
    assert.equal(rewrite(page(511), 'index.html').note, undefined);
    assert.deepEqual(rewrite(page(512), 'index.html'), {
      bytes: page(512),
      note: 'Its references were left as they are: its elements are nested more than 512 deep.',
    });
    assert.equal(rewrite(Buffer.from('<b></b>'.repeat(2000)), 'index.html').note, undefined);
  });

  it('leaves a page as it is, with a note, whose references start from an endless URL', () => {
    const page = (length: number) => Buffer.from(`<base href="/${'a'.repeat(length)}/"><img src="/images/a.png">`);
    const withoutPath = 'http://site.invalid//'.length;
    assert.equal(rewrite(page(2048 - withoutPath), 'index.html').note, undefined);
    assert.deepEqual(rewrite(page(2049 - withoutPath), 'index.html'), {
      bytes: page(2049 - withoutPath),
      note: 'Its references were left as they are: the URL in its <base> is too long.',
    });
  });

  it('fails on what is no fault of the file', () => {
    const broken = rewriterFor('d1.cloudfront.net', ['images/a.png']);
    assert.throws(() => broken(Buffer.from('<img src="a.png">'), 0 as unknown as string), TypeError);
  });
});
