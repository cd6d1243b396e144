import assert from 'node:assert/strict';
import { isUserError } from '../../../../src/core/op';
import { run } from '../../../../src/core/plan';
import { deleteKeys } from '../../../../src/core/publish/assets/former';
import { controlPlane, newOp } from '../../sandbox';
import { LARGE, named, newHashedDriver, type HashedDriver } from '../hashedDriver';
import { invalidated, type PublishDriver } from '../publishDriver';

const PAGE = '<img src="images/a.png">';

describe('publishing with hashed names where something is in the way', function () {
  this.timeout(300_000);
  let driver: HashedDriver;
  let site: PublishDriver;

  beforeEach(async () => {
    driver = await newHashedDriver({ 'index.html': PAGE, 'images/a.png': 'a 1' });
    ({ site } = driver);
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(() => site.remove());

  it('refuses a file whose own name is one that pages use, of this release or of a kept one, and writes nothing', async () => {
    const [one, two] = [named('images/a.png', 'a 1'), named('images/a.png', 'a 2')];
    const refused = async (path: string, doing: () => Promise<unknown>) => {
      const before = await site.keys();
      await assert.rejects(doing, (error: Error) => {
        assert.ok(isUserError(error));
        assert.equal(
          error.message,
          `“${path}” is the name under which published pages load “images/a.png”, so no other file can have it. Give that file another name, or remove it, and try again.`,
        );
        return true;
      });
      assert.deepEqual(await site.keys(), before);
    };
    await site.put(one, 'a stranger');
    await refused(one, driver.publish);
    await site.drop(one);
    await driver.publish();
    await site.put('images/a.png', 'a 2');
    await driver.publish();
    for (const path of [one, two]) {
      await site.put(path, 'a stranger');
      await refused(path, driver.publish);
      await refused(path, () => site.publish());
      await refused(path, () => site.upload(path));
      await site.drop(path);
    }
    // A file that is only called so is a file as any other.
    const alike = 'images/a.0123456789abcdef.png';
    await site.put(alike, 'alike');
    await site.put('index.html', `<img src="${alike}">`);
    await driver.publish();
    assert.equal(driver.page(), `<img src="${driver.url(named(alike, 'alike'))}">`);
    await site.drop(alike);
    await driver.publish();
    assert.deepEqual(await site.keys(`site/${alike}`), []);
  });

  it('puts right what other hands did to a hashed name, and then has the edges forget it', async () => {
    await driver.publish();
    const name = named('images/a.png', 'a 1');
    assert.equal(await site.edge(name), 'a 1');
    await site.store(`site/${name}`, 'theirs');
    await controlPlane().send('DELETE', 'calls');
    await driver.publish({ isWhole: true });
    assert.deepEqual(await invalidated(), [[`/${name}`]]);
    assert.equal(await site.text(`site/${name}`), 'a 1');
    await deleteKeys(site.context, [`site/${name}`], newOp());
    await driver.publish({ isWhole: true });
    assert.equal(await site.text(`site/${name}`), 'a 1');
  });

  it('sends no page before all names that it uses are stored, and converges on the next run', async () => {
    await driver.publish();
    const before = driver.page();
    await site.put('images/a.png', LARGE);
    // The first copy keeps the former bytes, the second one makes the name; what the thread is refused, the SDK tries again.
    const refuseFrom = async (nth: number) => {
      const fault = { service: 's3', action: 'CopyObject', kind: 'error', nth, times: 20, code: 'AccessDenied' };
      await controlPlane().send('POST', 'faults', { ...fault, status: 403, message: 'not now' });
    };
    await refuseFrom(1);
    await assert.rejects(driver.publish(), /not now|AccessDenied/);
    await controlPlane().send('DELETE', 'faults');
    assert.equal(driver.page(), before);
    await driver.publish();
    await site.put('images/a.png', `${LARGE} again`);
    const { plan } = await site.plan({}, driver.hashed);
    await refuseFrom(2);
    await assert.rejects(run(plan, newOp()), /not now|AccessDenied/);
    await controlPlane().send('DELETE', 'faults');
    assert.equal(driver.page(), `<img src="${driver.url(named('images/a.png', LARGE))}">`);
    await driver.publish();
    assert.equal(driver.page(), `<img src="${driver.url(named('images/a.png', `${LARGE} again`))}">`);
    assert.equal(await site.edge(named('images/a.png', `${LARGE} again`)), `${LARGE} again`);
    assert.deepEqual(await driver.publish(), []);
  });

  it('stores nothing under a name that is not that of its bytes: a file that was changed since stops it', async () => {
    for (const content of ['a 2', LARGE]) {
      const { plan } = await site.plan({}, driver.hashed);
      await site.put('images/a.png', content);
      await assert.rejects(run(plan, newOp()), (error) => isUserError(error) && error.message.includes('images/a.png'));
      assert.equal(driver.page(), undefined);
    }
    await driver.publish();
    assert.deepEqual(await site.keys('site/'), [`site/${named('images/a.png', LARGE)}`, 'site/images/a.png']);
  });

  it('lets Upload to CDN store the own name alone', async () => {
    await driver.publish();
    await site.put('images/a.png', 'a 2');
    await site.put('images/new.png', 'new');
    await site.upload('images/a.png', 'images/new.png');
    assert.deepEqual(await site.keys('site/'), [
      `site/${named('images/a.png', 'a 1')}`,
      ...['site/images/a.png', 'site/images/new.png'],
    ]);
    assert.equal(await site.edge('images/a.png'), 'a 2');
    await driver.publish();
    assert.equal(driver.page(), `<img src="${driver.url(named('images/a.png', 'a 2'))}">`);
  });
});
