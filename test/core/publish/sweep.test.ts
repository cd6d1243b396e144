import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createClients } from '../../../src/core/aws/clients';
import { run } from '../../../src/core/plan';
import { controlPlane, newOp } from '../sandbox';
import { LEDGER, newPublishDriver, words, type PublishDriver } from './publishDriver';

const FOLDERS = ['_sitelift/bundles/', '_sitelift/files/', '_sitelift/manifests/'];
/** In seconds. */
const DAYS = 24 * 3600;

describe('what kept releases need', function () {
  this.timeout(300_000);
  let site: PublishDriver;
  let count = 0;

  /** A site with seventeen releases, of which the ledger has just dropped six. */
  before(async () => {
    site = await newPublishDriver();
    for (let page = 0; page < 210; page += 1) await site.put(`pages/${page}.html`, `${page}`);
    for (let number = 1; number <= 16; number += 1) await publish();
    assert.equal((await site.ledger()).former.length, 15);
    await publish();
  });
  afterEach(() => controlPlane().send('POST', 'settings', { clockSkewSeconds: 0 }));
  after(() => site.remove());

  async function publish(): Promise<string[]> {
    await change();
    return site.publish();
  }
  async function change(): Promise<void> {
    count += 1;
    await site.put('index.html', `<p>${count}`);
    await site.put('images/a.png', `a ${count}`);
  }
  /** Publishes when all that lies in the bucket is two days old by AWS's clock. */
  async function publishInTwoDays(): Promise<string[]> {
    await change();
    const { ec2, ssm } = site.context.clients;
    const clients = { ...createClients({ region: site.context.site.region }), ec2, ssm };
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 2 * DAYS });
    const { plan } = await site.plan({}, { ...site.context, clients });
    await run(plan, newOp());
    await controlPlane().send('POST', 'settings', { clockSkewSeconds: 0 });
    return words(plan);
  }
  const stored = async () => (await Promise.all(FOLDERS.map((folder) => site.keys(folder)))).flat();
  const fileOf = (number: number) => `_sitelift/files/${createHash('sha256').update(`a ${number}`).digest('hex')}`;
  const asIfToSweep = async (change: object = {}) =>
    site.store(LEDGER, JSON.stringify({ ...(await site.ledger()), toSweep: true, ...change }));

  it('is kept of the last ten, once there are more than fifteen', async () => {
    const { former, toSweep } = await site.ledger();
    assert.deepEqual([former.length, toSweep], [10, true]);
    const files = await site.keys('_sitelift/files/');
    for (let number = 1; number < count; number += 1) assert.ok(files.includes(fileOf(number)), `${number}`);
  });

  it('is no reason to publish when nothing else is', async () => {
    assert.deepEqual(await site.publish(), []);
  });

  it('stays for a day in any case, as a publication that goes on may need it', async () => {
    const before = await stored();
    const made = await publish();
    assert.deepEqual(made.slice(0, 2), ['turn', 'sweep']);
    const after = await stored();
    assert.deepEqual(
      before.filter((key) => !after.includes(key)),
      [],
    );
    assert.equal((await site.ledger()).toSweep, undefined);
    assert.ok(!(await publish()).includes('sweep'));
  });

  it('stays while one of the releases cannot be read', async () => {
    const { former } = await site.ledger();
    const [first, ...others] = former;
    await asIfToSweep({ former: [{ ...first, base: '_sitelift/manifests/none.json.gz' }, ...others] });
    const before = await stored();
    assert.ok((await publishInTwoDays()).includes('sweep'));
    const after = await stored();
    assert.deepEqual(
      before.filter((key) => !after.includes(key)),
      [],
    );
    // The release that was made unreadable is put back.
    const { former: now } = await site.ledger();
    await asIfToSweep({ former: now.map((kept) => (kept.at === first?.at ? first : kept)) });
  });

  it('stays, and nothing else: each release that is kept can be brought back', async () => {
    const { former, current } = await site.ledger();
    await site.store('_sitelift/bundles/of-nobody.tar.gz', 'x');
    assert.ok((await publishInTwoDays()).includes('sweep'));
    const kept = [current, ...former].flatMap((release) => release ?? []);
    const oldest = count - kept.length;
    assert.deepEqual(
      await site.keys('_sitelift/files/'),
      Array.from({ length: kept.length }, (_, index) => fileOf(oldest + index)).sort(),
    );
    const bundles = await site.keys('_sitelift/bundles/');
    // One for each of the last releases, one that holds the pages that never changed.
    assert.equal(bundles.length, kept.length + 2);
    assert.ok(!bundles.includes('_sitelift/bundles/of-nobody.tar.gz'));
    assert.equal((await site.keys('_sitelift/manifests/')).length, 1);
    for (const [index, { at }] of [...kept].reverse().entries()) {
      const { plan } = await site.planRollback(at);
      assert.ok(words(plan).includes('pages'));
      if (index % 4 !== 0) continue;
      await run(plan, newOp());
      assert.equal(site.server.pages.get('index.html'), `<p>${oldest + index}`);
      assert.equal(await site.edge('images/a.png'), `a ${oldest + index}`);
    }
  });

  it('is kept of as many as the site file says', async () => {
    const kept = (await site.ledger()).former.length;
    const { site: definition } = site.context;
    const publishKeeping = async (keptReleases: number) => {
      await change();
      const context = { ...site.context, site: { ...definition, publish: { ...definition.publish, keptReleases } } };
      const { plan } = await site.plan({}, context);
      await run(plan, newOp());
      return (await site.ledger()).former.length;
    };
    assert.equal(await publishKeeping(kept), kept + 1);
    assert.equal(await publishKeeping(2), 2);
  });
});
