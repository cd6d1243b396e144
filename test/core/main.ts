import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startSandbox, type SandboxOptions } from '../sandbox/sandbox';
import { startSandboxes } from '../sandbox/sandboxes';
import { templateLinter } from '../setup/python';
import { sampleOfFiles } from '../setup/sampling';

/** Those that take longest come first, so that none of them is left for the end. */
const TESTS = [
  'test/core/resources/*.test.ts',
  'test/core/!(resources)/**/*.test.ts',
  'test/core/*.test.ts',
  'test/shell/**/*.test.ts',
];
/** Each of these takes an emulated machine of its own for minutes, so `npm test` runs one of them. */
const SOMETIMES = [
  'adoptServer',
  'commandLine',
  'dayTwo',
  'publishOnlyUser',
  'readers',
  'succession',
  'ubuntu',
  'workflow',
];
const OTHER_MACHINE_TESTS = `test/machines/!(site|${SOMETIMES.join('|')}).test.ts`;
/** Files that run side by side, each in a sandbox of its own: they wait more than they compute, unless machines are emulated. */
const JOBS = 3;
const MACHINE_JOBS = 2;

/** Without machines AWS is ten times as quick as a sandbox else is, and what waits for it looks as much sooner; see `Op`. */
const QUICK = { SITELIFT_SECOND_MS: '100' };
const QUICK_AWS = {
  ...{ deploySeconds: 0.2, invalidationSeconds: 0.1, registrationSeconds: 0.1, profileSeconds: 0.1 },
  ...{ bootSeconds: 0.03, stopSeconds: 0.03, lingerSeconds: 0.1, addressSeconds: 0.03 },
  ...{ modificationSeconds: 0.1, snapshotSeconds: 0.03, invocationSeconds: 0.03 },
};

/** Runs mocha inside a sandbox, since Node reads the sandbox's certificate authority only as a process starts. */
async function main(): Promise<void> {
  const machines = process.argv.includes('--machines');
  const given = process.argv.slice(2).filter((argument) => argument !== '--machines');
  const options = machines ? { machines, deploySeconds: 2, registrationSeconds: 1 } : { settings: QUICK_AWS };
  if (!machines) await templateLinter();
  if (given.length > 0) process.exitCode = await runInOne(given, options);
  else if (machines) process.exitCode = await runSideBySide(machineTests(), MACHINE_JOBS, options);
  else process.exitCode = await runSideBySide(TESTS, JOBS, options);
}

function machineTests(): readonly string[] {
  const some = sampleOfFiles(
    SOMETIMES.map((name) => `test/machines/${name}.test.ts`),
    1,
    'machines',
  );
  return ['test/machines/site.test.ts', ...some, OTHER_MACHINE_TESTS];
}

async function runInOne(specs: readonly string[], options: SandboxOptions): Promise<number> {
  const sandbox = await startSandbox(options);
  try {
    return await runMocha(specs, {
      ...(options.machines ? {} : QUICK),
      ...sandbox.env,
      SITELIFT_CONTROL_PLANE: sandbox.endpointUrl,
    });
  } finally {
    await sandbox.stop();
  }
}

async function runSideBySide(specs: readonly string[], jobs: number, options: SandboxOptions): Promise<number> {
  const sandboxes = await startSandboxes(jobs, options);
  try {
    const taking = ['--require', join(__dirname, '..', 'sandbox', 'takeSandbox.cjs')];
    return await runMocha(['--parallel', '--jobs', String(jobs), ...taking, ...specs], {
      ...(options.machines ? {} : QUICK),
      ...sandboxes.env,
    });
  } finally {
    await sandboxes.stop();
  }
}

async function runMocha(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const mocha = require.resolve('mocha/bin/mocha.js');
  const child = spawn(process.execPath, [mocha, ...args], { stdio: 'inherit', env: { ...process.env, ...env } });
  // So that the sandboxes are stopped in order.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
