import { execFile } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildExtension } from '../../esbuild';

const CHECKOUT = join(__dirname, '..', '..');
/** What decides about what is packed, beside what was built. */
const PACKED_WITH = ['package.json', '.npmignore', 'README.md', 'LICENSE'];

/** Builds the command line and packs it as `npm pack` does, in a folder of its own, and gives the path of the package. */
export async function packCommandLine(folder: string): Promise<string> {
  const checkout = join(folder, 'checkout');
  await mkdir(checkout, { recursive: true });
  await Promise.all(PACKED_WITH.map((name) => copyFile(join(CHECKOUT, name), join(checkout, name))));
  await buildExtension({ outdir: join(checkout, 'dist') });
  const [file] = await npmPack(checkout, folder, ['--ignore-scripts']);
  return join(folder, file);
}

/** Runs `npm pack` in a checkout and gives the name of the package, and the paths of what is in it. */
export async function npmPack(
  checkout: string,
  into: string,
  options: readonly string[] = [],
): Promise<[file: string, paths: readonly string[]]> {
  const args = ['pack', '--json', '--foreground-scripts=false', '--pack-destination', into, ...options];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: checkout });
  const told = JSON.parse(stdout) as readonly {
    readonly filename: string;
    readonly files: readonly { path: string }[];
  }[];
  const [packed] = told;
  if (!packed) throw new Error(`npm packed nothing: ${stdout}`);
  return [packed.filename, packed.files.map(({ path }) => path)];
}
