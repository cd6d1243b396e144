import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isUserError } from '../../src/core/op';
import { bucketName, clientToken, tagsFor } from '../../src/core/names';
import { newSiteId, parseSite, readSite, rootFolder, siteFileText } from '../../src/core/site';

const base = { name: 'demo', id: 'abcd1234', account: '123456789012', region: 'eu-central-1' };

describe('the site file', () => {
  it('gives back what a new one was made of, with defaults', () => {
    const site = parseSite(siteFileText({ ...base, root: 'public' }));
    assert.equal(site.root, 'public');
    assert.deepEqual(site.volume, { sizeGib: 1, device: '/dev/sdf' });
    assert.equal(site.server.instanceType, 't3.micro');
  });

  const wrong: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ['no account', { account: undefined }, /“account”.*present/],
    ['a short account', { account: '12' }, /“account”/],
    ['an id of shell code', { id: '$(id)xxx' }, /“id”/],
    ['a name with a line break', { name: 'a\nb' }, /“name”/],
    ['an unknown image', { server: { image: 'windows' } }, /“server.image”.*amazon-linux-2023, ubuntu/],
    ['half a GiB', { volume: { sizeGib: 0.5 } }, /“volume.sizeGib”.*whole number from 1 to 16384/],
    [
      'a partition larger than its volume',
      { volume: { sizeGib: 1, partitionMib: 2000 } },
      /“volume.partitionMib”.*1022/,
    ],
    ['the root disk’s device', { volume: { device: '/dev/sda1' } }, /“volume.device”/],
    ['a list for the server', { server: [] }, /“server”.*object/],
  ];
  for (const [title, change, message] of wrong) {
    it(`is refused with ${title}, naming the property`, () => {
      assert.throws(
        () => parseSite(JSON.stringify({ ...base, ...change })),
        (error) => isUserError(error) && message.test(error.message),
      );
    });
  }

  it('is refused with a clear sentence when it is not JSON', () => {
    assert.throws(() => parseSite('{'), /sitelift\.json is not valid JSON/);
  });

  it('offers to be created where it is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-test-'));
    try {
      await assert.rejects(
        readSite(folder),
        (error) => isUserError(error) && error.remedy?.command === 'sitelift.createSite',
      );
      await writeFile(join(folder, 'sitelift.json'), `\uFEFF${JSON.stringify(base)}`);
      assert.equal((await readSite(folder)).name, 'demo');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('keeps the root inside of its folder', () => {
    const site = (root: string) => parseSite(JSON.stringify({ ...base, root }));
    assert.equal(rootFolder('/w/site', site('public')), '/w/site/public');
    assert.equal(rootFolder('/w/site', site('..data')), '/w/site/..data');
    for (const root of ['..', '../other', '/etc', 'a/../../b']) {
      assert.throws(() => rootFolder('/w/site', site(root)), /“root”/);
    }
  });
});

describe('names', () => {
  it('fit AWS’s limits', () => {
    const id = newSiteId();
    assert.match(id, /^[a-z][a-z0-9]{7}$/);
    assert.ok(bucketName({ id, account: base.account, region: 'ap-southeast-4' }).length <= 63);
    for (const { Value } of tagsFor({ id, name: 'Anna’s (2) & Söhne, 日本 🏔️' }, 'server')) {
      // IAM’s and CloudFront’s pattern for tag values, the strictest of them.
      assert.match(Value, /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u);
    }
    assert.match(clientToken({ id }, 'server', 1), /^[0-9a-f]{48}$/);
    assert.notEqual(clientToken({ id }, 'server', 1), clientToken({ id }, 'server', 2));
  });
});
