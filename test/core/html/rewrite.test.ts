import assert from 'node:assert/strict';
import { rewritePage, rewriteStylesheet } from '../../../src/core/html/rewrite';

const CDN = 'https://d1.cloudfront.net';
/** Publishes the images of a site. */
const resolve = (path: string) =>
  /\.(png|jpg|svg|mp4|ico)$/.test(path) ? `${CDN}/${encodeURIComponent(path)}` : undefined;
const url = (path: string) => `${CDN}/${encodeURIComponent(path)}`;

/** Title, source with `{path}` where a reference is written that must become the CDN's; `path=written` where it is written otherwise. */
type Case = readonly [title: string, source: string, published: string];

const PAGES: readonly Case[] = [
  ['img src', '<img src="a.png">', `<img src="${url('a.png')}">`],
  ['img srcset', '<img srcset="a.png 1x, b.png 2x">', `<img srcset="${url('a.png')} 1x, ${url('b.png')} 2x">`],
  [
    'picture',
    '<picture><source srcset="a.png"><img src=b.png></picture>',
    `<picture><source srcset="${url('a.png')}"><img src=${url('b.png')}></picture>`,
  ],
  [
    'video',
    `<video src='a.mp4' poster='a.jpg'><source src=b.mp4>`,
    `<video src='${url('a.mp4')}' poster='${url('a.jpg')}'><source src=${url('b.mp4')}>`,
  ],
  ['input', '<input type=IMAGE src=a.png><input src=a.png>', `<input type=IMAGE src=${url('a.png')}><input src=a.png>`],
  ['an input by its padded type', '<input type=" image " src=a.png>', `<input type=" image " src=${url('a.png')}>`],
  ['an input without a type', '<input src=a.png>', '<input src=a.png>'],
  ['icon', '<link rel="shortcut ICON" href="/a.ico">', `<link rel="shortcut ICON" href="${url('a.ico')}">`],
  [
    'an icon among other words, and a mask icon',
    '<link rel="\n icon\t x " href=a.png><link rel=mask-icon href=a.svg>',
    `<link rel="\n icon\t x " href=${url('a.png')}><link rel=mask-icon href=${url('a.svg')}>`,
  ],
  [
    'other links stay',
    '<link rel=" stylesheet " href=a.png><link href=a.png><link rel="x-apple-touch-icon" href=a.png><link as=image href=a.png><link rel="" href=a.png>',
    '<link rel=" stylesheet " href=a.png><link href=a.png><link rel="x-apple-touch-icon" href=a.png><link as=image href=a.png><link rel="" href=a.png>',
  ],
  [
    'what says that a reference is one to an image, written with character references',
    '<link rel="shortcut&#32;ic&#111;n" href=a.ico><meta property="og&colon;image" content=a.png><input type="&#105;mage" src=a.png>',
    `<link rel="shortcut&#32;ic&#111;n" href=${url('a.ico')}><meta property="og&colon;image" content=${url('a.png')}><input type="&#105;mage" src=${url('a.png')}>`,
  ],
  ['touch icon', '<link rel=apple-touch-icon href=a.png>', `<link rel=apple-touch-icon href=${url('a.png')}>`],
  [
    'preload of an image',
    '<link rel=preload as=image href=a.png imagesrcset="b.png 2x"><link rel=preload as=fetch href=a.png>',
    `<link rel=preload as=image href=${url('a.png')} imagesrcset="${url('b.png')} 2x"><link rel=preload as=fetch href=a.png>`,
  ],
  [
    'a preload of anything else stays',
    '<link rel=preload href=a.png><link rel=preload as=video href=a.mp4><link rel="x preload" as=" Image " href=a.png>',
    `<link rel=preload href=a.png><link rel=preload as=video href=a.mp4><link rel="x preload" as=" Image " href=${url('a.png')}>`,
  ],
  [
    'audio and track',
    '<audio src=a.mp4><track src=b.mp4></audio>',
    `<audio src=${url('a.mp4')}><track src=b.mp4></audio>`,
  ],
  [
    'backgrounds of what can have them',
    '<body background=a.png><p background=a.png><table background=b.png><tr background=c.png><th background=d.png><td background=e.png>',
    `<body background=${url('a.png')}><p background=a.png><table background=${url('b.png')}><tr background=${url('c.png')}><th background=${url('d.png')}><td background=${url('e.png')}>`,
  ],
  [
    'candidates of a srcset that are no assets stay',
    '<img srcset="a.html 1x, b.png 2x, //x/c.png 3x">',
    `<img srcset="a.html 1x, ${url('b.png')} 2x, //x/c.png 3x">`,
  ],
  [
    'a comma at the end of a candidate’s query',
    '<img srcset="a.png?,,\u0001 2x, b.png?,c">',
    `<img srcset="${url('a.png')}?%2C%2C 2x, ${url('b.png')}?,c">`,
  ],
  [
    'what is written in other ways than it has to be stays so',
    '<img src="&#97;.html" srcset="b.html?x&y 1x, a.png 2x"><p style="a:url(&#97;.html)" title="&quot;">',
    `<img src="&#97;.html" srcset="b.html?x&y 1x, ${url('a.png')} 2x"><p style="a:url(&#97;.html)" title="&quot;">`,
  ],
  [
    'a style sheet inside of svg',
    '<svg><style>a{b:url(a.png)}<!-- url(b.png) --></style></svg>',
    `<svg><style>a{b:url(${url('a.png')})}<!-- url(b.png) --></style></svg>`,
  ],
  [
    'filters, clip paths and fragments in styles stay',
    '<p style="filter:url(a.svg)"><p style="clip-path:url(a.svg);mask:url(b.svg) url(b.svg#c)">',
    `<p style="filter:url(a.svg)"><p style="clip-path:url(a.svg);mask:url(${url('b.svg')}) url(b.svg#c)">`,
  ],
  [
    'attributes that name an element of a picture stay',
    '<svg><use href="a.svg#b"/><use xlink:href="a.svg#b"/><use href="a.svg"/><path filter="url(a.svg#b)" clip-path="url(a.svg#b)"/></svg>',
    '<svg><use href="a.svg#b"/><use xlink:href="a.svg#b"/><use href="a.svg"/><path filter="url(a.svg#b)" clip-path="url(a.svg#b)"/></svg>',
  ],
  ['a fragment of a picture that is shown', '<img src="a.svg#b">', `<img src="${url('a.svg')}#b">`],
  [
    'object and embed',
    '<object data=a.svg><embed src=b.svg>',
    `<object data=${url('a.svg')}><embed src=${url('b.svg')}>`,
  ],
  [
    'meta images',
    '<meta property="og:image" content="a.png"><meta name="twitter:image" content="b.png"><meta name=x content=c.png>',
    `<meta property="og:image" content="${url('a.png')}"><meta name="twitter:image" content="${url('b.png')}"><meta name=x content=c.png>`,
  ],
  [
    'inline style',
    `<p style="background: url('a.png') url( b.png ), url(c.html)">`,
    `<p style="background: url('${url('a.png')}') url( ${url('b.png')} ), url(c.html)">`,
  ],
  [
    'inline style with encoded quotes',
    '<p style="background:url(&quot;a.png&quot;);content:\'&amp;\'">',
    `<p style="background:url(&quot;${url('a.png')}&quot;);content:'&amp;'">`,
  ],
  [
    'style element',
    '<style>\na > b { background: url(a.png) }\n@import url(a.png);</style>',
    `<style>\na > b { background: url(${url('a.png')}) }\n@import url(a.png);</style>`,
  ],
  [
    'image inside svg, but no sprite',
    '<svg><image href="a.png"/><image xlink:href="b.png"/><use href="c.svg#x"/></svg>',
    `<svg><image href="${url('a.png')}"/><image xlink:href="${url('b.png')}"/><use href="c.svg#x"/></svg>`,
  ],
  ['background attribute', '<body background="a.png">', `<body background="${url('a.png')}">`],
  ['noscript and template', '<noscript><img src=a.png></noscript>', `<noscript><img src=${url('a.png')}></noscript>`],
  ['query and fragment', '<img src="a.png?a=1&b=2#c">', `<img src="${url('a.png')}?a=1&amp;b=2#c">`],
  [
    'a comma at the end in srcset',
    '<img srcset="a.png?x,, b.png?y,z 2x">',
    `<img srcset="${url('a.png')}?x,, ${url('b.png')}?y,z 2x">`,
  ],
  ['an encoded name', '<img src="a%20&amp;%20b.png">', `<img src="${url('a & b.png')}">`],
  ['links stay', '<a href="a.png"><iframe src="b.svg"></iframe>', '<a href="a.png"><iframe src="b.svg"></iframe>'],
  [
    'what is no asset stays',
    '<img src="a.html"><img src="https://x/a.png">',
    '<img src="a.html"><img src="https://x/a.png">',
  ],
  [
    'scripts and comments stay',
    '<script>"<img src=a.png>"</script><!--<img src=a.png>-->',
    '<script>"<img src=a.png>"</script><!--<img src=a.png>-->',
  ],
];

