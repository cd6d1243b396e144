import assert from 'node:assert/strict';
import { UserError } from '../../../src/core/op';
import { run, stepsOf } from '../../../src/core/plan';
import { until } from '../../sandbox/command';
import { controlPlane, newOp } from '../sandbox';
import { changes, ELSEWHERE, LEDGER, newPublishDriver, type PublishDriver } from './publishDriver';

const ALONE = 'make sure that nobody else publishes meanwhile';

describe('two publishers', function () {
  this.timeout(300_000);
  let site: PublishDriver;

  beforeEach(async () => {
    site = await newPublishDriver({ 'index.html': '<p>', 'images/a.png': 'a' });
  });
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 0 });
    await site.remove();
  });

  it('are told of a release that their folder has not seen, by whom and from where it came', async () => {
    await site.publish(newOp(), { origin: { ...ELSEWHERE, commit: 'c0ffee'.repeat(7) } });
    const { current } = await site.ledger();
    assert.equal(current?.commit, 'c0ffee'.repeat(7));
    await site.put('index.html', 'mine');
    const told = await site.plan();
    assert.match(
      told.summary.notes[0] ?? '',
      /^This replaces the release published by arn:aws:\S+ from “copy” on laptop on 20\d\d-\d\d-\d\d \d\d:\d\d UTC, which this folder has not seen\.$/,
    );
    assert.match(stepsOf(told.plan)[0]?.title ?? '', /^replace the release published by .* from “copy” on laptop/);
    assert.match(stepsOf(told.plan)[0]?.key ?? '', /unseen$/);
    for (const known of [{ seenRelease: current?.id }, { origin: ELSEWHERE }]) {
      const quiet = await site.plan(known);
      assert.deepEqual(quiet.summary.notes, []);
      assert.equal(stepsOf(quiet.plan)[0]?.title, ALONE);
    }
  });

  it('need no leave to publish once more what the other one has published', async () => {
    await site.publish(newOp(), { origin: ELSEWHERE });
    assert.deepEqual((await site.plan()).summary.notes, []);
    assert.deepEqual(await site.publish(), []);
  });

  it('change nothing when the other one has published between their plan and its first step', async () => {
    for (const isFirst of [true, false]) {
      await site.put('images/a.png', `loser ${isFirst}`);
      const losing = await site.plan();
      await site.put('images/a.png', `winner ${isFirst}`);
      await site.put('index.html', `winner ${isFirst}`);
      await site.publish(newOp(), { origin: ELSEWHERE });
      await site.put('images/a.png', `loser ${isFirst}`);
      const { length } = site.server.sent;
      await controlPlane().send('DELETE', 'calls');
      await assert.rejects(
        run(losing.plan, newOp()),
        (error) => error instanceof UserError && /^Somebody else published, or began to/.test(error.message),
      );
      // The one that was refused.
      assert.deepEqual(await changes(), ['PutObject _sitelift/ledger.json']);
      assert.equal(await site.text('site/images/a.png'), `winner ${isFirst}`);
      assert.equal(site.server.pages.get('index.html'), `winner ${isFirst}`);
      assert.equal(site.server.sent.length, length);
      assert.equal((await site.ledger()).current?.place, 'there');
    }
  });

  it('change nothing when the other one has begun to publish since their plan', async () => {
    await site.publish();
    await site.put('index.html', 'mine');
    const [mine, theirs] = [await site.plan(), await site.plan({ origin: ELSEWHERE })];
    const runs = await Promise.allSettled([run(mine.plan, newOp()), run(theirs.plan, newOp())]);
    assert.deepEqual(runs.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal(site.server.deployments().length, 2);
    assert.equal((await site.ledger()).former.length, 1);
  });

  it('look again at what is there when the other one has published between two looks of one plan', async () => {
    await site.publish();
    const first = await site.plan({ isWhole: true });
    assert.notEqual(first.target.found, undefined);
    await site.put('images/a.png', 'theirs');
    await site.publish(newOp(), { origin: ELSEWHERE });
    await site.put('images/a.png', 'a');
    const second = await site.plan({ isWhole: true, target: first.target });
    assert.deepEqual(
      second.uploads.map(({ asset: { path }, reason }) => [path, reason]),
      [['images/a.png', 'changed']],
    );
    await run(second.plan, newOp());
    assert.equal(await site.text('site/images/a.png'), 'a');
  });

  it('are refused a plan while the other one publishes, and told who it is and since when', async () => {
    await site.publish();
    await site.put('images/a.png', 'A');
    await controlPlane().send('POST', 'faults', {
      ...{ service: 'cloudfront', action: 'CreateInvalidation', kind: 'delay', seconds: 4 },
    });
    const { plan } = await site.plan({ origin: ELSEWHERE });
    const publishing = run(plan, newOp());
    await until(async () => (await site.ledger()).publishing !== undefined);
    const refused =
      /^UserError: arn:aws:\S+ is publishing this site from “copy” on laptop since 20\d\d-\d\d-\d\d \d\d:\d\d UTC\. Nothing was uploaded\..*publish again after 20\d\d/;
    await assert.rejects(site.plan(), refused);
    await assert.rejects(site.upload('images/a.png'), refused);
    await assert.rejects(site.planRollback('x'), refused);
    await publishing;
    assert.deepEqual(await site.publish(), []);
  });

  it('are told what the other one left that was cut short', async () => {
    await site.publish();
    await site.put('index.html', 'theirs');
    site.server.failsNext = 'before';
    await assert.rejects(site.publish(newOp(), { origin: ELSEWHERE }), /busy/);
    assert.equal((await site.ledger()).publishing?.isOver, true);
    const { plan, summary } = await site.plan();
    assert.match(
      stepsOf(plan)[0]?.title ?? '',
      /^replace what a publication by arn:\S+ from “copy” on laptop on .* left/,
    );
    assert.match(summary.notes[0] ?? '', /^This replaces what a publication by .* left, which was cut short\.$/);
    const seenRelease = (await site.ledger()).current?.id;
    const own = await site.plan({ origin: ELSEWHERE, seenRelease });
    assert.equal(stepsOf(own.plan)[0]?.title, ALONE);
    await run(plan, newOp());
    assert.equal((await site.ledger()).publishing, undefined);
    assert.equal(site.server.pages.get('index.html'), 'theirs');
  });

  it('wait no longer than a while for one whose computer has died', async () => {
    await site.publish();
    await site.put('index.html', 'mine');
    const ledger = await site.ledger();
    const intent = { ...ELSEWHERE, id: 'x', by: 'arn:x', at: '2026-01-02T03:04:05.678Z', processId: 1, renewals: 0 };
    await site.store(LEDGER, JSON.stringify({ ...ledger, publishing: { ...intent, forgets: ['/images/a.png'] } }));
    await assert.rejects(site.plan(), /^UserError: arn:x is publishing this site .* since 2026-01-02 03:04 UTC/);
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 800 });
    await assert.rejects(site.plan(), /is publishing this site/);
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 1300 });
    await site.publish();
    assert.equal(site.server.pages.get('index.html'), 'mine');
    assert.deepEqual(await site.publish(), []);
  });

  it('are refused by the server when its pages are others than the plan was made from', async () => {
    await site.publish();
    await site.put('index.html', 'mine');
    const { plan } = await site.plan();
    site.server.release = 'somebody-elses';
    await assert.rejects(
      run(plan, newOp()),
      (error) => error instanceof UserError && /published meanwhile/.test(error.message),
    );
    const again = await site.plan();
    await run(again.plan, newOp());
    assert.equal(site.server.pages.get('index.html'), 'mine');
  });
});
