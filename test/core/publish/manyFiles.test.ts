import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createWorkshop } from '../../../src/core/worker/workshop';
import { newOp } from '../sandbox';
import { createSourceThread } from '../worker/sourceThread';

describe('a scan of a large site', () => {
  it('lists ten thousand files in the order of their paths, and lets others work meanwhile', async function () {
    this.timeout(60_000);
    const root = await mkdtemp(join(tmpdir(), 'sitelift-many-'));
    const workshop = createWorkshop(createSourceThread());
    try {
      const wanted: string[] = [];
      for (let group = 0; group < 100; group += 1) {
        await mkdir(join(root, `g${group}`));
        await Promise.all(
          Array.from({ length: 100 }, async (_, index) => {
            wanted.push(`g${group}/${index}.txt`);
            await writeFile(join(root, `g${group}/${index}.txt`), '');
          }),
        );
      }
      let isScanning = true;
      let turns = 0;
      const turning = (async () => {
        for (; isScanning; turns += 1) await nextTurn();
      })();
      const { pages } = await workshop.scan(root, root, [], newOp());
      isScanning = false;
      await turning;
      assert.deepEqual(
        pages.map(({ path }) => path),
        wanted.sort(),
      );
      assert.ok(turns > 100, `others had ${turns} turns meanwhile`);
    } finally {
      await workshop.close();
      await rm(root, { recursive: true });
    }
  });
});
