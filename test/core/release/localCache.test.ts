import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderCache } from '../../../src/core/release/localCache';

describe('what a computer remembers', function () {
  this.timeout(30_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-cache-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const text = async (name: string, where = folder) => (await folderCache(where).get(name))?.toString();

  it('is what was put there last, under any name, and empty things too', async () => {
    const cache = folderCache(join(folder, 'made', 'when needed'));
    const names = ['a', '', '../a', 'a/b', '__proto__', 'ü', 'x'.repeat(5000)];
    for (const name of names) assert.equal(await cache.get(name), undefined);
    for (const name of names) await cache.put(name, Buffer.from(`it is ${name}`));
    for (const name of names) assert.equal((await cache.get(name))?.toString(), `it is ${name}`);
    await cache.put('a', Buffer.alloc(0));
    assert.deepEqual(await cache.get('a'), Buffer.alloc(0));
    assert.equal((await readdir(join(folder, 'made', 'when needed'))).length, names.length);
    assert.deepEqual(await readdir(folder), ['made']);
  });

  it('is nobody else’s to read', async () => {
    const inside = join(folder, 'mine');
    await folderCache(inside).put('a', Buffer.from('a'));
    const [name = ''] = await readdir(inside);
    assert.deepEqual(
      [(await stat(inside)).mode & 0o777, (await stat(join(inside, name))).mode & 0o777],
      [0o700, 0o600],
    );
  });

  it('is nothing when its bytes are not whole, and can be put again', async () => {
    const cache = folderCache(folder);
    for (const harm of [
      (file: string) => truncate(file, 5),
      (file: string) => truncate(file, 40),
      (file: string) => writeFile(file, ''),
      async (file: string) => {
        const bytes = await readFile(file);
        bytes[bytes.length - 1] = 0;
        await writeFile(file, bytes);
      },
    ]) {
      await cache.put('a', Buffer.from('a long enough text'));
      const [name = ''] = await readdir(folder);
      await harm(join(folder, name));
      assert.equal(await text('a'), undefined);
    }
    await cache.put('a', Buffer.from('anew'));
    assert.equal(await text('a'), 'anew');
  });

  it('is nothing where there is no folder and none can be made, or where something else lies', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    for (const where of [join(folder, 'gone'), file, join(file, 'below')])
      assert.equal(await text('a', where), undefined);
    for (const where of [file, join(file, 'below')]) {
      await folderCache(where).put('a', Buffer.from('a'));
      assert.equal(await text('a', where), undefined);
    }
    const cache = folderCache(join(folder, 'cache'));
    await cache.put('a', Buffer.from('a'));
    const [name = ''] = await readdir(join(folder, 'cache'));
    await rm(join(folder, 'cache', name));
    await mkdir(join(folder, 'cache', name, 'x'), { recursive: true });
    await cache.put('a', Buffer.from('a'));
    assert.equal(await cache.get('a'), undefined);
    assert.deepEqual(await readdir(join(folder, 'cache')), [name]);
  });

  it('stays as it is where nothing may be written', async () => {
    await folderCache(folder).put('a', Buffer.from('before'));
    await chmod(folder, 0o500);
    // A disk that is mounted read-only refuses even root.
    const isRoot = process.getuid?.() === 0;
    await folderCache(folder).put('a', Buffer.from('after'));
    await chmod(folder, 0o700);
    assert.equal(await text('a'), isRoot ? 'after' : 'before');
    const refused = join(folder, 'x'.repeat(300));
    await folderCache(refused).put('a', Buffer.from('a'));
    assert.equal(await text('a', refused), undefined);
  });

  it('is whole, one’s or the other’s, when several put it at the same moment', async () => {
    const values = Array.from({ length: 12 }, (_, index) => `${index}:`.repeat(20_000 * (index + 1)));
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(values.map((value) => folderCache(folder).put('a', Buffer.from(value))));
      assert.ok(values.includes((await text('a')) ?? 'nothing'));
      assert.equal((await readdir(folder)).length, 1);
    }
  });

  it('is whole whenever it is read while other processes put it', async () => {
    const module = JSON.stringify(require.resolve('../../../src/core/release/localCache'));
    const work = `const { folderCache } = require(${module});
      (async () => { for (let n = 0; n < 200; n += 1)
        await folderCache(${JSON.stringify(folder)}).put('a', Buffer.alloc(100_000 + n, process.argv[1])); })()`;
    const writers = ['x', 'y'].map((letter) => spawn(process.execPath, ['--require', 'tsx/cjs', '-e', work, letter]));
    const ends = writers.map((writer) => once(writer, 'exit'));
    await folderCache(folder).put('a', Buffer.alloc(100_000, 'x'));
    while (writers.some(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
      const found = (await text('a')) ?? assert.fail('it is gone');
      assert.ok(/^(x+|y+)$/.test(found) && found.length >= 100_000);
    }
    assert.deepEqual(
      (await Promise.all(ends)).map(([code]) => code as unknown),
      [0, 0],
    );
    assert.equal((await readdir(folder)).length, 1);
  });
});
