import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isUserError } from '../../../src/core/op';
import { hashNow } from '../../../src/core/publish/local/hashNow';
import { scan, type LocalFile } from '../../../src/core/publish/local/localFiles';
import { createWorkshop, type Workshop } from '../../../src/core/worker/workshop';
import { newOp } from '../sandbox';
import { createSourceThread } from './sourceThread';

const PAGE = Buffer.from('<img src=a.png>');

describe('a workshop', function () {
  this.timeout(20_000);
  let folder: string;
  let workshop: Workshop;

  beforeEach(async () => {
    workshop = createWorkshop(createSourceThread());
    folder = await mkdtemp(join(tmpdir(), 'sitelift-workshop-'));
    for (const name of ['index.html', 'a.png', 'a.sql', 'a.php', 'b.php']) await writeFile(join(folder, name), name);
  });
  afterEach(async () => {
    await workshop.close();
    await rm(folder, { recursive: true });
  });

  const scanned = (root: string, allow: readonly string[], signal?: AbortSignal) =>
    workshop.scan(folder, root, allow, newOp(signal));
  const rewritten = async (domain: string, assets: readonly string[], op = newOp()) => {
    const { bytes } = await workshop.rewriteFor(domain, assets)(PAGE, 'index.html', op);
    return Buffer.from(bytes).toString();
  };

  it('gives what a scan gives, and its sentences for the user', async () => {
    const found = await scanned(folder, ['/a.php']);
    assert.deepEqual(found, await scan(folder, folder, ['/a.php'], newOp()));
    assert.deepEqual(
      found.stops.map(({ path }) => path),
      ['b.php'],
    );
    await assert.rejects(
      scanned(join(folder, 'gone'), []),
      (error) => isUserError(error) && /does not exist.*“root”/.test(error.message),
    );
  });

  it('ends a scan that is cancelled, though a pattern would take hours to match, and works on', async () => {
    const deep = join(folder, 'a/'.repeat(400));
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, 'x.php'), 'x');
    const controller = new AbortController();
    const found = scanned(folder, ['**/a/**/a/**/a/**/a/**/b'], controller.signal);
    setImmediate(() => controller.abort());
    await assert.rejects(found, { name: 'AbortError' });
    await rm(join(folder, 'a'), { recursive: true });
    assert.equal((await scanned(folder, ['**'])).pages.length, 4);
  });

  it('gives the sums of files in their order, and names one that cannot be read', async () => {
    const { assets, pages } = await scanned(folder, ['*.php']);
    const files = [...assets, ...pages].reverse();
    assert.deepEqual(await workshop.hash(files, newOp()), files.map(hashNow));
    assert.deepEqual(await workshop.hash([], newOp()), []);
    const gone: LocalFile = {
      ...(files[0] ?? assert.fail()),
      path: 'gone.png',
      absolutePath: join(folder, 'gone.png'),
    };
    await assert.rejects(
      workshop.hash([...files, gone], newOp()),
      (error) => isUserError(error) && error.message.startsWith('“gone.png” is not there any more'),
    );
    const cancelled = AbortSignal.abort();
    await assert.rejects(workshop.hash(files, newOp(cancelled)), { name: 'AbortError' });
  });

  it('rewrites with the assets and the domain that each rewriting was made for, whichever is asked when', async () => {
    const [one, two] = [workshop.rewriteFor('d1', ['a.png']), workshop.rewriteFor('d2', [])];
    const text = async (rewrite: typeof one) =>
      Buffer.from((await rewrite(PAGE, 'index.html', newOp())).bytes).toString();
    assert.deepEqual(await Promise.all([one, two, one].map(text)), [
      ...['<img src=https://d1/a.png>', '<img src=a.png>', '<img src=https://d1/a.png>'],
    ]);
    assert.equal(await rewritten('d3', ['a.png']), '<img src=https://d3/a.png>');
    const named = workshop.rewriteFor('d4', ['a.png'], new Map([['a.png', 'a.1.png']]));
    const { bytes, uses } = await named(PAGE, 'index.html', newOp());
    assert.deepEqual([Buffer.from(bytes).toString(), uses], ['<img src=https://d4/a.1.png>', ['a.1.png']]);
  });

  it('does nothing any more once it is closed', async () => {
    const rewrite = workshop.rewriteFor('d1', ['a.png']);
    const { pages } = await scanned(folder, ['*.php']);
    await rewrite(PAGE, 'index.html', newOp());
    await workshop.close();
    await assert.rejects(workshop.hash(pages, newOp()), { name: 'AbortError' });
    await assert.rejects(rewrite(PAGE, 'index.html', newOp()), { name: 'AbortError' });
  });
});
