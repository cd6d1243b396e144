import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { parseRedirects } from '../../../../src/core/publish/pages/redirects';
import { webSettings, type WebSettingsWanted } from '../../../../src/core/publish/pages/webSettings';

const USUAL: WebSettingsWanted = {
  ...{ assetExtensions: ['png', 'svg'], assetDomain: 'd1.cloudfront.net', assets: [], caching: [] },
  ...{ redirects: [], hasNotFoundPage: false },
};
const linesFor = (wanted: Partial<WebSettingsWanted>) =>
  webSettings({ ...USUAL, ...wanted })
    .text.split('\n')
    .map((line) => line.trim());
const added = (wanted: Partial<WebSettingsWanted>) => {
  const usual = new Set(linesFor({}));
  return linesFor(wanted).filter((line) => !usual.has(line) && !line.startsWith('# Written'));
};
const rules = (text: string, assets: readonly string[] = []) =>
  added({ redirects: parseRedirects(text), assets }).filter(
    (line) => !/SITELIFT_THERE|REQUEST_URI}\/?\S*" -f/.test(line),
  );
const END = '[B,BNP,BNE=/.-~,NE';

describe('the settings of the web server', () => {
  it('have an id in their first line that is another one for other settings, and travel packed', () => {
    const { id, packed, text } = webSettings(USUAL);
    assert.equal(text.split('\n')[0], `# Written by Sitelift, which overwrites changes made here: ${id}`);
    assert.equal(gunzipSync(Buffer.from(packed, 'base64')).toString(), text);
    assert.equal(webSettings({ ...USUAL, assets: ['a.png'] }).id, id);
    assert.notEqual(webSettings({ ...USUAL, hasNotFoundPage: true }).id, id);
    assert.ok(packed.length < 2048, `${packed.length}`);
  });

  it('deny the folder of deployments and the redirects file, and list nothing', () => {
    const { text } = webSettings(USUAL);
    assert.match(text, /\n<DirectoryMatch "\^\/var\/www\/html\/\\\.sitelift">\n {2}Require all denied\n/);
    assert.match(text, /\n<Location "\/_redirects">\n {2}Require all denied\n/);
    assert.match(text, /Options -Indexes -MultiViews/);
  });

  it('show the error page of the site where it has one', () => {
    assert.deepEqual(added({ hasNotFoundPage: true }), ['ErrorDocument 404 /404.html']);
  });

  it('set the caching of patterns last that come first', () => {
    const caching = [
      { files: '/index.html', cacheControl: 'no-store' },
      { files: 'a"b/*', cacheControl: 'max-age=1' },
    ];
    const lines = added({ caching });
    assert.deepEqual(
      lines.map((line) => /"([^"]*)" "expr=.* =~ (m#.*#i)"$/.exec(line)?.slice(1)),
      [
        ['max-age=1', 'm#^/var/www/html/(?:a\\x22b/[^/]*(?:/.*)?)$#i'],
        ['no-store', 'm#^/var/www/html/(?:index\\x2ehtml(?:/.*)?)$#i'],
      ],
    );
  });

  it('redirect in the order of the file, past files that are there unless that is forced', () => {
    const lines = added({ redirects: parseRedirects('/a /b\n/c /d 302\n/e /f 303!\n/g /h 200') });
    assert.deepEqual(
      lines.filter((line) => /^RewriteRule/.test(line)),
      [
        'RewriteRule ^ - [E=SITELIFT_THERE:1]',
        'RewriteRule ^ - [S=2]',
        `RewriteRule "^a/?$" "/b" ${END},R=301,END]`,
        `RewriteRule "^c/?$" "/d" ${END},R=302,END]`,
        `RewriteRule "^e/?$" "/f" ${END},R=303,END]`,
        'RewriteRule ^ - [S=1]',
        `RewriteRule "^g/?$" "/h" ${END},END]`,
      ],
    );
    assert.ok(!added({ redirects: parseRedirects('/e /f 301!') }).some((line) => line.includes('THERE')));
  });

  it('count an asset of the bucket as a file that is there', () => {
    assert.deepEqual(rules('/images/* /b/:splat\n/x.png /y.png', ['images/a.png']), [
      'RewriteRule "\\.(png|svg)$" - [NC,E=SITELIFT_ASSET:1]',
      'RewriteRule ^ - [S=2]',
      'RewriteCond %{ENV:SITELIFT_ASSET} !=1',
      `RewriteRule "^images(?:/(.*))?$" "/b/$1" ${END},R=301,END]`,
      `RewriteRule "^x\\x2epng/?$" "/y.png" ${END},R=301,END]`,
    ]);
    assert.ok(!rules('/images/* /b/:splat 301!', ['images/a.png']).some((line) => line.includes('ASSET')));
  });

  it('keep redirects from leading in a circle', () => {
    assert.deepEqual(rules('/docs/* /docs/v2/:splat 302!'), [
      'RewriteCond %{REQUEST_URI} "!^/docs/v2/.*$"',
      `RewriteRule "^docs(?:/(.*))?$" "/docs/v2/$1" ${END},R=302,END]`,
    ]);
    assert.deepEqual(rules('/* /%C3%BC.html 302!')[0], 'RewriteCond %{REQUEST_URI} "!^/\\xc3\\xbc\\x2ehtml$"');
  });

  it('lead the edges in no circle either, which ask for a short URL by the name of its page', () => {
    const origin = 'https://d1.cloudfront.net';
    for (const [to, asked] of [
      ['/wartung', '/wartung.html'],
      ['/', '/index.html'],
      ['/care/', '/care/index.html'],
      ['/wartung.html', '/wartung.html'],
    ] as const) {
      const { text } = webSettings({
        ...{ ...USUAL, assetDomain: undefined, origin },
        redirects: parseRedirects(`/* ${to} 302!`),
      });
      const [, spared = ''] = /REQUEST_URI} "!(.*)"$/m.exec(text) ?? [];
      assert.match(asked, new RegExp(spared), to);
      assert.match(to, new RegExp(spared), to);
      assert.doesNotMatch('/other.html', new RegExp(spared), to);
    }
  });

  it('hide pages that a forced redirect comes before, but none that it leads to', () => {
    const hidden = (redirects: string, origin?: string) => {
      const place = origin === undefined ? {} : { assetDomain: undefined, origin };
      const { hides } = webSettings({ ...USUAL, ...place, redirects: parseRedirects(redirects) });
      return ['index.html', 'docs/a.html', 'docs/v2/a.html', 'wartung.html'].filter(hides);
    };
    for (const origin of [undefined, 'https://d1.cloudfront.net']) {
      assert.deepEqual(hidden('/docs/* /docs/v2/:splat 302!', origin), ['docs/a.html']);
      assert.deepEqual(hidden('/* /wartung 302!', origin), ['index.html', 'docs/a.html', 'docs/v2/a.html']);
      assert.deepEqual(hidden('/* /wartung.html 302!', origin), ['index.html', 'docs/a.html', 'docs/v2/a.html']);
      assert.deepEqual(hidden('/docs/a /x 301!\n/docs/v2/* /y 301', origin), ['docs/a.html']);
      assert.deepEqual(hidden('/docs/* /gone.html 404!', origin), ['docs/a.html', 'docs/v2/a.html']);
    }
    assert.deepEqual(hidden('/* / 302!', 'https://d1.cloudfront.net'), [
      'docs/a.html',
      'docs/v2/a.html',
      'wartung.html',
    ]);
  });

  it('tell of a whole site’s redirects of images and other assets, which the edges never ask the server for', () => {
    const redirects = parseRedirects('/old.pdf /new.pdf\n/img/:name/x.png /y.png 301!\n/a /b\n/img/* /c/:splat');
    const whole = { assetDomain: undefined, origin: 'https://d1.cloudfront.net' };
    assert.deepEqual(webSettings({ ...USUAL, redirects }).notes, []);
    const { notes } = webSettings({ ...USUAL, ...whole, redirects });
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', /^_redirects redirects \/old\.pdf and 1 more like it, but readers get no redirect/);
  });

  it('show a page with an error, of overlapping rules that of the first', () => {
    assert.deepEqual(rules('/a/b/* /x.html 404\n/a/* /y%20z.html 410!'), [
      'RewriteRule ^ - [S=1]',
      'RewriteRule "^a/b(?:/(.*))?$" - [R=404,END]',
      'RewriteRule "^a(?:/(.*))?$" - [R=410,END]',
      '<LocationMatch "^/a(?:/(.*))?$">',
      'ErrorDocument 410 "/y%20z.html"',
      '</LocationMatch>',
      '<LocationMatch "^/a/b(?:/(.*))?$">',
      'ErrorDocument 404 "/x.html"',
      '</LocationMatch>',
    ]);
  });

  it('have nothing of a redirects file but letters, digits and what is encoded', () => {
    const strange = `/x"'<>\\\\\${HOME}$1%25{ENV:A}[R=200]!^ü/:a/*`;
    const all = ['301', '302!', '200'].map((status) => `${strange} /:a/${strange.slice(2, -5)}/:splat ${status}`);
    const errors = [`${strange} /y"<>\${A}%{B}\\ 404`, `${strange} https://example.com/"<>\${A}%{B}\\`];
    for (const line of rules([...all, ...errors].join('\n'))) {
      assert.match(
        line,
        /^(RewriteRule ("\^([\w/()?:[\].*+^-]|\\x[\da-f]{2})*\$"|\^) ("([\w/.:;,'!()[\]=&*+~-]|\\%[\dA-F]{2}|\$\d)*"|-) \[[\w=,/.~-]+\]|<LocationMatch "\^([\w/()?:[\].*+^-]|\\x[\da-f]{2})*\$">|<\/LocationMatch>|ErrorDocument 404 "([\w/.:;,'!()[\]=&*+~-]|%[\dA-F]{2})*")$/,
      );
    }
  });

  it('tell which pages of the status 404 readers of a whole site do not get, and leave out those of others', () => {
    const redirects = parseRedirects('/a/* /x.html 404\n/b /x.html 404!\n/c /404.html 404\n/d /y.html 410\n/e 404');
    const whole = { assetDomain: undefined, origin: 'https://d1.cloudfront.net' };
    assert.deepEqual(webSettings({ ...USUAL, redirects }).notes, []);
    const { notes } = webSettings({ ...USUAL, ...whole, redirects });
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', /^_redirects names \/x\.html for the status 404, but readers get 404\.html: .* 410 /);
  });

  it('are refused when they are too long for a command', () => {
    const random = (index: number) => createHash('sha256').update(String(index)).digest('hex');
    const many = Array.from({ length: 500 }, (_, index) => `/old/${random(index)} /new/${random(-index)}`);
    assert.throws(
      () => webSettings({ ...USUAL, redirects: parseRedirects(many.join('\n')) }),
      /^UserError: .*too long/,
    );
    webSettings({ ...USUAL, redirects: parseRedirects(many.slice(0, 50).join('\n')) });
  });

  it('can leave assets alone, ask for a secret, and speak in the name of the CDN', () => {
    const { text } = webSettings({
      ...USUAL,
      redirects: parseRedirects('/a /b\n/c https://example.com/'),
      assetDomain: undefined,
      ...{ origin: 'https://d1.cloudfront.net', edgeSeconds: 60 },
      requires: { header: 'X-Origin', sha1: 'a'.repeat(40) },
    });
    assert.doesNotMatch(text, /THE_REQUEST/);
    assert.match(
      text,
      new RegExp(`\\n  Require expr "%\\{sha1:%\\{req_novary:X-Origin\\}\\} == '${'a'.repeat(40)}'"\\n`),
    );
    const added = String.raw`(?:(?:/|^|(?<=/))index\.html|\.html)?`;
    assert.ok(text.includes(`"^a/?${added}$" "https://d1.cloudfront.net/b"`));
    assert.ok(text.includes(`"^c/?${added}$" "https://example.com/"`));
    assert.match(text, /"\^\(\.\*\[\^\/\]\)\$" "https:\/\/d1\.cloudfront\.net\/\$1\/" /);
    assert.match(text, /"public, max-age=0, s-maxage=60" "expr=[^]*"public, max-age=300, s-maxage=60" "expr=/);
  });
});
