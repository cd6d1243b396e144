import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const CHECKOUT = join(__dirname, '..', '..');

/** Packs the extension and runs the end-to-end tests; arguments are mocha's, such as `--grep text`. */
function main(): number {
  console.log('Packing the extension');
  const packed = spawnSync('npm', ['run', '--silent', 'package'], { cwd: CHECKOUT, encoding: 'utf8' });
  if (packed.status !== 0) {
    console.error(`The extension could not be packed:\n${packed.stdout}${packed.stderr}`);
    return 1;
  }
  const mocha = join(CHECKOUT, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const args = [mocha, 'test/e2e/**/*.test.ts', ...process.argv.slice(2)];
  return spawnSync(process.execPath, args, { cwd: CHECKOUT, stdio: 'inherit' }).status ?? 1;
}

process.exitCode = main();
