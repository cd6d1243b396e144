import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { placeOf } from '../../../src/core/aws/store';
import { run } from '../../../src/core/plan';
import { warningsOf } from '../../../src/core/publish/warnings';
import { newOp } from '../sandbox';
import { ELSEWHERE, LEDGER, newPublishDriver, words, type PublishDriver } from './publishDriver';

const BEFORE: Readonly<Record<string, string>> = {
  'index.html': 'the old index',
  'old/only here.html': 'old',
  'line\nbreak "and" Grüße.html': 'odd',
  'images/a.png': 'an old image',
};

describe('what an adopted server served before the first publication', function () {
  this.timeout(120_000);
  let site: PublishDriver;

  beforeEach(async () => {
    site = await newPublishDriver({ 'index.html': '<img src="images/a.png"> new', 'images/a.png': 'a new image' });
    serve(site);
  });
  afterEach(() => site.remove());

  function serve({ server }: PublishDriver, mark = '1764328000', files = BEFORE) {
    server.before = { mark, files: new Map(Object.entries(files)), left: ['.htaccess'] };
    for (const [path, text] of Object.entries(files)) server.pages.set(path, text);
  }
  const pages = () => Object.fromEntries(site.server.pages);
  const importedAt = async () => {
    const { current, former } = await site.ledger();
    const found = [current, ...former].find((release) => release?.imported !== undefined);
    return found?.at ?? assert.fail('nothing was imported');
  };
  const imports = async () => {
    const { current, former } = await site.ledger();
    return [current, ...former].filter((release) => release?.imported !== undefined).length;
  };

  it('is the release before it, which is not the current one, and nothing of it goes', async () => {
    const { outcome, plan, removed } = await site.plan();
    assert.deepEqual(words(plan), ['turn', 'import', 'upload', 'pages', 'release']);
    assert.deepEqual(removed, []);
    await run(plan, newOp());
    const { current, former } = await site.ledger();
    const [first, ...others] = former;
    assert.deepEqual(others, []);
    assert.deepEqual(
      [first?.imported, first?.parent, first?.counts],
      ['1764328000', undefined, { added: 4, changed: 0, removed: 0 }],
    );
    assert.equal(current?.parent, first?.id);
    assert.ok((first?.at ?? '') < (current?.at ?? ''));
    assert.deepEqual([...site.server.list.keys()], ['index.html']);
    assert.deepEqual({ ...pages(), 'index.html': '' }, { ...BEFORE, 'index.html': '' });
    assert.deepEqual(warningsOf(site.context.site, outcome), [
      'Of what the server served before, 1 file is not in the release of that, and stays on the server: .htaccess.',
    ]);
    assert.deepEqual(words((await site.plan({ isWhole: true })).plan), ['turn', 'pages', 'release']);
  });

  it('is brought back to the byte, also pages that were published and removed since', async () => {
    await site.publish();
    await site.put('old/only here.html', 'published');
    await site.put('new.html', 'new');
    await site.publish();
    await site.drop('old/only here.html');
    await site.publish();
    assert.equal(site.server.pages.has('old/only here.html'), false);
    const at = await importedAt();
    const { plan, removed } = await site.planRollback(at);
    assert.deepEqual(removed, ['new.html']);
    await run(plan, newOp());
    assert.deepEqual(pages(), BEFORE);
    const { current } = await site.ledger();
    assert.deepEqual([current?.restores, current?.imported, await imports()], [at, '1764328000', 1]);
    assert.deepEqual(await site.keys('site/'), []);
    assert.deepEqual((await site.planRollback(at)).plan, []);
  });

  it('stays where it is when the folder is published after it was brought back', async () => {
    await site.publish();
    await site.rollback(await importedAt());
    const { plan, removed, summary } = await site.plan();
    assert.deepEqual([removed, summary.pages.removed], [[], []]);
    await run(plan, newOp());
    assert.deepEqual(Object.keys(pages()).sort(), Object.keys(BEFORE).sort());
    assert.notEqual(pages()['index.html'], BEFORE['index.html']);
    assert.deepEqual([...site.server.list.keys()], ['index.html']);
    assert.equal((await site.ledger()).current?.counts.removed, 0);
    await site.rollback(await importedAt());
    assert.deepEqual(pages(), BEFORE);
    assert.equal(await imports(), 1);
  });

  it('stays where it is also when bringing it back was cut short', async () => {
    await site.publish();
    site.server.failsNext = 'after';
    await assert.rejects(site.rollback(await importedAt()));
    assert.equal((await site.ledger()).publishing?.stays, true);
    // The ledger tells of the publication alone, and the server's list of all.
    assert.equal((await site.ledger()).current?.imported, undefined);
    await site.publish();
    assert.deepEqual(Object.keys(pages()).sort(), Object.keys(BEFORE).sort());
    assert.deepEqual([...site.server.list.keys()], ['index.html']);
    assert.equal((await site.ledger()).publishing, undefined);
    await site.rollback(await importedAt());
    assert.deepEqual(pages(), BEFORE);
  });

  for (const moment of ['before', 'after'] as const) {
    it(`is imported by the next run when the server failed ${moment} it had sent it`, async () => {
      site.server.failsNext = moment;
      await assert.rejects(site.publish());
      assert.deepEqual(pages(), BEFORE);
      assert.deepEqual((await site.ledger()).former, []);
      await site.publish();
      assert.equal(await imports(), 1);
      await site.rollback(await importedAt());
      assert.deepEqual(pages(), BEFORE);
    });
  }

  it('is imported also where the pages were placed and the end was not written', async () => {
    await assert.rejects(async () => {
      const { plan } = await site.plan();
      await run(plan.slice(0, -1), newOp());
      throw new Error('killed');
    });
    await site.bury();
    await site.publish();
    assert.equal(await imports(), 1);
    await site.rollback(await importedAt());
    assert.deepEqual(pages(), BEFORE);
  });

  it('is one release for two who publish, and no reason to publish again', async () => {
    const mine = await site.plan();
    const theirs = await site.plan({ origin: ELSEWHERE });
    await run(theirs.plan, newOp());
    await assert.rejects(run(mine.plan, newOp()), /Somebody else published/);
    assert.equal(await imports(), 1);
    assert.deepEqual(await site.publish(), []);
  });

  it('is never dropped for newer releases', async () => {
    const kept = { publish: { keptReleases: 1 } };
    await site.remove();
    site = await newPublishDriver({ 'index.html': 'first' }, 'images', kept);
    serve(site);
    for (let number = 0; number < 12; number += 1) {
      await site.put('index.html', `release ${number}`);
      await site.publish();
    }
    const { former } = await site.ledger();
    assert.ok(former.length < 9, `${former.length}`);
    assert.equal(await imports(), 1);
    await site.rollback(await importedAt());
    assert.deepEqual(pages(), BEFORE);
  });

  it('is imported besides those of a site that was published elsewhere before', async () => {
    site.server.before = { mark: '', files: new Map(), left: [] };
    site.server.pages.clear();
    await site.publish();
    Object.assign(site.server, { instanceId: 'i-0fedcba9876543210', release: undefined, settings: undefined });
    site.server.list.clear();
    site.server.pages.clear();
    serve(site, '1764329999');
    await site.publish();
    const { current, former } = await site.ledger();
    assert.deepEqual([current?.imported, former.map(({ imported }) => imported)], [undefined, ['1764329999']]);
    await site.rollback(await importedAt());
    assert.deepEqual(pages(), BEFORE);
  });

  it('is told from a publication of the very same files, of which what is removed goes', async () => {
    await site.remove();
    const files = { 'index.html': 'same', 'more.html': 'same' };
    site = await newPublishDriver(files);
    serve(site, '1764328000', files);
    await site.publish();
    assert.equal(await imports(), 1);
    assert.deepEqual(words((await site.plan({ isWhole: true })).plan), ['turn', 'pages', 'release']);
    await site.drop('more.html');
    await site.publish();
    assert.deepEqual(pages(), { 'index.html': 'same' });
    await site.rollback(await importedAt());
    assert.deepEqual(pages(), files);
  });

  it('stays where it is also when somebody uploads after bringing it back was cut short', async () => {
    await site.publish();
    site.server.failsNext = 'after';
    await assert.rejects(site.rollback(await importedAt()));
    await site.put('images/b.png', 'b');
    await site.upload('images/b.png');
    assert.equal((await site.ledger()).publishing?.stays, true);
    await site.publish();
    assert.deepEqual(Object.keys(pages()).sort(), Object.keys(BEFORE).sort());
  });

  for (const [what, lose] of [
    ['cannot be read', () => site.store(LEDGER, 'odd')],
    [
      'is gone with its bucket',
      () => site.context.clients.s3.send(new DeleteObjectCommand(placeOf(site.context, LEDGER))),
    ],
  ] as const) {
    it(`stays where it is also when what tells of the releases ${what}`, async () => {
      await site.publish();
      await site.rollback(await importedAt());
      await lose();
      await site.publish();
      assert.deepEqual(Object.keys(pages()).sort(), Object.keys(BEFORE).sort());
      await site.rollback(await importedAt());
      assert.deepEqual(pages(), BEFORE);
    });
  }

  it('is not put into the bucket of readers when it is brought back and the distribution serves pages', async () => {
    await site.remove();
    site = await newPublishDriver({ 'index.html': 'new' }, 'site');
    serve(site, '1764328000', { 'members/list.csv': 'secret', 'index.html': 'old' });
    await site.publish();
    await site.rollback(await importedAt());
    assert.deepEqual(await site.keys('site/'), []);
    assert.equal(site.server.pages.get('members/list.csv'), 'secret');
  });

  describe('on a volume that was adopted alone', () => {
    const THEIRS = { 'index.html': 'theirs', 'theirs.html': 'published by another site', 'by hand.html': 'by hand' };
    /** As another site left it, or a person; of those `listed` its notes tell. */
    const adopt = (...listed: readonly (keyof typeof THEIRS)[]) => {
      const { server } = site;
      server.pages.clear();
      for (const [path, text] of Object.entries(THEIRS)) server.pages.set(path, text);
      const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
      for (const path of listed) server.list.set(path, { sha256: sha256(THEIRS[path]) });
      Object.assign(server, { hasAdoptedVolume: true, before: { mark: '', files: new Map(), left: [] } });
      if (listed.length > 0) server.release = 'e'.repeat(40);
    };
    const expectKept = async () => {
      assert.deepEqual(Object.keys(pages()).sort(), Object.keys(THEIRS).sort());
      assert.deepEqual([...site.server.list.keys()], ['index.html']);
      assert.equal(site.server.keptFor, site.context.site.id);
      assert.equal(await imports(), 1);
      assert.deepEqual(await site.publish(), []);
      await site.rollback(await importedAt());
      assert.deepEqual(pages(), THEIRS);
    };

    it('is kept and imported, also where no site was before', async () => {
      adopt();
      assert.deepEqual(words((await site.plan()).plan), ['turn', 'import', 'upload', 'pages', 'release']);
      await site.publish();
      await expectKept();
    });

    it('is kept and imported where another site published it, of which nothing goes', async () => {
      adopt('index.html', 'theirs.html');
      const { plan, removed } = await site.plan();
      assert.deepEqual(removed, []);
      await run(plan, newOp());
      await expectKept();
    });

    it('is what was there last, not what was there before the other site', async () => {
      adopt('index.html', 'theirs.html');
      const before = { mark: '1764000000', files: new Map(), left: [] };
      Object.assign(site.server, { keptFor: 'zz99zz99', before, placing: 'f'.repeat(40) });
      const { plan, reason } = await site.plan();
      assert.equal(reason, 'first release');
      await run(plan, newOp());
      await expectKept();
    });

    it('is that of another site also where this one published there before', async () => {
      adopt('index.html');
      await site.put('more.html', 'more');
      await site.publish();
      adopt('index.html', 'theirs.html');
      site.server.keptFor = 'zz99zz99';
      await site.put('index.html', 'anew');
      await site.drop('more.html');
      assert.deepEqual((await site.plan({ isWhole: true })).removed, []);
      await assert.rejects(site.publish(), /published-meanwhile|meanwhile|since/i);
      await site.publish();
      assert.deepEqual(Object.keys(pages()).sort(), Object.keys(THEIRS).sort());
      assert.equal(site.server.keptFor, site.context.site.id);
    });

    for (const steps of [2, 3, 4]) {
      it(`is kept once by two runs, of which the first is killed after ${steps} steps`, async () => {
        adopt('index.html', 'theirs.html');
        const { plan } = await site.plan();
        await run(plan.slice(0, steps), newOp());
        await site.bury();
        await site.publish();
        await expectKept();
      });
    }

    it('is not kept anew where an earlier version of this site has published to it', async () => {
      adopt();
      await site.publish();
      await site.put('more.html', 'more');
      await site.publish();
      site.server.keptFor = undefined;
      await site.drop('more.html');
      const { plan, removed } = await site.plan({ isWhole: true });
      assert.deepEqual([words(plan), removed], [['turn', 'pages', 'release'], ['more.html']]);
    });
  });
});