const SHEETS: readonly Case[] = [
  ['bare', 'a{b:url(a.png)}', `a{b:url(${url('css/a.png')})}`],
  ['spaces', 'a{b:URL(\n a.png\t)}', `a{b:URL(\n ${url('css/a.png')}\t)}`],
  ['quotes', `a{b:url("a.png") url( 'b.png' )}`, `a{b:url("${url('css/a.png')}") url( '${url('css/b.png')}' )}`],
  ['a relative path', 'a{b:url(../a.png)}', `a{b:url(${url('a.png')})}`],
  ['escapes', 'a{b:url(a\\20 b.png) url("a\\"b.png")}', `a{b:url(${url('css/a b.png')}) url("${url('css/a"b.png')}")}`],
  ['parentheses in the query', 'a{b:url("a.svg?(it\\\\s)")}', `a{b:url("${url('css/a.svg')}?\\(it\\\\s\\)")}`],
  ['fragments stay', 'a{b:url(a.svg#b);c:url("a.svg#b")}', 'a{b:url(a.svg#b);c:url("a.svg#b")}'],
  [
    'filters and clip paths stay, masks do not',
    'a{filter:blur(1px) url(a.svg);-WebKit-Filter:url("a.svg");backdrop-filter:url(a.svg);clip-path:url(a.svg);mask:url(a.svg)}',
    `a{filter:blur(1px) url(a.svg);-WebKit-Filter:url("a.svg");backdrop-filter:url(a.svg);clip-path:url(a.svg);mask:url(${url('css/a.svg')})}`,
  ],
  [
    'what stands behind a filter does not stay',
    'a{filter:url(a.svg)}b{c:url(a.svg)}d{clip-path:url(a.svg);e:url(a.svg)}filter{f:url(a.svg)}',
    `a{filter:url(a.svg)}b{c:url(${url('css/a.svg')})}d{clip-path:url(a.svg);e:url(${url('css/a.svg')})}filter{f:url(${url('css/a.svg')})}`,
  ],
  [
    'image-set',
    'a{b:image-set("a.png" 1x, url(b.png) 2x, "c.jpg" type("a.png"))}',
    `a{b:image-set("${url('css/a.png')}" 1x, url(${url('css/b.png')}) 2x, "${url('css/c.jpg')}" type("a.png"))}`,
  ],
  ['custom properties', ':root{--b:url(a.png)}', `:root{--b:url(${url('css/a.png')})}`],
  ['inside media queries', '@media print{a{b:url(a.png)}}', `@media print{a{b:url(${url('css/a.png')})}}`],
  [
    'imports and namespaces stay',
    '@import url(a.png);@import "a.png";@namespace url(a.png);',
    '@import url(a.png);@import "a.png";@namespace url(a.png);',
  ],
  [
    'after an import',
    '@import "x.css" layer(y);a{b:url(a.png)}',
    `@import "x.css" layer(y);a{b:url(${url('css/a.png')})}`,
  ],
  ['comments and strings stay', '/* url(a.png) */a{content:"url(a.png)"}', '/* url(a.png) */a{content:"url(a.png)"}'],
  ['malformed ones stay', 'a{b:url(a b.png);c:url(a"b.png)}', 'a{b:url(a b.png);c:url(a"b.png)}'],
  ['the end of the file inside', 'a{b:url(a.png', `a{b:url(${url('css/a.png')}`],
  ['the end of the file inside quotes', 'a{b:url("a.png', `a{b:url("${url('css/a.png')}`],
  [
    'line breaks and a byte order mark',
    '\uFEFFa{\r\n b:url(a.png)\r\n}',
    `\uFEFFa{\r\n b:url(${url('css/a.png')})\r\n}`,
  ],
];

