import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Op } from '../../../../src/core/op';
import { createWorkshop } from '../../../../src/core/worker/workshop';
import { createSourceThread } from '../../worker/sourceThread';

const op: Op = { signal: new AbortController().signal, report: () => undefined };

/** Finds and reads all files of a folder, and prints how many and by how much this process grew meanwhile at most. */
async function main(root: string): Promise<void> {
  const workshop = createWorkshop(createSourceThread());
  const empty = mkdtempSync(join(tmpdir(), 'sitelift-empty-'));
  // What loads and compiles once is there before.
  await workshop.scan(empty, empty, [], op);
  rmSync(empty, { recursive: true });
  const before = process.memoryUsage().rss;
  const { assets } = await workshop.scan(root, root, [], op);
  await workshop.hash(assets, op);
  console.log(JSON.stringify({ files: assets.length, grownBytes: mostBytes() - before }));
  await workshop.close();
}

/** The most memory that this process had; `maxRSS` would count what its parent had as it started this one. */
function mostBytes(): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kib) * 1024;
}

void main(process.argv[2] ?? '');
