import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Measure } from './bench';
import { BUCKET } from './benchSite';
import { startCloud, type Cloud } from './cloud';
import { makeDataset, type Dataset, type DatasetName } from './datasets';
import { spend, type Spent } from './program';
import { startHost, type Host } from './host';
import { prepareTools, type Tool, type Tools } from './tools';

/** What a publication finds: an empty bucket, all as it left it, or one file in a hundred changed. */
type State = 'first' | 'unchanged' | 'changed';

interface Work {
  readonly name: string;
  readonly state: State;
  /** At most this multiple of the seconds of `aws s3 sync`. */
  readonly limit: number;
}

/** Works on the same files and the same AWS, in the order in which each follows from the one before. */
interface Group {
  readonly dataset: DatasetName;
  readonly delayMs: number;
  readonly works: readonly Work[];
  /** The peak memory of Sitelift over all these works. */
  readonly memory?: { readonly name: string; readonly limitMib: number };
}

const GROUPS: readonly Group[] = [
  { dataset: 'D1', delayMs: 40, works: [{ name: 'D1-first-40ms', state: 'first', limit: 0.17 }] },
  {
    dataset: 'D1',
    delayMs: 0,
    works: [
      { name: 'D1-first-0ms', state: 'first', limit: 0.2 },
      { name: 'D1-unchanged', state: 'unchanged', limit: 0.4 },
    ],
  },
  {
    dataset: 'D2',
    delayMs: 0,
    works: [
      { name: 'D2-first-0ms', state: 'first', limit: 0.065 },
      { name: 'D2-unchanged', state: 'unchanged', limit: 0.2 },
      { name: 'D2-changed', state: 'changed', limit: 0.2 },
    ],
    memory: { name: 'D2-memory-mib', limitMib: 200 },
  },
];

const CHANGED_EVERY = 100;

/** Where Sitelift publishes; the peers do as processes. */
type Place = 'process' | 'host';

/** Publications as processes, start included, against `aws s3 sync`: the best of some runs each, the tools taking turns. */
export const publishing = newBench('publish', 'process');

/** The same, with Sitelift's by the extension, warm, in the extension host of a real VS Code, from the command to its end. */
export const publishingInHost = newBench('host', 'host');

function newBench(prefix: string, place: Place): Bench {
  const groups = GROUPS.map((group) => named(group, prefix, place));
  return {
    names: groups.flatMap(namesOf),
    async *run(wanted) {
      const workFolder = await mkdtemp(join(tmpdir(), 'sitelift-bench-'));
      try {
        const tools = await prepareTools(workFolder);
        for (const group of groups) {
          if (!namesOf(group).some((name) => wanted.has(name))) continue;
          yield* measureGroup(group, place, tools, wanted, workFolder);
        }
      } finally {
        await rm(workFolder, { recursive: true, force: true });
      }
    },
  };
}

/** A group with whole names; the memory of a process is Sitelift's only where that is all that it runs. */
function named({ memory, works, ...group }: Group, prefix: string, place: Place): Group {
  const whole = <Part extends { readonly name: string }>(part: Part): Part => ({
    ...part,
    name: `${prefix}/${part.name}`,
  });
  return { ...group, works: works.map(whole), ...(memory && place === 'process' ? { memory: whole(memory) } : {}) };
}

function namesOf({ works, memory }: Group): string[] {
  return [...works.map(({ name }) => name), ...(memory ? [memory.name] : [])];
}

/** All that the runs of a group share. */
interface Ground {
  readonly cloud: Cloud;
  readonly dataset: Dataset;
  readonly homes: string;
  /** Where Sitelift publishes, if not as a process of its own. */
  readonly host: Host | undefined;
}

