import assert from 'node:assert/strict';
import { isForgotten } from '../../../src/core/publish/invalidationItems';
import { controlPlane } from '../sandbox';
import { LEDGER, newPublishDriver, type PublishDriver } from './publishDriver';

type Serves = 'images' | 'site';

/**
 * The calls of a publication that change something: it begins, keeps two assets, uploads two, sends pages, removes, invalidates and ends. Where the whole
 * site is served it stores the copy of a page as well, and invalidates before it removes, too.
 */
export function callsOf(serves: Serves) {
  const times = (service: string, action: string, length: number) =>
    Array.from({ length }, (_, index) => ({ service, action, nth: index + 1 }));
  return [
    ...times('s3', 'PutObject', serves === 'site' ? 6 : 5),
    ...times('s3', 'CopyObject', 2),
    ...times('s3', 'DeleteObjects', 1),
    ...times('cloudfront', 'CreateInvalidation', serves === 'site' ? 2 : 1),
  ];
}

/** A published site with changes in its folder, and what must be true of it after a publication of them was cut short. */
export interface CutShort {
  readonly site: PublishDriver;
  /** Publishes one state and leaves the next one in the folder. */
  renew(): Promise<void>;
  /** What the edges may show wrongly is noted, and a page is never there before its images, nor what was needed gone before it. */
  holds(): Promise<void>;
  /** All is as the folder has it, the release before can be brought back, and nothing is left to do. */
  isDone(): Promise<void>;
  /** It is so once somebody has published again. */
  converges(): Promise<void>;
  /** Waits until nobody is told to publish. */
  isFree(): Promise<void>;
}

/** Makes the site; its folder is empty. */
export async function newCutShort(serves: Serves = 'images'): Promise<CutShort> {
  const site = await newPublishDriver({}, serves);
  const isWhole = serves === 'site';
  let round = 0;
  let [old, fresh] = ['', ''];
  const gone = () => [`gone${round}.html`, `images/gone${round}.png`] as const;

  async function renew(): Promise<void> {
    await controlPlane().send('DELETE', 'faults');
    round += 1;
    [old, fresh] = [`old ${round}`, `new ${round}`];
    for (const path of ['index.html', 'images/a.png', ...gone()]) await site.put(path, old);
    await site.publish();
    for (const path of ['images/a.png', gone()[1]]) assert.equal(await site.edge(path), old);
    for (const path of ['index.html', 'images/a.png', `images/b${round}.png`]) await site.put(path, fresh);
    for (const path of gone()) await site.drop(path);
  }

  async function holds(): Promise<void> {
    const stored = await site.text('site/images/a.png');
    const assets = await site.keys('site/');
    const forgets = (await site.ledger()).publishing?.forgets ?? [];
    if (stored === fresh && !isForgotten('images/a.png', forgets)) {
      assert.equal(await site.edge('images/a.png'), fresh);
      assert.notEqual(await site.edge(gone()[1]), old);
    }
    if (site.server.pages.get('index.html') === fresh) {
      assert.equal(stored, fresh);
      assert.ok(assets.includes(`site/images/b${round}.png`));
    } else {
      assert.ok(assets.includes(`site/${gone()[1]}`));
    }
    // Readers get the copy where the server does not answer.
    if (isWhole && (await site.text('site/index.html')) === fresh) {
      assert.equal(stored, fresh);
      assert.ok(assets.includes(`site/images/b${round}.png`));
    }
  }

  async function isDone(): Promise<void> {
    assert.deepEqual([...site.server.pages], [['index.html', fresh]]);
    for (const path of ['images/a.png', `images/b${round}.png`]) assert.equal(await site.edge(path), fresh);
    assert.ok(!(await site.keys('site/')).includes(`site/${gone()[1]}`));
    assert.notEqual(await site.edge(gone()[1]), old);
    if (isWhole) {
      assert.equal(await site.edge('index.html'), fresh);
      assert.notEqual(await site.edge(gone()[0]), old);
    }
    const { current, former, publishing } = await site.ledger();
    assert.equal(publishing, undefined);
    const { release, removed } = await site.planRollback(former[0]?.at ?? '');
    assert.deepEqual([release.id, removed], [former[0]?.id, [`images/b${round}.png`]]);
    assert.notEqual(current?.id, release.id);
    const others = (await site.keys('_sitelift/')).filter(
      (key) => !/^_sitelift\/(bundles|files)\/[\da-f]{64}/.test(key),
    );
    assert.deepEqual(others, [LEDGER]);
    assert.deepEqual(await site.publish(), []);
  }

  async function converges(): Promise<void> {
    await site.publish();
    await isDone();
  }

  async function isFree(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const { publishing } = await site.ledger();
      if (publishing === undefined || publishing.isOver) return;
      await pause();
    }
    assert.fail('others are kept waiting');
  }

  return { site, renew, holds, isDone, converges, isFree };
}

/** A moment, for what is looked at again and again. */
export async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
