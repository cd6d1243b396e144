import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { controlPlane } from '../sandbox';
import type { Act, Ending, Part } from './actor';

/** Processes that act on sites, and can die of it. */
export interface Stage {
  /** How it ended, what it sent, in order, and what it said of a failure. */
  act(
    part: Part,
  ): Promise<{ readonly end: 'done' | 'failed' | 'killed'; readonly sent: readonly string[]; readonly said: string }>;
  close(): Promise<void>;
}

/** One way in which a call goes wrong: in the process that makes it, or in AWS. */
export type Way =
  | { readonly title: string; readonly how: Ending; readonly lag?: true }
  | { readonly title: string; readonly fault: Readonly<Record<string, unknown>> };

/** All ways in which a call can go wrong. */
export const WAYS: readonly Way[] = [
  { title: 'killed before', how: 'killed before' },
  { title: 'killed after', how: 'killed after' },
  { title: 'killed, with lists that are behind, after', how: 'killed after', lag: true },
  { title: 'left without an answer to', how: 'no answer to' },
  { title: 'throttled at', fault: { kind: 'error', code: 'Throttling', status: 400 } },
  { title: 'told of an error of AWS before', fault: { kind: 'error', when: 'before' } },
  { title: 'told of an error of AWS after', fault: { kind: 'error', when: 'after' } },
  { title: 'cut off before', fault: { kind: 'cut', when: 'before' } },
  { title: 'cut off after', fault: { kind: 'cut', when: 'after' } },
  { title: 'denied', fault: { kind: 'error', code: 'AccessDenied', status: 403 } },
];

/** Makes the program that acts, which starts in a fraction of the time that its sources would take. */
export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'sitelift-actor-'));
  const program = join(folder, 'actor.js');
  await build({
    ...{ entryPoints: [join(__dirname, 'actor.ts')], outfile: program, bundle: true, platform: 'node' },
    ...{ loader: { '.sh': 'text' }, logLevel: 'error' },
  });
  return {
    async act(part) {
      const child = spawn(process.execPath, ['--no-warnings', program, JSON.stringify(part)], {
        stdio: ['ignore', 'pipe', 'pipe'],
        // Most of what a short life costs is to compile the program anew.
        env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
      });
      const [sent, said, [code, signal]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'exit') as Promise<[number | null, string | null]>,
      ]);
      const end = signal === 'SIGKILL' ? 'killed' : code === 0 ? 'done' : 'failed';
      return { end, sent: sent.split('\n').filter(Boolean), said };
    },
    close: () => rm(folder, { recursive: true }),
  };
}

/** How far the lists are behind where a way has them so. */
export const LATE = { ec2LagSeconds: 0.2, cloudfrontListLagSeconds: 0.2, bucketLagSeconds: 0.2 };
/** Lists that show everything at once. */
export const AT_ONCE = { ec2LagSeconds: 0, cloudfrontListLagSeconds: 0, bucketLagSeconds: 0 };

/** Acts to the end, and gives what was sent. */
export async function actWhole(stage: Stage, part: Part): Promise<readonly string[]> {
  const { end, said, sent } = await stage.act(part);
  assert.equal(end, 'done', said);
  return sent;
}

/** Acts with something going wrong at the first call of an operation; lists that are behind stay so. */
export async function disturb(
  stage: Stage,
  part: Part,
  { service, operation, way }: { readonly service: string; readonly operation: string; readonly way: Way },
): Promise<void> {
  if ('fault' in way) {
    await controlPlane().send('POST', 'faults', { service, action: operation, ...way.fault });
    const { end } = await stage.act(part);
    assert.notEqual(end, 'killed');
    await controlPlane().send('DELETE', 'faults');
    return;
  }
  if (way.lag) await controlPlane().send('POST', 'settings', LATE);
  const { end, said } = await stage.act({ ...part, ending: { operation, nth: 1, how: way.how } });
  assert.equal(end, way.how === 'no answer to' ? 'done' : 'killed', said);
}

/** Asserts that a run that nothing disturbs sends just these operations, each once or more. */
export async function assertSends(
  stage: Stage,
  siteFile: string,
  act: Act,
  operations: readonly string[],
): Promise<void> {
  const { end, said, sent } = await stage.act({ siteFile, act });
  assert.equal(end, 'done', said);
  assert.deepEqual([...new Set(sent)].sort(), [...operations].sort());
}
