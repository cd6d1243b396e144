import type { Bench } from './bench';
import { publishing, publishingInHost } from './publishing';

const USAGE = `npm run bench -- [NAME …]

Prints lines \`name ratio limit\`, and remarks that start with #; fails when a ratio is past its limit.
  NAME             the start of a name, such as publish/D1 or host/D2; without any, all are measured
  BENCH_RUNS       environment: how often each program runs; the best counts (default 3)
  BENCH_SITELIFT   environment: a command, split at spaces, to measure in place of the checkout's command line`;

const BENCHES: readonly Bench[] = [publishing, publishingInHost];

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return;
  }
  const all = BENCHES.flatMap(({ names }) => names);
  const unknown = args.filter((arg) => !all.some((name) => name.startsWith(arg)));
  if (unknown.length > 0) throw new Error(`Nothing is named ${unknown.join(', ')}. There is ${all.join(', ')}.`);
  const past: string[] = [];
  for (const bench of BENCHES) {
    const wanted = bench.names.filter((name) => args.length === 0 || args.some((arg) => name.startsWith(arg)));
    if (wanted.length === 0) continue;
    for await (const told of bench.run(new Set(wanted))) {
      if (typeof told === 'string') {
        console.log(`# ${told}`);
        continue;
      }
      const { name, ratio, limit } = told;
      console.log(`${name} ${Number(ratio.toPrecision(3))} ${limit}`);
      if (ratio > limit) past.push(name);
    }
  }
  if (past.length > 0) throw new Error(`Past the limit: ${past.join(', ')}`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
