import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { sampleOfFiles } from '../setup/sampling';
import { packExtension } from '../setup/vsix';

const CHECKOUT = join(__dirname, '..', '..');
/** Of these, each of which takes minutes, `npm test` runs one. */
const SOMETIMES = ['adopting', 'habits', 'live', 'wholeJob', 'wholeSite'];

/** Packs the extension and runs the end-to-end tests; arguments are mocha's, such as `--grep text`. */
async function main(): Promise<number> {
  console.log('Packing the extension');
  await packExtension();
  const mocha = join(CHECKOUT, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const some = sampleOfFiles(
    SOMETIMES.map((name) => `test/e2e/${name}.test.ts`),
    1,
    'end to end',
  );
  const files = [`test/e2e/!(${SOMETIMES.join('|')}).test.ts`, ...some];
  const args = [mocha, ...files, ...process.argv.slice(2)];
  return spawnSync(process.execPath, args, { cwd: CHECKOUT, stdio: 'inherit' }).status ?? 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
