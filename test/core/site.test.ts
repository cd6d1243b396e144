import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix, win32 } from 'node:path';
import { isUserError } from '../../src/core/op';
import { newSiteId, parseSite, readSite, rootFolder, siteFileText } from '../../src/core/site';

const base = { name: 'demo', id: 'abcd1234', account: '123456789012', region: 'eu-central-1' };

describe('the site file', () => {
  it('gives back what a new one was made of, with defaults', () => {
    const site = parseSite(siteFileText({ ...base, root: 'public' }));
    assert.equal(site.root, 'public');
    assert.deepEqual(site.volume, { sizeGib: 1, device: '/dev/sdf' });
    assert.equal(site.server.instanceType, 't3.micro');
  });

  it('is made with what users change most, to be edited by hand', () => {
    const text = siteFileText({ ...base, root: 'public' });
    assert.equal(
      text,
      `{
  "name": "demo",
  "id": "abcd1234",
  "account": "123456789012",
  "region": "eu-central-1",
  "root": "public",
  "server": {
    "image": "amazon-linux-2023",
    "instanceType": "t3.micro"
  },
  "volume": {
    "sizeGib": 1
  },
  "distribution": {
    "serves": "images"
  }
}
`,
    );
  });

  it('gives the server of a whole site an address that stays', () => {
    const site = parseSite(siteFileText({ ...base, root: 'public', serves: 'site' }));
    assert.equal(site.server.address, 'elastic');
    assert.equal(parseSite(siteFileText({ ...base, root: 'public' })).server.address, 'changing');
  });

  it('is refused when it is anything but one object', () => {
    for (const text of ['[]', 'null', '"demo"', '1']) {
      assert.throws(() => parseSite(text), /^UserError: sitelift\.json must hold one JSON object\.$/);
    }
  });

  it('is refused with a clear sentence when it is not JSON', () => {
    assert.throws(
      () => parseSite('{'),
      (error) => {
        assert.ok(isUserError(error) && error.cause instanceof SyntaxError);
        const sentence = `sitelift.json is not valid JSON (${error.cause.message}). Correct it and try again.`;
        assert.equal(error.message, sentence);
        return true;
      },
    );
  });

  it('begins behind a byte order mark, and keeps such a character elsewhere', () => {
    const name = 'de\uFEFFmo';
    assert.equal(parseSite(`\uFEFF${JSON.stringify({ ...base, name })}`).name, name);
    assert.equal(parseSite(JSON.stringify({ ...base, name })).name, name);
  });

  it('offers to be created where it is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-test-'));
    try {
      await assert.rejects(readSite(folder), (error) => {
        assert.ok(isUserError(error));
        assert.equal(error.message, `There is no sitelift.json in ${folder}. Run “Create Site…” to make one.`);
        assert.deepEqual(error.remedy, { title: 'Create Site…', command: 'sitelift.createSite' });
        return true;
      });
      await writeFile(join(folder, 'sitelift.json'), `\uFEFF${JSON.stringify(base)}`);
      assert.equal((await readSite(folder)).name, 'demo');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('fails on a file that cannot be read, without an offer to create another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-test-'));
    try {
      await mkdir(join(folder, 'sitelift.json'));
      await assert.rejects(readSite(folder), { code: 'EISDIR' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  const site = (root: string) => parseSite(JSON.stringify({ ...base, root }));

  it('keeps the root inside of its folder', () => {
    const folderOf = (root: string) => rootFolder('/w/site', site(root), posix);
    assert.equal(folderOf('.'), '/w/site');
    assert.equal(folderOf('public'), '/w/site/public');
    assert.equal(folderOf('a/../b/'), '/w/site/b');
    assert.equal(folderOf('..data'), '/w/site/..data');
    assert.equal(folderOf('/w/site/public'), '/w/site/public');
    for (const root of ['..', '../other', '../site-2', '/w/site-2', '/etc', 'a/../../b']) {
      assert.throws(() => folderOf(root), /“root” in sitelift\.json must be a folder inside/, root);
    }
  });

  it('keeps the root inside of its folder on Windows', () => {
    const folderOf = (root: string, folder = 'C:\\w\\site') => rootFolder(folder, site(root), win32);
    assert.equal(folderOf('public/pages'), 'C:\\w\\site\\public\\pages');
    assert.equal(folderOf('public\\pages'), 'C:\\w\\site\\public\\pages');
    assert.equal(folderOf('..data'), 'C:\\w\\site\\..data');
    assert.equal(folderOf('c:\\W\\SITE\\public'), 'c:\\W\\SITE\\public');
    assert.equal(folderOf('public', '\\\\server\\share\\site'), '\\\\server\\share\\site\\public');
    for (const root of ['..', '..\\other', '../other', 'D:\\w\\site', 'D:', '\\etc', '\\\\server\\share']) {
      assert.throws(() => folderOf(root), /“root” in sitelift\.json must be a folder inside/, root);
    }
    assert.throws(() => folderOf('\\\\server\\other\\site', '\\\\server\\share\\site'), /“root”/);
  });
});

describe('the ids of sites', () => {
  it('are 8 random letters and digits, the first a letter', () => {
    const ids = new Set(Array.from({ length: 1000 }, newSiteId));
    assert.equal(ids.size, 1000);
    for (const id of ids) assert.match(id, /^[a-z][a-z0-9]{7}$/);
    const characters = new Set(Array.from(ids).join(''));
    assert.equal(characters.size, 36);
  });
});
