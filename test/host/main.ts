import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildExtension } from '../../esbuild';
import { startSandbox } from '../sandbox/sandbox';
import { bundleHostTests } from './bundle';
import { runInHost } from './run';

const USAGE = `npm run test:host -- [--grep text]
    runs test/host/**/*.test.ts in a real extension host, with a sandbox without machines

npm run test:host -- --tests file.js --workspace folder [--sandbox] [--machines] [--restricted]
    runs any CommonJS module that exports run(): Promise<void> against the built extension
  --sandbox      the extension sees the sandbox as AWS; its instances are only names
  --machines     the same with a real Linux machine for each instance
  --restricted   the folder is not trusted

SITELIFT_VSCODE=<path or version> runs either in a desktop VS Code.`;

interface Options {
  readonly tests?: string | undefined;
  readonly workspace?: string | undefined;
  readonly sandbox: boolean;
  readonly machines: boolean;
  readonly restricted: boolean;
  readonly grep?: string | undefined;
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      tests: { type: 'string' },
      workspace: { type: 'string' },
      sandbox: { type: 'boolean', default: false },
      machines: { type: 'boolean', default: false },
      restricted: { type: 'boolean', default: false },
      grep: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return true;
  }
  await buildExtension({ development: true });
  return values.tests === undefined ? runOwnTests(values.grep) : runGivenTests(values.tests, values);
}

async function runGivenTests(tests: string, options: Options): Promise<boolean> {
  if (options.workspace === undefined) throw new Error(`--tests needs --workspace.\n\n${USAGE}`);
  const wanted = options.sandbox || options.machines;
  const sandbox = wanted ? await startSandbox({ machines: options.machines }) : undefined;
  try {
    const { workspace, restricted } = options;
    return await runInHost({ testsFile: resolve(tests), workspace: resolve(workspace), sandbox, restricted });
  } finally {
    await sandbox?.stop();
  }
}

/** Trusted and restricted tests, each in a window and an empty folder of its own. */
async function runOwnTests(grep: string | undefined): Promise<boolean> {
  const tests = await bundleHostTests();
  const sandbox = await startSandbox({ machines: false });
  const env = grep === undefined ? {} : { SITELIFT_GREP: grep };
  let passed = true;
  try {
    for (const restricted of [false, true]) {
      const testsFile = restricted ? tests.restricted : tests.trusted;
      if (testsFile === undefined) continue;
      await sandbox.reset();
      const workspace = await mkdtemp(join(tmpdir(), 'sitelift-workspace-'));
      try {
        passed = (await runInHost({ testsFile, workspace, sandbox, restricted, env })) && passed;
      } finally {
        await rm(workspace, { recursive: true, force: true });
      }
    }
    return passed;
  } finally {
    await sandbox.stop();
    await tests.remove();
  }
}

main().then(
  (passed) => process.exit(passed ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
