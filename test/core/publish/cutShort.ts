import assert from 'node:assert/strict';
import { isForgotten } from '../../../src/core/publish/edge/invalidationItems';
import { controlPlane } from '../sandbox';
import { LARGE } from './hashedDriver';
import { LEDGER, newPublishDriver, type PublishDriver } from './publishDriver';

/** What the distribution serves; of the images alone also where their published names hold their hash. */
export type Kind = 'images' | 'hashed' | 'site';

/**
 * The calls of a publication that change something: it begins, keeps two assets, uploads two, sends pages, removes, invalidates and ends. Where the whole
 * site is served it stores the copy of a page as well, and invalidates before it removes, too; under a hashed name it stores one asset and copies the other.
 */
export function callsOf(kind: Kind) {
  const times = (service: string, action: string, length: number) =>
    Array.from({ length }, (_, index) => ({ service, action, nth: index + 1 }));
  return [
    ...times('s3', 'PutObject', kind === 'images' ? 5 : 6),
    ...times('s3', 'CopyObject', kind === 'hashed' ? 3 : 2),
    ...times('s3', 'DeleteObjects', 1),
    ...times('cloudfront', 'CreateInvalidation', kind === 'site' ? 2 : 1),
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
export async function newCutShort(kind: Kind = 'images'): Promise<CutShort> {
  const [isWhole, isHashed] = [kind === 'site', kind === 'hashed'];
  const site = await newPublishDriver({}, isWhole ? 'site' : 'images', {
    assets: { naming: isHashed ? 'hashed' : 'plain' },
  });
  let round = 0;
  let [old, fresh] = ['', ''];
  const gone = () => [`gone${round}.html`, `images/gone${round}.png`] as const;
  const added = () => `images/b${round}.png`;
  /** What the added image holds: more than is sent twice where it can be copied. */
  const large = () => fresh + ' '.repeat(isHashed ? LARGE.length : 0);
  const oldPage = () => pageWith(old, isHashed ? ['images/a.png'] : []);
  const freshPage = () => pageWith(fresh, isHashed ? ['images/a.png', added()] : []);

  async function renew(): Promise<void> {
    await controlPlane().send('DELETE', 'faults');
    round += 1;
    [old, fresh] = [`old ${round}`, `new ${round}`];
    await site.put('index.html', oldPage());
    for (const path of ['images/a.png', ...gone()]) await site.put(path, old);
    await site.publish();
    for (const path of ['images/a.png', gone()[1]]) assert.equal(await site.edge(path), old);
    await site.put('index.html', freshPage());
    await site.put('images/a.png', fresh);
    await site.put(added(), large());
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
    const page = site.server.pages.get('index.html') ?? '';
    for (const path of namesIn(page)) {
      assert.ok(assets.includes(`site/${path}`), path);
      assert.equal((await site.text(`site/${path}`)).trimEnd(), page.endsWith(fresh) ? fresh : old);
    }
    if (page.endsWith(fresh)) {
      assert.equal(namesIn(page).length, isHashed ? 2 : 0);
      assert.equal(stored, fresh);
      assert.ok(assets.includes(`site/${added()}`));
    } else {
      assert.ok(assets.includes(`site/${gone()[1]}`));
    }
    // Readers get the copy where the server does not answer.
    if (isWhole && (await site.text('site/index.html')) === fresh) {
      assert.equal(stored, fresh);
      assert.ok(assets.includes(`site/${added()}`));
    }
  }

  async function isDone(): Promise<void> {
    const page = site.server.pages.get('index.html') ?? '';
    assert.deepEqual([...site.server.pages.keys()], ['index.html']);
    assert.equal(withoutNames(page), withoutNames(freshPage()));
    for (const path of ['images/a.png', added(), ...namesIn(page)]) {
      assert.equal((await site.edge(path)).trimEnd(), fresh);
    }
    assert.ok(!(await site.keys('site/')).includes(`site/${gone()[1]}`));
    assert.notEqual(await site.edge(gone()[1]), old);
    if (isWhole) {
      assert.equal(await site.edge('index.html'), fresh);
      assert.notEqual(await site.edge(gone()[0]), old);
    }
    const { current, former, publishing } = await site.ledger();
    assert.equal(publishing, undefined);
    const { release, removed } = await site.planRollback(former[0]?.at ?? '');
    assert.deepEqual([release.id, removed], [former[0]?.id, [added()]]);
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

function pageWith(text: string, images: readonly string[]): string {
  return [...images.map((path) => `<img src="${path}">`), text].join('');
}

/** The hashed names that a published page refers to. */
function namesIn(page: string): string[] {
  return Array.from(page.matchAll(/ src="https:\/\/[^/]+\/([^"]+)"/g), ([, path = '']) => path);
}

function withoutNames(page: string): string {
  return page.replaceAll(/ src="[^"]+"/g, '');
}
