import assert from 'node:assert/strict';
import fs, { appendFileSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashNow } from '../../../../src/core/publish/local/hashNow';
import { hashFile } from '../../../../src/core/publish/local/readFile';

const MIB = 1024 * 1024;

describe('a file that is hashed at once', () => {
  let folder: string;
  let file: { path: string; absolutePath: string };
  const { openSync, readSync, closeSync } = fs;
  let open: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sitelift-hash-'));
    file = { path: 'a.txt', absolutePath: join(folder, 'a.txt') };
    open = 0;
    Object.assign(fs, {
      openSync: (...args: Parameters<typeof openSync>) => {
        const descriptor = openSync(...args);
        open += 1;
        return descriptor;
      },
      closeSync: (descriptor: number) => {
        open -= 1;
        closeSync(descriptor);
      },
    });
  });
  afterEach(() => {
    Object.assign(fs, { openSync, readSync, closeSync });
    rmSync(folder, { recursive: true });
  });

  /** Does something each time that a part of the file is about to be read. */
  const whileRead = (work: (nth: number) => void) => {
    let reads = 0;
    Object.assign(fs, {
      readSync: (...args: Parameters<typeof readSync>) => {
        reads += 1;
        work(reads);
        return readSync(...args);
      },
    });
  };

  it('has the sum that everybody knows, however large it is', async () => {
    writeFileSync(file.absolutePath, '');
    assert.equal(hashNow(file), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    writeFileSync(file.absolutePath, 'abc');
    assert.equal(hashNow(file), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    for (const sizeBytes of [MIB - 1, MIB, MIB + 1, 3 * MIB + 7]) {
      writeFileSync(file.absolutePath, Buffer.alloc(sizeBytes, 'text '));
      assert.equal(hashNow(file), await hashFile(file, 'sha256'));
    }
    assert.equal(open, 0);
  });

  it('is read a second time when it was written to meanwhile', async () => {
    for (const change of [
      () => appendFileSync(file.absolutePath, 'x'),
      () => truncateSync(file.absolutePath, 1),
      () => utimesSync(file.absolutePath, 0, 1),
    ]) {
      writeFileSync(file.absolutePath, Buffer.alloc(2 * MIB, 'x'));
      whileRead((nth) => nth === 2 && change());
      const sum = hashNow(file);
      Object.assign(fs, { readSync });
      assert.equal(sum, await hashFile(file, 'sha256'));
    }
    assert.equal(open, 0);
  });

  it('is named when it goes on changing, or is not there', () => {
    writeFileSync(file.absolutePath, 'x');
    whileRead(() => appendFileSync(file.absolutePath, 'x'));
    assert.throws(() => hashNow(file), /^UserError: “a\.txt” changes while it is read\. Wait until the program/);
    rmSync(file.absolutePath);
    assert.throws(() => hashNow(file), /^UserError: “a\.txt” is not there any more \(ENOENT\)/);
    assert.throws(() => hashNow({ path: 'b', absolutePath: join(__filename, 'b') }), /“b” cannot be read \(ENOTDIR\)/);
    assert.equal(open, 0);
  });

  it('is closed when it cannot be read', () => {
    writeFileSync(file.absolutePath, 'x');
    whileRead(() => {
      throw new Error('trouble');
    });
    assert.throws(() => hashNow(file), /^Error: trouble$/);
    assert.equal(open, 0);
  });
});
