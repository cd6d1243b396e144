import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createWorkshop } from '../../../../src/core/worker/workshop';
import { newOp } from '../../sandbox';
import { createSourceThread } from '../../worker/sourceThread';

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

  it('with a video of 2 GB grows the process that reads it all by less than 100 MB', async function () {
    this.timeout(180_000);
    const root = await mkdtemp(join(tmpdir(), 'sitelift-large-'));
    try {
      for (let group = 0; group < 100; group += 1) {
        await mkdir(join(root, `g${group}`));
        const names = Array.from({ length: 100 }, (_, index) => join(root, `g${group}/${index}.png`));
        await Promise.all(names.map((name) => writeFile(name, name)));
      }
      await writeFile(join(root, 'film.mp4'), '');
      await truncate(join(root, 'film.mp4'), 2 * 1024 ** 3);
      const args = ['--import', 'tsx', join(__dirname, 'readAll.ts'), root];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { files, grownBytes } = JSON.parse(stdout) as Record<'files' | 'grownBytes', number>;
      assert.equal(files, 10_001);
      assert.ok(grownBytes < 100e6, `${grownBytes} bytes`);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
