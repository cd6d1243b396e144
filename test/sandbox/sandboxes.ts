import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type SandboxOptions } from './sandbox';

/** Several sandboxes, of which each process that runs tests takes one for itself: faults and settings are a sandbox's own. */
export interface Sandboxes {
  /** For processes that require `takeSandbox.cjs`. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts so many sandboxes side by side. */
export async function startSandboxes(count: number, options: SandboxOptions): Promise<Sandboxes> {
  const starts = await Promise.allSettled(Array.from({ length: count }, () => startSandbox(options)));
  const sandboxes = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const folder = await mkdtemp(join(tmpdir(), 'sitelift-sandboxes-'));
  const stop = async (): Promise<void> => {
    await Promise.all(sandboxes.map((sandbox) => sandbox.stop()));
    await rm(folder, { recursive: true });
  };
  try {
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    // Node reads whom to trust only as a process starts, before it has taken a sandbox.
    const authorities = join(folder, 'authorities.pem');
    const pems = await Promise.all(sandboxes.map(({ caFile }) => readFile(caFile, 'utf8')));
    await writeFile(authorities, pems.join('\n'));
    const list = join(folder, 'sandboxes.json');
    const shared = sandboxes.map(async ({ env, endpointUrl }, index) => ({
      claim: join(folder, `claim-${index}`),
      env: { ...env, SITELIFT_CONTROL_PLANE: endpointUrl },
      settings: await (await fetch(`${endpointUrl}/sandbox/settings`)).text(),
    }));
    await writeFile(list, JSON.stringify(await Promise.all(shared)));
    return { env: { NODE_EXTRA_CA_CERTS: authorities, SITELIFT_SANDBOXES: list }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
