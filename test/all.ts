import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { inLanes } from './setup/lanes';
import { outcomeOf, type Failure, type Outcome } from './setup/outcome';
import { setUp, type PartName } from './setup/setUp';

/** Something `npm test` runs: checks count as one each, suites as many as mocha says they are; these need what is set up. */
interface Part {
  readonly name: string;
  readonly kind: 'check' | 'suite';
  readonly needs?: readonly PartName[];
  /** It builds the extension into `dist/`, which only one part at a time can do. */
  readonly builds?: true;
  readonly commands: readonly (readonly string[])[];
}

interface Total extends Outcome {
  readonly name: string;
  readonly seconds: number;
}

const CHECKOUT = join(__dirname, '..');
const NODE = [process.execPath, '--import', 'tsx'];
/** Each part has work for both processors of a small machine, and waits now and then. */
const LANES = 2;
const BIN = join(CHECKOUT, 'node_modules', '.bin');
/** Those with emulated machines come first, so that they are not left for the end. */
const SANDBOX_TESTS = ['machines', '.', '!(machines)'].map((folder) => `test/sandbox/${folder}/*.test.ts`);

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
  {
    name: 'core',
    kind: 'suite',
    needs: ['python', 'linter'],
    builds: true,
    commands: [[...NODE, 'test/core/main.ts']],
  },
  {
    name: 'machines',
    kind: 'suite',
    needs: ['python', 'machine'],
    commands: [[...NODE, 'test/core/main.ts', '--machines']],
  },
  {
    name: 'sandbox',
    kind: 'suite',
    needs: ['python', 'machine'],
    commands: [[join(BIN, 'mocha'), '--parallel', '--jobs', '2', ...SANDBOX_TESTS]],
  },
  {
    name: 'host',
    kind: 'suite',
    needs: ['python', 'vscode'],
    builds: true,
    commands: [[...NODE, 'test/host/main.ts']],
  },
  {
    name: 'end to end',
    kind: 'suite',
    needs: ['python', 'vscode', 'machine'],
    builds: true,
    commands: [[...NODE, 'test/e2e/main.ts']],
  },
];

const running = new Set<ChildProcess>();

/**
 * Runs every part, or those that are named, in two lanes, whatever becomes of the others, with `--full` what is a sample else whole, and the
 * scripts of a server on emulated ones; what failed is told once more at the end, and the last line has the sums.
 */
async function main(): Promise<void> {
  const { values, positionals: asked } = parseArgs({ options: { full: { type: 'boolean' } }, allowPositionals: true });
  if (values.full) process.env['SITELIFT_TEST'] = 'full';
  else printSeed();
  const unknown = asked.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0) {
    throw new Error(`There is no part ${unknown.join(', ')}; there are: ${PARTS.map(({ name }) => name).join(', ')}.`);
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, endAll);
  const parts = PARTS.filter(({ name }) => asked.length === 0 || asked.includes(name));
  const totals: Total[] = [];
  // What the suites need is set up while the checks run; a suite whose set-up failed says so once more by itself.
  const settingUp = setUp([...new Set(parts.flatMap(({ needs }) => needs ?? []))]).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    totals.push({ name: 'set-up', seconds: 0, passed: 0, failed: 1, failures: [] });
  });
  await inLanes(
    parts,
    LANES,
    ({ builds }) => builds === true,
    async (part) => {
      if (part.needs) await settingUp;
      totals.push(await runPart(part, parts.length === 1));
    },
  );
  const order = PARTS.map(({ name }) => name);
  printTotals(totals.sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name)));
}

/** Says by what the same samples are taken again. */
function printSeed(): void {
  const seed = (process.env['SITELIFT_SEED'] ??= randomBytes(3).toString('hex'));
  console.log(`Of what takes long a sample is tried out; SITELIFT_SEED=${seed} npm test takes the same one again.`);
}

/** Ends whatever runs; each command leads a group of processes. */
function endAll(): void {
  for (const { pid } of running) {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGTERM');
    } catch (error) {
      // It has just ended by itself.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  process.exit(1);
}

function printTotals(totals: readonly Total[]): void {
  console.log('');
  for (const { name, failed, failures } of totals) {
    for (const { title, reason } of failures) console.log(`failed in ${name}: ${title}\n${reason}`);
    if (failed > failures.length) console.log(`failed in ${name}: see above`);
  }
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

/** Runs a part, and prints what it says as it says it when it is the only one, else in one piece when it has ended. */
async function runPart(part: Part, isAlone: boolean): Promise<Total> {
  const { name } = part;
  const startedMs = Date.now();
  if (!isAlone) console.log(`=== ${name}: started`);
  const kept: string[] = [];
  const print = (text: string): unknown => (isAlone ? process.stdout.write(text) : kept.push(text));
  print(`\n=== ${name}\n`);
  const outcome = await outcomeOfPart(part, print);
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  print(`=== ${name}: ${outcome.passed} passed, ${outcome.failed} failed in ${seconds} s\n`);
  process.stdout.write(kept.join(''));
  return { name, seconds, ...outcome };
}

async function outcomeOfPart(part: Part, print: (text: string) => unknown): Promise<Outcome> {
  const failures: Failure[] = [];
  let all = '';
  for (const command of part.commands) {
    const { code, output } = await runCommand(command, print);
    if (code !== 0)
      failures.push({ title: [basename(command[0] ?? ''), ...command.slice(1)].join(' '), reason: output });
    all += output;
  }
  const ok = failures.length === 0;
  if (part.kind === 'check') return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, failures };
  const outcome = outcomeOf(all);
  // A suite that could not run, or ran nothing, has failed as well.
  if (outcome.failed === 0 && (!ok || outcome.passed === 0)) return { ...outcome, failed: 1 };
  return outcome;
}

async function runCommand(
  [program = '', ...args]: readonly string[],
  print: (text: string) => unknown,
): Promise<{ code: number; output: string }> {
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn(program, args, {
    cwd: CHECKOUT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...colour },
    detached: true,
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      print(text);
      output += text;
    });
  }
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? 1, output };
  } catch (error) {
    print(`${error instanceof Error ? error.message : String(error)}\n`);
    return { code: 1, output };
  } finally {
    running.delete(child);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
});
