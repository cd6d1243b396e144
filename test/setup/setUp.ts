import { machineImage, machinePackages } from './machineImage';
import { ensurePackages } from './packages';
import { pythonEnvironment, pythonPackages, templateLinter } from './python';
import { vscodeHost, vscodeHostPackages } from './vscodeHost';
import { packExtension } from './vsix';

/** Something that is set up once and kept; what it finds ready costs next to nothing. */
interface Part {
  readonly title: string;
  readonly prepare: () => Promise<unknown>;
  readonly packages?: () => readonly string[] | Promise<readonly string[]>;
}

const PARTS = {
  python: { title: 'Python for the local AWS', prepare: pythonEnvironment, packages: pythonPackages },
  linter: { title: 'Python for the tests of templates', prepare: templateLinter, packages: pythonPackages },
  vscode: { title: 'VS Code and a browser', prepare: vscodeHost, packages: vscodeHostPackages },
  machine: {
    title: 'The Linux machine that plays the EC2 instance',
    prepare: machineImage,
    packages: machinePackages,
  },
  extension: { title: 'The packed extension', prepare: packExtension },
} satisfies Record<string, Part>;

/** What can be set up. */
export type PartName = keyof typeof PARTS;

const TICK_MS = 20_000;

/** Sets parts up side by side, and says of each what goes on and how long it took. Throws the first failure once all have ended. */
export async function setUp(names: readonly PartName[]): Promise<void> {
  const parts: readonly Part[] = names.map((name) => PARTS[name]);
  // Debian's packages can only be installed one set after the other, so all that any part needs goes first and at once.
  const packages = (await Promise.all(parts.map(({ packages: needed }) => needed?.() ?? []))).flat();
  if (packages.length > 0) await told('System packages', () => ensurePackages([...new Set(packages)]));
  const outcomes = await Promise.allSettled(parts.map(({ title, prepare }) => told(title, prepare)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function told(title: string, prepare: () => Promise<unknown>): Promise<void> {
  const startedMs = Date.now();
  const seconds = (): number => Math.round((Date.now() - startedMs) / 1000);
  const ticking = setInterval(() => console.log(`${title}: ${seconds()} s so far`), TICK_MS);
  try {
    await prepare();
    console.log(`${title}: ready after ${seconds()} s`);
  } catch (error) {
    console.log(`${title}: failed after ${seconds()} s`);
    throw error;
  } finally {
    clearInterval(ticking);
  }
}
