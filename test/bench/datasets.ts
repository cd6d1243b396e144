import { createCipheriv, createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pLimit from 'p-limit';
import { SITE_FILE } from '../../src/core/site';
import { SITE_TEXT } from './benchSite';

/** A site's folder with many assets in `images/`, and one page. The same name gives the same bytes. */
export interface Dataset {
  readonly folder: string;
  readonly count: number;
  /** The MD5 of the lines `path md5` of all assets as they are now, in order; paths are relative to `images/`. */
  sum(): string;
  /** Gives every nth asset other bytes of the same size; another round takes other assets. */
  change(everyNth: number, round: number): Promise<void>;
}

interface Shape {
  readonly count: number;
  readonly extension: string;
  /** Sizes in bytes, from numbers between 0 and 1. */
  sizes(random: readonly number[]): readonly number[];
}

const D1_BYTES = 54_000_000;

const SHAPES = {
  /** 1,000 images of a site, from some KB to some hundred. */
  D1: {
    count: 1000,
    extension: 'jpg',
    sizes(random) {
      const weights = random.map((value) => 0.1 + value ** 3);
      const all = weights.reduce((sum, weight) => sum + weight, 0);
      const sizes = weights.map((weight) => Math.floor((weight / all) * D1_BYTES));
      const rest = D1_BYTES - sizes.reduce((sum, size) => sum + size, 0);
      return sizes.map((size, index) => (index < rest ? size + 1 : size));
    },
  },
  /** 10,000 tiny files. */
  D2: {
    count: 10_000,
    extension: 'png',
    sizes: (random) => random.map((value) => 20 + Math.floor(value * 1981)),
  },
} satisfies Record<string, Shape>;

/** Which sets of files there are. */
export type DatasetName = keyof typeof SHAPES;

const WRITES_AT_ONCE = 32;
const FILES_A_FOLDER = 50;

/** Writes a set of files to a new folder. */
export async function makeDataset(name: DatasetName, folder: string): Promise<Dataset> {
  const { count, extension, sizes }: Shape = SHAPES[name];
  const random = seededBytes(`${name} sizes`, 4 * count);
  const sizeOf = sizes(Array.from({ length: count }, (_, index) => random.readUInt32LE(4 * index) / 2 ** 32));
  const paths = sizeOf.map((_, index) => {
    const number = String(index).padStart(5, '0');
    const parent = String(Math.floor(index / FILES_A_FOLDER)).padStart(3, '0');
    return `${parent}/image-${number}.${extension}`;
  });
  const md5 = new Map<string, string>();
  const limit = pLimit(WRITES_AT_ONCE);
  const write = (index: number, seed: string) =>
    limit(async () => {
      const [path = '', size = 0] = [paths[index], sizeOf[index]];
      const bytes = seededBytes(`${name} ${path} ${seed}`, size);
      md5.set(path, createHash('md5').update(bytes).digest('hex'));
      await writeFile(join(folder, 'images', path), bytes);
    });

  for (const parent of new Set(paths.map((path) => dirname(path)))) {
    await mkdir(join(folder, 'images', parent), { recursive: true });
  }
  await Promise.all(paths.map((_, index) => write(index, 'first')));
  await writeFile(join(folder, 'index.html'), pageOf(paths.slice(0, 20)));
  await writeFile(join(folder, SITE_FILE), SITE_TEXT);
  return {
    folder,
    count,
    sum() {
      const hash = createHash('md5');
      for (const path of [...paths].sort()) hash.update(`${path} ${md5.get(path)}\n`);
      return hash.digest('hex');
    },
    async change(everyNth, round) {
      const changed = paths.flatMap((_, index) => (index % everyNth === round % everyNth ? [index] : []));
      await Promise.all(changed.map((index) => write(index, `round ${round}`)));
    },
  };
}

function pageOf(paths: readonly string[]): string {
  const images = paths.map((path) => `    <img src="images/${path}" alt="">`);
  return ['<!doctype html>', '<html lang="en">', '  <body>', ...images, '  </body>', '</html>', ''].join('\n');
}

/** Bytes that look random and are the same for the same seed. */
function seededBytes(seed: string, count: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(count));
}
