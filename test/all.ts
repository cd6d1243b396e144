import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { setUp, type PartName } from './setup/setUp';

/** Something `npm test` runs: checks count as one each, suites as many as mocha says they are; these need what is set up. */
interface Part {
  readonly name: string;
  readonly kind: 'check' | 'suite';
  readonly needs?: readonly PartName[];
  readonly commands: readonly (readonly string[])[];
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const CHECKOUT = join(__dirname, '..');
const NODE = [process.execPath, '--import', 'tsx'];
const BIN = join(CHECKOUT, 'node_modules', '.bin');

const PARTS: readonly Part[] = [
  { name: 'types', kind: 'check', commands: [[join(BIN, 'tsc'), '--noEmit']] },
  {
    name: 'lint',
    kind: 'check',
    commands: [
      [join(BIN, 'eslint'), '.'],
      [join(BIN, 'depcruise'), '--config', '.dependency-cruiser.cjs', 'src', 'test'],
      [join(BIN, 'prettier'), '--check', '.'],
    ],
  },
  { name: 'tools', kind: 'suite', needs: ['python'], commands: [[join(BIN, 'mocha'), 'test/setup/**/*.test.ts']] },
  { name: 'core', kind: 'suite', needs: ['python'], commands: [[...NODE, 'test/core/main.ts']] },
  {
    name: 'sandbox',
    kind: 'suite',
    needs: ['python', 'machine'],
    commands: [[join(BIN, 'mocha'), 'test/sandbox/**/*.test.ts']],
  },
  {
    name: 'machines',
    kind: 'suite',
    needs: ['python', 'machine'],
    commands: [[...NODE, 'test/core/main.ts', '--machines']],
  },
  { name: 'host', kind: 'suite', needs: ['python', 'vscode'], commands: [[...NODE, 'test/host/main.ts']] },
  {
    name: 'end to end',
    kind: 'suite',
    needs: ['python', 'vscode', 'machine'],
    commands: [[...NODE, 'test/e2e/main.ts']],
  },
];

/**
 * Runs every part, or those that are named, whatever becomes of the ones before, with `--full` the scripts of a server on emulated
 * ones, whole; the last line has the sums.
 */
async function main(): Promise<void> {
  const { values, positionals: asked } = parseArgs({ options: { full: { type: 'boolean' } }, allowPositionals: true });
  if (values.full) process.env['SITELIFT_TEST'] = 'full';
  const unknown = asked.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0) {
    throw new Error(`There is no part ${unknown.join(', ')}; there are: ${PARTS.map(({ name }) => name).join(', ')}.`);
  }
  const parts = PARTS.filter(({ name }) => asked.length === 0 || asked.includes(name));
  const totals: (Counts & { name: string; seconds: number })[] = [];
  // What the suites need is set up while the checks run; a suite whose set-up failed says so once more by itself.
  const settingUp = setUp([...new Set(parts.flatMap(({ needs }) => needs ?? []))]).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    totals.push({ name: 'set-up', seconds: 0, passed: 0, failed: 1 });
  });
  for (const part of parts) {
    if (part.needs) await settingUp;
    console.log(`\n=== ${part.name}`);
    const startedMs = Date.now();
    const counts = await runPart(part);
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    totals.push({ name: part.name, seconds, ...counts });
    console.log(`=== ${part.name}: ${counts.passed} passed, ${counts.failed} failed in ${seconds} s`);
  }
  console.log('');
  for (const { name, seconds, passed, failed } of totals) {
    console.log(
      `${name.padEnd(12)}${`${passed} passed`.padStart(12)}${`${failed} failed`.padStart(12)}${`${seconds} s`.padStart(8)}`,
    );
  }
  const passed = totals.reduce((sum, counts) => sum + counts.passed, 0);
  const failed = totals.reduce((sum, counts) => sum + counts.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function runPart(part: Part): Promise<Counts> {
  let passed = 0;
  let failed = 0;
  let succeeded = true;
  for (const command of part.commands) {
    const { code, output } = await runCommand(command);
    if (code !== 0) succeeded = false;
    passed += sumOf(output, 'passing');
    failed += sumOf(output, 'failing') + sumOf(output, 'pending');
  }
  if (part.kind === 'check') return succeeded ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  // A suite that could not run, or ran nothing, has failed as well.
  if (failed === 0 && (!succeeded || passed === 0)) failed = 1;
  return { passed, failed };
}

async function runCommand([program = '', ...args]: readonly string[]): Promise<{ code: number; output: string }> {
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn(program, args, {
    cwd: CHECKOUT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...colour },
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    process.stdout.write(data);
    output += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => process.stderr.write(data));
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? 1, output };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { code: 1, output };
  }
}

/** Adds up the lines of mocha's summaries, such as `  12 passing (3s)`. */
function sumOf(output: string, word: 'passing' | 'failing' | 'pending'): number {
  const plain = stripVTControlCharacters(output);
  return Array.from(plain.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, 'gm')), ([, count]) => Number(count)).reduce(
    (sum, count) => sum + count,
    0,
  );
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
});
