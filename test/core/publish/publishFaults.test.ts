import assert from 'node:assert/strict';
import { run, stepsOf } from '../../../src/core/plan';
import { deleteObject } from '../../../src/core/publish/store';
import { controlPlane, newOp } from '../sandbox';
import { mortal } from './mortal';
import { newPublishDriver, type PublishDriver } from './publishDriver';

/** The calls of a publication that change something, and how often each is made: note, pending, two images, bundle, manifest. */
const CALLS = [
  ...Array.from({ length: 6 }, (_, index) => ({ service: 's3', action: 'PutObject', nth: index + 1 })),
  { service: 'cloudfront', action: 'CreateInvalidation', nth: 1 },
  ...Array.from({ length: 4 }, (_, index) => ({ service: 's3', action: 'DeleteObject', nth: index + 1 })),
];

describe('a publication that is cut short', function () {
  this.timeout(600_000);
  let site: PublishDriver;

  let round = 0;
  let old: string;
  let fresh: string;

  before(async () => {
    await controlPlane().send('POST', 'settings', { deploySeconds: 0.2, invalidationSeconds: 0 });
    site = await newPublishDriver();
  });
  after(() => site.remove());
  /** A published site whose edge holds an old image, with a changed page, a changed image and a new one in its folder. */
  beforeEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    round += 1;
    [old, fresh] = [`old ${round}`, `new ${round}`];
    await site.put('index.html', old);
    await site.put('images/a.png', old);
    await site.publish();
    assert.equal(await site.edge('images/a.png'), old);
    await site.put('index.html', fresh);
    await site.put('images/a.png', fresh);
    await site.put(`images/b${round}.png`, fresh);
  });
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  /** What the edges may show wrongly is noted, and a page is never there before its images. */
  const holds = async () => {
    const stored = await site.text('site/images/a.png');
    const notes = await Promise.all((await site.keys('_sitelift/pending')).map((key) => site.text(key)));
    const isNoted = notes.some((note) => note.includes('images/a.png'));
    if (stored === fresh && !isNoted) assert.equal(await site.edge('images/a.png'), fresh);
    if (site.server.pages.get('index.html') === fresh) {
      assert.equal(stored, fresh);
      assert.equal(await site.text(`site/images/b${round}.png`), fresh);
    }
  };
  const converges = async () => {
    await site.publish();
    assert.equal(site.server.pages.get('index.html'), fresh);
    assert.equal(await site.edge('images/a.png'), fresh);
    assert.equal(await site.edge(`images/b${round}.png`), fresh);
    assert.deepEqual(await site.publish(), []);
    // What the run that was cut short has left behind goes with the next release.
    await site.put('index.html', 'newest');
    await site.publish();
    assert.deepEqual(await site.keys('_sitelift/'), [`_sitelift/manifests/${site.server.release}.json`]);
  };

  for (const call of CALLS) {
    const name = `${call.action} ${call.nth}`;
    for (const when of ['before', 'after'] as const) {
      it(`converges on the next run when access is lost ${when} ${name}`, async () => {
        const fault = { ...call, kind: 'error', when, times: 1, code: 'AccessDenied', status: 403, message: 'sandbox' };
        const { plan } = await site.plan();
        await controlPlane().send('POST', 'faults', fault);
        // That the note of the turn stays, or that its removal is answered with an error, keeps nobody from being done.
        await run(plan, newOp()).catch((error: unknown) => assert.match(String(error), /AccessDenied|sandbox/));
        await controlPlane().send('DELETE', 'faults');
        await forgetTurn(site);
        await holds();
        await converges();
      });
    }
    it(`goes on by itself when the answer to ${name} is lost`, async () => {
      const { plan } = await site.plan();
      await controlPlane().send('POST', 'faults', { ...call, kind: 'cut', when: 'after' });
      await run(plan, newOp());
      assert.equal(await site.edge('images/a.png'), fresh);
      assert.deepEqual(await site.publish(), []);
      assert.deepEqual(await site.keys('_sitelift/'), [`_sitelift/manifests/${site.server.release}.json`]);
    });
  }

  for (const fails of ['before', 'after'] as const) {
    it(`converges when the server fails ${fails} it has put the pages in place`, async () => {
      const { plan } = await site.plan();
      site.server.failsNext = fails;
      await assert.rejects(run(plan, newOp()), /busy on the server/);
      await holds();
      await converges();
    });
  }

  it('converges after the computer died at any moment', async () => {
    // Those calls, and the command that puts the pages in place.
    const changes = CALLS.length + 1;
    for (let moment = 0; moment <= changes; moment += 1) {
      [old, fresh] = [fresh, `new ${round} ${moment}`];
      await site.put('index.html', fresh);
      await site.put('images/a.png', fresh);
      await site.put(`images/b${round}.png`, fresh);
      const computer = mortal(site.context, moment);
      const { plan } = await site.plan({}, undefined, computer.context);
      const isDone = await Promise.race([computer.died.then(() => false), run(plan, newOp()).then(() => true)]);
      assert.equal(isDone, moment === changes, `${moment} changes`);
      await forgetTurn(site);
      await holds();
      await site.publish();
      assert.equal(site.server.pages.get('index.html'), fresh);
      assert.equal(await site.edge('images/a.png'), fresh);
      assert.equal(await site.edge(`images/b${round}.png`), fresh);
      assert.deepEqual(await site.publish(), []);
    }
  });

  it('converges after a cancel at any moment, and lets others publish at once', async () => {
    const count = stepsOf((await site.plan()).plan).length;
    assert.equal(count, 6);
    for (let moment = 0; moment < 2 * count; moment += 1) {
      await site.put('index.html', `new ${moment}`);
      await site.put('images/a.png', `new ${moment}`);
      const controller = new AbortController();
      const op = newOp(controller.signal);
      const told: string[] = [];
      // Each step is told when it begins and when it has ended.
      const report = (_message: string, fraction?: number) => {
        if (fraction === undefined) return;
        told.push('');
        if (told.length === moment + 1) controller.abort();
      };
      const { plan } = await site.plan();
      await run(plan, { ...op, report }).then(
        () => assert.equal(moment, 2 * count - 1),
        (error: unknown) => assert.equal((error as Error).name, 'AbortError'),
      );
      await gone(site, '_sitelift/publishing.json');
      const notes = await site.keys('_sitelift/pending');
      if ((await site.text('site/images/a.png')) === `new ${moment}` && notes.length === 0) {
        assert.equal(await site.edge('images/a.png'), `new ${moment}`);
      }
      await site.publish();
      assert.equal(site.server.pages.get('index.html'), `new ${moment}`);
      assert.equal(await site.edge('images/a.png'), `new ${moment}`);
      assert.deepEqual(await site.publish(), []);
    }
  });
});

/** As the note of a computer that died is void after a while. */
async function forgetTurn({ context }: PublishDriver): Promise<void> {
  await deleteObject(context, '_sitelift/publishing.json', newOp());
}

async function gone(site: PublishDriver, key: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if ((await site.keys(key)).length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`${key} stays`);
}
