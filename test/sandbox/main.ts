import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { startSandbox } from './sandbox';

const USAGE = `npm run sandbox -- [--no-machines] [--deploy-seconds N] [--write-env FILE]

Starts a local AWS and prints the lines that point a shell at it. Runs until Ctrl-C.
  --no-machines        instances are only names; starts faster
  --deploy-seconds N   how long a distribution takes to deploy (default 2)
  --write-env FILE     writes the variables to this file as well, as debuggers read them, while the sandbox runs`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'no-machines': { type: 'boolean', default: false },
      'deploy-seconds': { type: 'string' },
      'write-env': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const deploySeconds = values['deploy-seconds'] === undefined ? undefined : Number(values['deploy-seconds']);
  if (Number.isNaN(deploySeconds)) throw new Error('--deploy-seconds takes a number.');
  const stopAsked = new Promise((resolve) => {
    process.on('SIGINT', resolve);
    process.on('SIGTERM', resolve);
  });
  const envFile = values['write-env'];
  // What an earlier sandbox left when it was killed would lead nowhere.
  if (envFile !== undefined) await rm(envFile, { force: true });
  console.log('# Starting the sandbox');
  const sandbox = await startSandbox({
    machines: !values['no-machines'],
    ...(deploySeconds === undefined ? {} : { deploySeconds }),
  });
  const lines = Object.entries(sandbox.env).map(([name, value]) => `${name}=${value}`);
  if (envFile !== undefined) {
    await mkdir(dirname(envFile), { recursive: true });
    await writeFile(envFile, lines.join('\n'));
  }
  console.log('# Paste these lines into a shell; aws, curl and the AWS SDKs then see the sandbox instead of AWS.');
  for (const line of lines) console.log(`export ${line}`);
  console.log('# The sandbox is running; Ctrl-C ends it and leaves nothing behind.');
  await stopAsked;
  if (envFile !== undefined) await rm(envFile, { force: true });
  await sandbox.stop();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
