import { UpdateDistributionCommand, GetDistributionConfigCommand } from '@aws-sdk/client-cloudfront';
import assert from 'node:assert/strict';
import { run, stepsOf } from '../../../src/core/plan';
import type { Inspection } from '../../../src/core/remote/inspect';
import type { SiteHave } from '../../../src/core/resources/stack';
import { until } from '../../sandbox/command';
import { controlPlane, newOp } from '../sandbox';
import { changes, newPublishDriver, words, type PublishDriver } from './publishDriver';

/** The site with another look inside its server. */
function inside(have: SiteHave, change: Partial<Inspection>): SiteHave {
  assert.ok(have.server.kind === 'known' && have.server.have.inspection);
  const inspection = { ...have.server.have.inspection, ...change };
  return { ...have, server: { kind: 'known', have: { ...have.server.have, inspection } } };
}

describe('the steps of a publication', function () {
  this.timeout(300_000);
  let site: PublishDriver;

  beforeEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { deploySeconds: 0.2, invalidationSeconds: 0 });
    site = await newPublishDriver();
    await site.put('index.html', '<p>');
    await site.put('images/a.png', 'a');
    await site.put('images/b.png', 'b');
  });
  afterEach(() => site.remove());

  it('say what they change, why, and how many bytes they send', async () => {
    await site.publish();
    const { release } = site.server;
    await site.put('images/b.png', 'B!');
    await site.put('index.html', '<p>more');
    const { plan, bundle, uploads } = await site.plan({ seenRelease: release });
    assert.deepEqual(
      stepsOf(plan).map(({ key, title, sizeBytes }) => [key, title, sizeBytes]),
      [
        [`turn ${release}`, 'make sure that nobody else publishes meanwhile', undefined],
        ['note images/b.png', 'note 1 path to invalidate', undefined],
        ['upload images/b.png', 'upload images/b.png (changed)', 2],
        [
          `pages ${bundle.release}`,
          'send 1 page or other file to the server (1 changed: index.html)',
          bundle.sizeBytes,
        ],
        ['invalidate images/b.png', 'invalidate 1 path in the CDN (uploaded anew)', undefined],
      ],
    );
    assert.deepEqual(
      uploads.map(({ path }) => path),
      ['images/b.png'],
    );
    await site.put('images/a.png', 'A!');
    const titles = stepsOf((await site.plan({ seenRelease: release })).plan).map(({ title }) => title);
    assert.ok(titles.includes('note 2 paths to invalidate'));
    assert.ok(titles.includes('invalidate 2 paths in the CDN (uploaded anew)'));
  });

  it('name the first turn, and the reason why pages are sent whose manifest is gone', async () => {
    assert.equal(stepsOf((await site.plan()).plan)[0]?.key, 'turn ');
    await site.publish();
    await site.store(`_sitelift/manifests/${site.server.release}.json`, '{}');
    await site.put('index.html', '<p>more');
    const titles = stepsOf((await site.plan()).plan).map(({ title }) => title);
    assert.ok(titles.includes('send 1 page or other file to the server (changed)'), titles.join('\n'));
  });

  it('make the edges forget nothing only where nothing was ever published', async () => {
    const empty = await site.have();
    const steps = async (have: SiteHave) => words((await site.plan({}, have)).plan);
    assert.deepEqual(await steps(empty), ['turn', 'upload', 'upload', 'pages']);
    const all = ['turn', 'note', 'upload', 'upload', 'pages', 'invalidate'];
    assert.deepEqual(await steps(inside(empty, { placing: 'x' })), all);
    assert.deepEqual(await steps(inside(empty, { release: 'x' })), all);
    await site.upload('images/a.png');
    assert.deepEqual(await steps(await site.have()), ['turn', 'note', 'upload', 'pages', 'invalidate']);
  });

  it('ask no leave to publish once more what somebody else has published', async () => {
    await site.publish(newOp(), { origin: { host: 'laptop', folder: 'copy', place: 'there' } });
    assert.deepEqual((await site.plan()).summary.notes, []);
  });

  it('drop the notes that they have seen to, and no other', async () => {
    await site.publish();
    await site.store('_sitelift/pending/one.json', '["images/a.png"]');
    const { plan } = await site.plan();
    assert.deepEqual(
      stepsOf(plan).map(({ title }) => title),
      ['invalidate 1 path in the CDN (an earlier run was cut short)'],
    );
    await controlPlane().send('DELETE', 'calls');
    await run(plan, newOp());
    assert.deepEqual(await changes(), ['CreateInvalidation', 'DeleteObject _sitelift/pending/one.json']);
    await site.store('_sitelift/pending/two.json', '["images/a.png"]');
    assert.deepEqual(await site.upload('images/a.png'), ['invalidate']);
  });

  it('send no page before the distribution has reached the edges', async () => {
    const { cloudfront } = site.context.clients;
    const have = await site.have();
    assert.ok(have.distribution.kind === 'known');
    const { id: Id } = have.distribution.have;
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
    const waiting = stepsOf(plan).find(({ key }) => key === 'deployed')?.title ?? assert.fail('nothing to wait for');
    assert.equal(waiting, 'wait until the distribution is deployed');
    const op = newOp();
    const publishing = run(plan, op);
    await until(() => Promise.resolve(op.reports.includes(waiting)));
    assert.equal(site.server.sent.length, 0);
    await controlPlane().send('POST', 'settings', { deploySeconds: 0 });
    await publishing;
    const after = await site.have();
    assert.ok(after.distribution.kind === 'known' && after.distribution.have.deployed);
    assert.equal(site.server.sent.length, 1);
  });

  it('tell the server all that it needs, by a link that holds for twenty minutes, and say what goes on', async () => {
    await site.put('deep/er/page.html', 'x');
    await site.put('deep/er/too.html', 'x');
    await site.put('deep/other/page.html', 'x');
    const op = newOp();
    await site.publish(op);
    assert.match(site.server.value('URL') ?? '', /X-Amz-Expires=1200&/);
    assert.equal(site.server.value('NEEDED_INODES'), '7');
    assert.match(site.server.value('ASSET_EXTENSIONS') ?? '', /^apng\|.*\|png\|.*\|pdf$/);
    assert.equal(site.server.value('CDN_DOMAIN'), site.domain);
    const [sent] = site.server.sent;
    assert.deepEqual(sent?.Parameters?.['executionTimeout'], ['900']);
    assert.match(sent?.Comment ?? '', /: deploy$/);
    assert.ok(
      op.reports.includes('Staging the pages in the bucket') && op.reports.includes('Putting the pages in place'),
    );
  });
});
