import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  FileChangedError,
  hashFile,
  readTwice,
  streamOf,
  withFile,
  type OpenFile,
} from '../../../../src/core/publish/local/readFile';

describe('a file that is read', () => {
  let folder: string;
  let file: { path: string; absolutePath: string };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-read-'));
    file = { path: 'a.txt', absolutePath: join(folder, 'a.txt') };
    await writeFile(file.absolutePath, 'before');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const read = async (opened: OpenFile) => {
    const chunks: Buffer[] = [];
    for await (const chunk of streamOf(opened)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  };

  it('is read a second time when it was written to meanwhile', async () => {
    let attempts = 0;
    const text = await readTwice(() =>
      withFile(file, async (opened) => {
        attempts += 1;
        if (attempts === 1) await appendFile(file.absolutePath, ' and after');
        return read(opened);
      }),
    );
    assert.equal(attempts, 2);
    assert.equal(text, 'before and after');
  });

  it('is named when it goes on changing, whatever its reader made of that', async () => {
    const growing = () => withFile(file, () => appendFile(file.absolutePath, 'x'));
    const message = '“a.txt” was changed while it was read';
    await assert.rejects(growing(), { name: 'FileChangedError', message, path: 'a.txt', cause: undefined });
    await assert.rejects(readTwice(growing), (error) => (error as Error).cause instanceof FileChangedError);
    await assert.rejects(readTwice(growing), /^UserError: “a\.txt” changes while it is read\. Wait until the program/);
    const shrinking = () =>
      withFile(file, async () => {
        await truncate(file.absolutePath, 1);
        throw new Error('Size mismatch');
      });
    await assert.rejects(
      shrinking(),
      (error) => error instanceof FileChangedError && (error.cause as Error).message === 'Size mismatch',
    );
    const touched = () => withFile(file, () => utimes(file.absolutePath, 0, 1));
    await assert.rejects(touched(), FileChangedError);
  });

  it('tells other troubles as they are, at once', async () => {
    let attempts = 0;
    const failing = () =>
      withFile(file, () => {
        attempts += 1;
        return Promise.reject(new Error('trouble'));
      });
    await assert.rejects(readTwice(failing), /trouble/);
    assert.equal(attempts, 1);
    const changedThenFailing = () =>
      withFile(file, async () => {
        attempts += 1;
        if (attempts === 2) await appendFile(file.absolutePath, 'x');
        throw new Error('trouble');
      });
    await assert.rejects(readTwice(changedThenFailing), /^Error: trouble$/);
    assert.equal(attempts, 3);
    await assert.rejects(
      hashFile({ path: 'gone.txt', absolutePath: join(folder, 'gone.txt') }, 'md5'),
      /“gone\.txt” is not there any more/,
    );
    const inside = { path: 'a.txt/b', absolutePath: join(file.absolutePath, 'b') };
    await assert.rejects(hashFile(inside, 'md5'), (error) => {
      assert.match((error as Error).message, /“a\.txt\/b” cannot be read \(ENOTDIR\)/);
      return ((error as Error).cause as NodeJS.ErrnoException).code === 'ENOTDIR';
    });
  });

  it('is closed when it was read, and when reading it failed', async () => {
    const handles: OpenFile['handle'][] = [];
    await withFile(file, ({ handle }) => Promise.resolve(handles.push(handle)));
    const failing = withFile(file, ({ handle }) => {
      handles.push(handle);
      return Promise.reject(new Error('trouble'));
    });
    await assert.rejects(failing, /trouble/);
    assert.deepEqual(
      handles.map(({ fd }) => fd),
      [-1, -1],
    );
  });

  it('is read as long as it was when it was opened', async () => {
    let text = '';
    const growing = withFile(file, async (opened) => {
      await appendFile(file.absolutePath, ' and after');
      text = await read(opened);
    });
    await assert.rejects(growing, FileChangedError);
    assert.equal(text, 'before');
  });

  it('is read whole as it was opened when another takes its place', async () => {
    const other = join(folder, 'other');
    await writeFile(other, 'another one');
    const text = await withFile(file, async (opened) => {
      await rename(other, file.absolutePath);
      return read(opened);
    });
    assert.equal(text, 'before');
  });

  it('has the sums that everybody knows', async () => {
    await writeFile(file.absolutePath, '');
    assert.equal(await hashFile(file, 'md5'), 'd41d8cd98f00b204e9800998ecf8427e');
    await writeFile(file.absolutePath, 'abc');
    assert.equal(await hashFile(file, 'md5'), '900150983cd24fb0d6963f7d28e17f72');
    assert.equal(await hashFile(file, 'sha256'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
