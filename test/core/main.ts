import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startSandbox } from '../sandbox/sandbox';

/** Runs mocha inside a sandbox, since Node reads the sandbox's certificate authority only as a process starts. */
async function main(): Promise<void> {
  const machines = process.argv.includes('--machines');
  const given = process.argv.slice(2).filter((argument) => argument !== '--machines');
  const specs = given.length > 0 ? given : [machines ? 'test/machines/**/*.test.ts' : 'test/core/**/*.test.ts'];
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
