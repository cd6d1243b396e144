import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startSandbox } from '../sandbox/sandbox';

const TESTS = ['test/core/**/*.test.ts', 'test/shell/**/*.test.ts'];
const MACHINE_TESTS = ['test/machines/**/*.test.ts'];

/** Runs mocha inside a sandbox, since Node reads the sandbox's certificate authority only as a process starts. */
async function main(): Promise<void> {
  const machines = process.argv.includes('--machines');
  const given = process.argv.slice(2).filter((argument) => argument !== '--machines');
  const specs = given.length > 0 ? given : machines ? MACHINE_TESTS : TESTS;
  const sandbox = await startSandbox({ machines, deploySeconds: 2, registrationSeconds: 1 });
  try {
    const env = { ...process.env, ...sandbox.env, SITELIFT_CONTROL_PLANE: sandbox.endpointUrl };
    const mocha = require.resolve('mocha/bin/mocha.js');
    const child = spawn(process.execPath, [mocha, ...specs], { stdio: 'inherit', env });
    const [code] = (await once(child, 'exit')) as [number | null];
    process.exitCode = code ?? 1;
  } finally {
    await sandbox.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
