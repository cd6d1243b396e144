import { parseArgs } from 'node:util';
import { startSandbox } from './sandbox';

const USAGE = `npm run sandbox -- [--no-machines] [--deploy-seconds N]

Starts a local AWS and prints the lines that point a shell at it. Runs until Ctrl-C.
  --no-machines        instances are only names; starts faster
  --deploy-seconds N   how long a distribution takes to deploy (default 2)`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'no-machines': { type: 'boolean', default: false },
      'deploy-seconds': { type: 'string' },
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
  const sandbox = await startSandbox({
    machines: !values['no-machines'],
    ...(deploySeconds === undefined ? {} : { deploySeconds }),
  });
  console.log('# Paste these lines into a shell; aws, curl and the AWS SDKs then see the sandbox instead of AWS.');
  for (const [name, value] of Object.entries(sandbox.env)) console.log(`export ${name}=${value}`);
  console.log('# The sandbox is running; Ctrl-C ends it and leaves nothing behind.');
  await stopAsked;
  await sandbox.stop();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
