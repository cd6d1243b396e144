import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isUserError } from '../../../src/core/op';
import { scan } from '../../../src/core/publish/localFiles';
import { createWorkshop, type Workshop } from '../../../src/core/worker/workshop';
import { newOp } from '../sandbox';
import { createSourceThread } from './sourceThread';

describe('a scan in a workshop', () => {
  let folder: string;
  let workshop: Workshop;

  beforeEach(async () => {
    workshop = createWorkshop(createSourceThread());
    folder = await mkdtemp(join(tmpdir(), 'sitelift-scanner-'));
    for (const name of ['index.html', 'a.png', 'a.sql', 'a.php', 'b.php']) await writeFile(join(folder, name), 'x');
  });
  afterEach(async () => {
    await workshop.close();
    await rm(folder, { recursive: true });
  });

  const inThread = (root: string, allow: readonly string[], signal?: AbortSignal) =>
    workshop.scan(folder, root, allow, newOp(signal));

  it('gives what a scan gives, and its sentences for the user', async () => {
    const found = await inThread(folder, ['/a.php']);
    assert.deepEqual(found, await scan(folder, folder, ['/a.php'], newOp()));
    assert.deepEqual(
      found.stops.map(({ path }) => path),
      ['b.php'],
    );
    await assert.rejects(
      inThread(join(folder, 'gone'), []),
      (error) => isUserError(error) && /does not exist.*“root”/.test(error.message),
    );
  });

  it('ends when it is cancelled, though a pattern would take hours to match', async () => {
    const deep = join(folder, 'a/'.repeat(400));
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, 'x.php'), 'x');
    const controller = new AbortController();
    const scanned = inThread(folder, ['**/a/**/a/**/a/**/a/**/b'], controller.signal);
    setImmediate(() => controller.abort());
    await assert.rejects(scanned, { name: 'AbortError' });
  });
});
