import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packExtension } from '../setup/vsix';

const CHECKOUT = join(__dirname, '..', '..');

/** Packs the extension and runs the end-to-end tests; arguments are mocha's, such as `--grep text`. */
async function main(): Promise<number> {
  console.log('Packing the extension');
  await packExtension();
  const mocha = join(CHECKOUT, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const args = [mocha, 'test/e2e/**/*.test.ts', ...process.argv.slice(2)];
  return spawnSync(process.execPath, args, { cwd: CHECKOUT, stdio: 'inherit' }).status ?? 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