const META_NAMES = [
  ...['og:image', 'og:image:url', 'og:image:secure_url', 'og:video', 'og:video:url', 'og:video:secure_url'],
  ...['og:audio', 'og:audio:url', 'og:audio:secure_url', 'twitter:image', 'twitter:image:src'],
  ...['msapplication-TileImage', 'image'],
];

describe('rewritePage', () => {
  for (const name of META_NAMES) {
    it(`publishes references by their CDN URL: meta ${name}`, () => {
      for (const attribute of ['property', 'name', 'itemprop']) {
        const meta = (content: string) => `<meta content="${content}" ${attribute}=" ${name} ">`;
        assert.equal(rewritePage(meta('a.png'), 'index.html', resolve), meta(url('a.png')));
      }
      const other = `<meta content="a.png" ${name}><meta content="a.png" http-equiv="${name}">`;
      assert.equal(rewritePage(other, 'index.html', resolve), other);
    });
  }

  for (const [title, source, published] of PAGES) {
    it(`publishes references by their CDN URL: ${title}`, () => {
      assert.equal(rewritePage(source, 'index.html', resolve), published);
    });
  }

  it('resolves references from the folder of the page', () => {
    const source = '<img src="../images/a.png"><p style="background:url(b.png)"><style>a{b:url(/c.png)}</style>';
    const published = `<img src="${url('images/a.png')}"><p style="background:url(${url('blog/b.png')})"><style>a{b:url(${url('c.png')})}</style>`;
    assert.equal(rewritePage(source, 'blog/page.html', resolve), published);
  });

  it('rewrites more references than a function can take arguments', () => {
    const count = 150_000;
    for (const [before, each, after] of [
      ['<img srcset="', 'a.png,\n', '">'],
      ['<style>', 'a{b:url(a.png)}', '</style>'],
    ] as const) {
      const published = rewritePage(before + each.repeat(count) + after, 'index.html', resolve);
      assert.equal(published, before + each.replace('a.png', url('a.png')).repeat(count) + after);
    }
  });

  it('gives back every byte of a page that refers to no asset', () => {
    const source = `\uFEFF<!DOCTYPE HTML>\r\n<P CLASS=x  >Ä &auml; &nbsp&copy; <br/><BR />\t<a href='x'>😀</A\n></p ></div>\0<img SRC>`;
    assert.equal(rewritePage(source, 'index.html', resolve), source);
  });
});

describe('rewriteStylesheet', () => {
  for (const [title, source, published] of SHEETS) {
    it(`publishes references by their CDN URL: ${title}`, () => {
      assert.equal(rewriteStylesheet(source, 'css/site.css', resolve), published);
    });
  }
});
