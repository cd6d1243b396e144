import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startSandbox, type SandboxOptions } from '../sandbox/sandbox';
import { startSandboxes } from '../sandbox/sandboxes';

/** Those that take longest come first, so that none of them is left for the end. */
const TESTS = [
  'test/core/resources/*.test.ts',
  'test/core/!(resources)/*.test.ts',
  'test/core/*.test.ts',
  'test/shell/**/*.test.ts',
];
const MACHINE_TESTS = ['test/machines/**/*.test.ts'];
/** Files that run side by side, each in a sandbox of its own; they wait more than they compute. */
const JOBS = 3;

/** Runs mocha inside a sandbox, since Node reads the sandbox's certificate authority only as a process starts. */
async function main(): Promise<void> {
  const machines = process.argv.includes('--machines');
  const given = process.argv.slice(2).filter((argument) => argument !== '--machines');
  const sandbox = { machines, deploySeconds: 2, registrationSeconds: 1 };
  const isWhole = given.length === 0 && !machines;
  process.exitCode = isWhole
    ? await runSideBySide(TESTS, sandbox)
    : await runInOne(given.length > 0 ? given : MACHINE_TESTS, sandbox);
}

async function runInOne(specs: readonly string[], options: SandboxOptions): Promise<number> {
  const sandbox = await startSandbox(options);
  try {
    return await runMocha(specs, { ...sandbox.env, SITELIFT_CONTROL_PLANE: sandbox.endpointUrl });
  } finally {
    await sandbox.stop();
  }
}

async function runSideBySide(specs: readonly string[], options: SandboxOptions): Promise<number> {
  const sandboxes = await startSandboxes(JOBS, options);
  try {
    const taking = ['--require', join(__dirname, '..', 'sandbox', 'takeSandbox.cjs')];
    return await runMocha(['--parallel', '--jobs', String(JOBS), ...taking, ...specs], sandboxes.env);
  } finally {
    await sandboxes.stop();
  }
}

async function runMocha(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const mocha = require.resolve('mocha/bin/mocha.js');
  const child = spawn(process.execPath, [mocha, ...args], { stdio: 'inherit', env: { ...process.env, ...env } });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
