import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** The host tests as CommonJS modules that export `run()`. */
export interface HostTests {
  /** For the tests that run in a trusted folder; undefined when there are none. */
  readonly trusted: string | undefined;
  /** For the tests in `test/host/restricted/`, which run in Restricted Mode. */
  readonly restricted: string | undefined;
  remove(): Promise<void>;
}

const CHECKOUT = join(__dirname, '..', '..');

/** The worker thread stays a file of its own, beside the tests. */
const worker: Plugin = {
  name: 'worker',
  setup(plugin) {
    plugin.onResolve({ filter: /[\\/]entryWorker$/ }, () => ({ path: './worker.js', external: true }));
  },
};

/** Bundles all `test/host/**\/*.test.ts` into a new folder inside the checkout, where they find mocha. */
export async function bundleHostTests(): Promise<HostTests> {
  const names = await readdir(__dirname, { recursive: true });
  const tests = names.filter((name) => name.endsWith('.test.ts'));
  await mkdir(join(CHECKOUT, 'out'), { recursive: true });
  const folder = await mkdtemp(join(CHECKOUT, 'out', 'host-tests-'));
  async function bundle(kind: string, files: readonly string[]): Promise<string | undefined> {
    if (files.length === 0) return undefined;
    await build({
      absWorkingDir: __dirname,
      entryPoints: [
        ...['suite.ts', ...files].map((file) => ({ in: file, out: file.replace(/\.ts$/, '') })),
        { in: '../../src/core/entryWorker.ts', out: 'worker' },
      ],
      outbase: '.',
      outdir: join(folder, kind),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      mainFields: ['module', 'main'],
      external: ['vscode', 'mocha'],
      loader: { '.sh': 'text' },
      plugins: [worker],
      sourcemap: 'inline',
      logLevel: 'warning',
    });
    return join(folder, kind, 'suite.js');
  }
  const isRestricted = (name: string): boolean => /^restricted[\\/]/.test(name);
  return {
    trusted: await bundle(
      'trusted',
      tests.filter((name) => !isRestricted(name)),
    ),
    restricted: await bundle('restricted', tests.filter(isRestricted)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
