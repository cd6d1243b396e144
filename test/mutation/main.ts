import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSandboxes } from '../sandbox/sandboxes';
import { packageFolder } from '../setup/cache.mjs';
import { printReport } from './report';

const USAGE = `npm run mutate -- [scope …] [--sample N] [--seed TEXT] [--tests GLOB …]

Changes the code of src/core in small ways and counts which changes the tests of test/core notice.
  scope       a file or folder of src/core, such as html or plan.ts; default: all of it
  --sample    tries only so many mutants, drawn at random
  --seed      makes the same draw again; default: a new one, which is printed
  --tests     the tests that may notice; default: those that lie like the scope, else all`;

const CHECKOUT = join(__dirname, '..', '..');
const OUT = join(CHECKOUT, 'out', 'mutation');
const PROJECT = join(OUT, 'project');
/** What the tests of the core read. */
const COPIED = ['src', 'test', 'media', 'package.json', 'tsconfig.json', 'esbuild.ts', 'siteSchema.ts'];
/** The runner reads files of mocha that mocha 12 no longer has. */
const PACKAGES = { '@stryker-mutator/core': '10.0.0', '@stryker-mutator/mocha-runner': '10.0.0', mocha: '11.8.0' };
const RUNNERS = 2;
/** One more than runners, since one that is replaced may still be ending. */
const SANDBOXES = RUNNERS + 1;
/** One packs the extension anew, which says nothing of the core; the other holds at ten thousand files what others hold at ten. */
const LEFT_OUT = ['test/core/bundle.test.ts', 'test/core/publish/local/manyFiles.test.ts'];

async function main(): Promise<number> {
  const { values, positionals: scopes } = parseArgs({
    options: {
      sample: { type: 'string' },
      seed: { type: 'string', default: randomBytes(4).toString('hex') },
      tests: { type: 'string', multiple: true },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.sample !== undefined && !/^[1-9]\d*$/.test(values.sample)) throw new Error('--sample takes a number.');
  const sources = scopes.length === 0 ? ['src/core/**/*.ts'] : scopes.map(sourcesOf);
  const tests = values.tests ?? (scopes.length === 0 ? ['test/core/**/*.test.ts'] : scopes.map(testsOf));
  const packages = Object.entries(PACKAGES).map(([name, version]) => `${name.replace(/^.*\//, '')}-${version}`);
  const stryker = join(await packageFolder(`mutation-${packages.join('-')}`, PACKAGES), 'node_modules');
  await prepare(stryker);
  const folder = await mkdtemp(join(tmpdir(), 'sitelift-mutation-'));
  const sandboxes = await startSandboxes(SANDBOXES, { deploySeconds: 2, registrationSeconds: 1 });
  try {
    const configuration = join(folder, 'stryker.json');
    await writeFile(configuration, JSON.stringify(options(sources, tests, values.sample !== undefined), undefined, 2));
    const env = {
      ...process.env,
      ...sandboxes.env,
      SITELIFT_SAMPLE_SIZE: values.sample ?? '',
      SITELIFT_SAMPLE_SEED: values.seed,
      SITELIFT_SAMPLE_FILE: join(folder, 'sample.json'),
    };
    const cli = join(stryker, '@stryker-mutator', 'core', 'bin', 'stryker.js');
    const child = spawn(process.execPath, [cli, 'run', configuration], { cwd: PROJECT, stdio: 'inherit', env });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) return code ?? 1;
  } finally {
    await sandboxes.stop();
    await rm(folder, { recursive: true, force: true });
  }
  await printReport(join(OUT, 'report.json'));
  if (values.sample !== undefined) console.log(`A sample of ${values.sample}, drawn with --seed ${values.seed}.`);
  return 0;
}

function sourcesOf(scope: string): string {
  const path = `src/core/${scope}`;
  if (!existsSync(join(CHECKOUT, path))) throw new Error(`There is no ${path}.`);
  return scope.endsWith('.ts') ? path : `${path}/**/*.ts`;
}

function testsOf(scope: string): string {
  const path = `test/core/${scope.replace(/\.ts$/, '.test.ts')}`;
  if (!existsSync(join(CHECKOUT, path))) return 'test/core/**/*.test.ts';
  return scope.endsWith('.ts') ? path : `${path}/**/*.test.ts`;
}

/** Makes a copy of the project for Stryker; its packages are those of the project, but for the runner's own mocha. */
async function prepare(stryker: string): Promise<void> {
  await rm(OUT, { recursive: true, force: true });
  for (const name of COPIED) await cp(join(CHECKOUT, name), join(PROJECT, name), { recursive: true });
  const packages = join(PROJECT, 'node_modules');
  await mkdir(packages);
  for (const name of await readdir(join(CHECKOUT, 'node_modules'))) {
    const own = name === 'mocha' ? stryker : join(CHECKOUT, 'node_modules');
    await symlink(join(own, name), join(packages, name));
  }
}

function options(mutate: readonly string[], spec: readonly string[], sampled: boolean) {
  return {
    mutate: [...mutate, '!src/core/entry*.ts'],
    // Its handling of a project's TypeScript configuration needs that project's compiler, and we need neither.
    tsconfigFile: 'none.json',
    tempDirName: join(OUT, 'copies'),
    testRunner: 'mocha',
    mochaOptions: {
      spec,
      ignore: LEFT_OUT,
      require: ['./test/mutation/worker.cjs'],
      'no-config': true,
    },
    plugins: ['@stryker-mutator/*', ...(sampled ? [join(__dirname, 'sampleChecker.mjs')] : [])],
    checkers: sampled ? ['sample'] : [],
    coverageAnalysis: 'perTest',
    concurrency: RUNNERS,
    timeoutMS: 60_000,
    dryRunTimeoutMinutes: 60,
    reporters: ['progress-append-only', 'json', 'html'],
    jsonReporter: { fileName: join(OUT, 'report.json') },
    htmlReporter: { fileName: join(OUT, 'report.html') },
  };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
