import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildExtension } from '../../esbuild';
import { runInHost } from '../host/run';
import { SITE } from './benchSite';
import type { Spent } from './program';

/** A real VS Code with a site's folder open in which the extension publishes. */
export interface Host {
  /** Runs *Publish Site* and tells how long the command took. Throws what it threw. */
  publish(): Promise<Spent>;
  stop(): Promise<void>;
}

type Outcome = { readonly seconds: number } | { readonly failed: string };

/** Builds the extension as it is shipped, and opens a folder in VS Code with an environment of its own. */
export async function startHost(folder: string, env: Readonly<Record<string, string>>): Promise<Host> {
  await buildExtension();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const running = runInHost({
    testsFile: join(__dirname, 'hostWork.cjs'),
    workspace: folder,
    env: { ...env, SITELIFT_BENCH_PORT: String(port) },
  });
  const ended = running.then(() => Promise.reject(new Error('The VS Code of the benchmark has ended.')));
  ended.catch(() => undefined);
  const [socket] = (await Promise.race([once(server, 'connection'), ended])) as [Socket];
  const answers = createInterface({ input: socket });
  return {
    async publish() {
      const answered = once(answers, 'line');
      socket.write(`${JSON.stringify({ account: SITE.account })}\n`);
      const [line] = (await Promise.race([answered, ended])) as [string];
      const outcome = JSON.parse(line) as Outcome;
      if ('failed' in outcome) throw new Error(`Publish Site failed in VS Code: ${outcome.failed}`);
      // Most of the memory of that process is VS Code's own.
      return { seconds: outcome.seconds, peakMib: 0 };
    },
    async stop() {
      socket.end();
      await running;
      server.close();
    },
  };
}