async function* measureGroup(
  group: Group,
  kind: Place,
  tools: Tools,
  wanted: ReadonlySet<string>,
  workFolder: string,
): AsyncIterable<Measure | string> {
  const place = join(workFolder, `${group.dataset}-${group.delayMs}`);
  const dataset = await makeDataset(group.dataset, join(place, 'site'));
  const cloud = await startCloud(group.delayMs);
  let host: Host | undefined;
  try {
    for (const { bucket } of [tools.aws, tools.rclone]) await cloud.makeBucket(bucket);
    host = kind === 'host' ? await startHost(dataset.folder, cloud.env) : undefined;
    const ground = { cloud, dataset, homes: join(place, 'homes'), host };
    // What loads, connects and compiles only once is no part of what is measured.
    if (host) await publishOnce(tools.sitelift, 'first', ground);
    const last = group.works.findLastIndex(({ name }) => wanted.has(name) || wanted.has(group.memory?.name ?? ''));
    let peakMib = 0;
    for (const work of group.works.slice(0, last + 1)) {
      const isWanted = wanted.has(work.name);
      const spent = await takeTurns(work.state, tools, ground, isWanted ? runs() : 1);
      peakMib = Math.max(peakMib, ...(spent.get('sitelift') ?? []).map((one) => one.peakMib));
      if (isWanted) yield* told(work, spent);
    }
    if (group.memory && wanted.has(group.memory.name)) {
      yield { name: group.memory.name, ratio: peakMib, limit: group.memory.limitMib };
    }
  } finally {
    await host?.stop();
    await cloud.stop();
    await rm(place, { recursive: true, force: true });
  }
}

type SpentByTool = ReadonlyMap<string, readonly Spent[]>;

async function takeTurns(
  state: State,
  { aws, rclone, sitelift }: Tools,
  ground: Ground,
  times: number,
): Promise<SpentByTool> {
  const spent = new Map<string, Spent[]>();
  for (let round = 1; round <= times; round += 1) {
    if (state === 'changed') await ground.dataset.change(CHANGED_EVERY, round);
    for (const tool of [aws, rclone, sitelift]) {
      if (!tool) continue;
      // What aws takes for ten thousand files is half a minute, of which a second more or less tells nothing.
      if (tool === aws && state === 'first' && round > 1 && ground.dataset.count >= 10_000) continue;
      spent.set(tool.name, [...(spent.get(tool.name) ?? []), await publishOnce(tool, state, ground)]);
    }
  }
  return spent;
}

async function publishOnce(tool: Tool, state: State, { cloud, dataset, homes, host }: Ground): Promise<Spent> {
  const home = join(homes, tool.name);
  if (state === 'first') {
    await cloud.reset(tool.bucket);
    await rm(home, { recursive: true, force: true });
    await mkdir(home, { recursive: true });
  }
  const env = { ...cloud.env, PATH: process.env['PATH'], HOME: home, LC_ALL: 'C.UTF-8' };
  const isInHost = host !== undefined && tool.bucket === BUCKET;
  const spent = isInHost ? await host.publish() : await spend(tool.commandLine(dataset.folder), env);
  const held = await cloud.held(tool.bucket, 'site/images/');
  if (held.objects !== dataset.count || held.sum !== dataset.sum()) {
    throw new Error(`${tool.name} ended well, but its bucket has ${held.objects} objects, not all as they should be.`);
  }
  return spent;
}

function* told({ name, limit }: Work, spent: SpentByTool): Iterable<Measure | string> {
  const best = (tool: string) => Math.min(...(spent.get(tool) ?? []).map(({ seconds }) => seconds));
  const [aws, rclone, sitelift] = [best('aws'), best('rclone'), best('sitelift')];
  yield `${name}: aws ${aws.toFixed(2)} s, rclone ${(rclone / aws).toFixed(3)}`;
  if (Number.isFinite(sitelift)) yield { name, ratio: sitelift / aws, limit };
}

/** How often each program runs. */
function runs(): number {
  return Math.max(1, Number(process.env['BENCH_RUNS'] ?? 3) || 3);
}
