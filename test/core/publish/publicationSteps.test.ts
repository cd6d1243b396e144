import { GetDistributionConfigCommand, UpdateDistributionCommand } from '@aws-sdk/client-cloudfront';
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { run, stepsOf } from '../../../src/core/plan';
import { until } from '../../sandbox/command';
import { controlPlane, newOp } from '../sandbox';
import { newPublishDriver, words, type PublishDriver } from './publishDriver';

describe('the steps of a publication', function () {
  this.timeout(300_000);
  let site: PublishDriver;

  beforeEach(async () => {
    site = await newPublishDriver({ 'index.html': '<p>', 'images/a.png': 'a', 'images/b.png': 'b' });
  });
  afterEach(() => site.remove());

  const titles = async () => stepsOf((await site.plan()).plan).map(({ title }) => title);

  it('say what they change, why, and how many bytes they send', async () => {
    const first = stepsOf((await site.plan()).plan);
    assert.deepEqual(
      first.map(({ title, items, sizeBytes }) => [title, items, sizeBytes]),
      [
        ['make sure that nobody else publishes meanwhile', undefined, undefined],
        ['upload 2 assets', ['upload images/a.png (new)', 'upload images/b.png (new)'], 2],
        ['put 1 page or other file in place on the server (first release)', undefined, first[2]?.sizeBytes],
        ['make it the current release', undefined, undefined],
      ],
    );
    await site.publish();
    await site.put('images/b.png', 'B!');
    await site.put('index.html', '<p>more');
    const { plan, uploads } = await site.plan();
    const steps = stepsOf(plan);
    assert.deepEqual(
      steps.map(({ title, sizeBytes }) => [title, sizeBytes]),
      [
        ['make sure that nobody else publishes meanwhile', undefined],
        ['keep the former bytes of 1 asset, so that they can be brought back', undefined],
        ['upload images/b.png (changed)', 2],
        ['put pages in place on the server (1 changed: index.html)', steps[3]?.sizeBytes],
        ['invalidate 1 path in the CDN (changed)', undefined],
        ['make it the current release', undefined],
      ],
    );
    assert.ok((steps[3]?.sizeBytes ?? 0) > 100);
    assert.deepEqual(
      uploads.map(({ asset: { path } }) => path),
      ['images/b.png'],
    );
    await site.put('images/a.png', 'A!');
    assert.ok((await titles()).includes('invalidate 2 paths in the CDN (changed)'));
  });

  it('let the server wait for readers of former pages before images go that those show', async () => {
    await site.publish();
    assert.equal(site.server.value('ASSETS_GO'), '');
    await site.put('index.html', '<p>without b');
    await site.drop('images/b.png');
    await site.publish();
    assert.equal(site.server.value('ASSETS_GO'), 'yes');
    await site.put('index.html', '<p>more');
    await site.publish();
    assert.equal(site.server.value('ASSETS_GO'), '');
  });

  it('are the same for the same files, and others once anything is another', async () => {
    const keys = async () => stepsOf((await site.plan()).plan).map(({ key }) => key);
    assert.equal((await keys())[0], 'turn ');
    await site.publish();
    await site.put('images/b.png', 'B');
    await site.put('index.html', 'more');
    const before = await keys();
    assert.equal(before[0], `turn ${(await site.ledger()).revision}`);
    assert.deepEqual(await keys(), before);
    await site.put('index.html', 'even more');
    const after = await keys();
    assert.deepEqual(
      after.map((key, index) => key === before[index]),
      [true, true, true, false, true, true],
    );
    await site.upload('images/b.png');
    assert.notEqual((await keys())[0], before[0]);
  });

  it('make the edges forget nothing only where nothing was ever published', async () => {
    const steps = async () => words((await site.plan()).plan);
    assert.deepEqual(await steps(), ['turn', 'upload', 'pages', 'release']);
    await site.store('site/images/old.png', 'by hand');
    assert.deepEqual(await steps(), ['turn', 'upload', 'pages', 'invalidate', 'release']);
  });

  it('tell which pages are new, changed and gone, in totals before the steps', async () => {
    await site.put('about.html', 'about');
    for (const path of ['notes.sql', 'old.bak', 'older.bak']) await site.put(path, 'x');
    const first = await site.plan();
    assert.deepEqual(first.summary, {
      pages: { count: 2, sizeBytes: 8, added: undefined, changed: undefined, removed: undefined },
      assets: { added: 2, changed: 0, unchanged: 0, uploadBytes: 2, removed: [] },
      left: [
        { reason: 'backup copies are left out', count: 2 },
        { reason: 'databases and copies of them are left out', count: 1 },
      ],
      notes: [],
    });
    await run(first.plan, newOp());
    await site.put('about.html', 'more about');
    await site.put('constructor', 'a name that objects have');
    await site.put('images/a.png', 'AA');
    await site.drop('index.html');
    const { plan, summary } = await site.plan();
    assert.deepEqual(summary.pages.added, ['constructor']);
    assert.deepEqual(summary.pages.changed, ['about.html']);
    assert.deepEqual(summary.pages.removed, ['index.html']);
    assert.deepEqual(summary.assets, { added: 0, changed: 1, unchanged: 1, uploadBytes: 2, removed: [] });
    const line = 'put pages in place on the server (1 new: constructor; 1 changed: about.html; 1 removed: index.html)';
    assert.ok(stepsOf(plan).some(({ title }) => title === line));
  });

  it('show names that work on this computer in more spellings than on the site', async () => {
    await site.put('ü.html'.normalize('NFD'), 'x');
    await site.put('Images/A.html', 'x');
    await site.put('images/a.html', 'x');
    const { notes } = (await site.plan()).summary;
    assert.equal(notes.length, 2);
    assert.match(notes[0] ?? '', /only if it is written u%CC%88\.html/);
    assert.match(notes[1] ?? '', /“Images\/A\.html” and “images\/a\.html” differ only in case/);
  });

  it('send no page before the distribution has reached the edges', async () => {
    const { cloudfront } = site.context.clients;
    const { id: Id } = (await site.plan()).target.distribution;
    const { DistributionConfig, ETag: IfMatch } = await cloudfront.send(new GetDistributionConfigCommand({ Id }));
    await controlPlane().send('POST', 'settings', { deploySeconds: 1e6 });
    await cloudfront.send(
      new UpdateDistributionCommand({
        Id,
        IfMatch,
        DistributionConfig: { ...DistributionConfig, HttpVersion: 'http2' } as never,
      }),
    );
    const { plan } = await site.plan();
    assert.deepEqual(words(plan), ['turn', 'upload', 'deployed', 'pages', 'release']);
    const waiting = 'wait until the distribution is deployed';
    const op = newOp();
    const publishing = run(plan, op);
    await until(() => Promise.resolve(op.reports.includes(waiting)));
    assert.equal(site.server.deployments().length, 0);
    await controlPlane().send('POST', 'settings', { deploySeconds: 0 });
    await publishing;
    assert.equal(site.server.deployments().length, 1);
  });

  it('tell the server all that it needs, by a link that holds for twenty minutes, and say what goes on', async () => {
    await site.put('deep/er/page.html', 'x'.repeat(10_000));
    await site.put('deep/er/too.html', 'x');
    await site.put('deep/other/page.html', 'x');
    const op = newOp();
    await site.publish(op);
    const { release, value } = site.server;
    assert.match(value('URL') ?? '', /X-Amz-Expires=1200&/);
    // Each file and folder takes an inode, and up to a block more than its bytes; so do four notes, three of them lists of all pages.
    const list = [...site.server.list].map(([path]) => 66 + path.length).reduce((sum, bytes) => sum + bytes);
    const needed = 10_005 + 3 * list + 11 * 4096;
    assert.deepEqual([value('NEEDED_BYTES'), value('NEEDED_INODES')], [String(needed), '11']);
    const settings = gunzipSync(Buffer.from(value('SETTINGS') ?? '', 'base64')).toString();
    assert.match(settings, new RegExp(`"\\\\\\.\\(apng\\|.*\\|pdf\\)\\$" "https://${site.domain}%1"`));
    assert.ok(settings.includes(`: ${value('SETTINGS_ID')}\n`));
    assert.deepEqual([value('EXPECTED_RELEASE'), value('BASE')], ['', '']);
    const [sent] = site.server.deployments();
    assert.deepEqual(sent?.Parameters?.['executionTimeout'], ['900']);
    for (const report of ['Staging the pages in the bucket', 'Putting the pages in place']) {
      assert.ok(op.reports.includes(report), report);
    }
    const result = value('RESULT');
    await site.put('index.html', 'other');
    await site.publish();
    assert.deepEqual([value('EXPECTED_RELEASE'), value('BASE')], [release, result]);
    assert.deepEqual([value('NEEDED_BYTES'), value('NEEDED_INODES')], [String(5 + 4 * list + 5 * 4096), '5']);
  });
});
