import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import deployScript from '../../src/core/remote/scripts/deploy.sh';
import inspectScript from '../../src/core/remote/scripts/inspect.sh';
import mountScript from '../../src/core/remote/scripts/mount.sh';
import webServerScript from '../../src/core/remote/scripts/webServer.sh';
import { quote } from '../../src/core/remote/ssm';
import { createAuthority } from '../sandbox/authority';
import { TestMachines, type Result } from '../sandbox/machines/testMachines';
import benchText from './guest/bench.sh';
import deployChecks from './guest/deploy.sh';
import mountChecks from './guest/mount.sh';

/** The scripts that run on a server, by name. */
export const SCRIPTS = {
  deploy: deployScript,
  inspect: inspectScript,
  mount: mountScript,
  webServer: webServerScript,
} as const;
export type ScriptName = keyof typeof SCRIPTS;

const LIBRARIES = { deploy: deployChecks, mount: mountChecks } as const;
const SERVER = 'i-scripts';
const SMALL = 'vol-00000000000000001';
const DATA = 'vol-00000000000000002';
const LIMIT_SECONDS = 580;

/** A real Linux server with a web server and two disks, on which the scripts are tried out, as they are or changed. */
export interface ScriptBench {
  /** Runs functions of `guest/<area>.sh`; gives what they printed, or throws with what is not so. */
  run(area: keyof typeof LIBRARIES, call: string, changed?: Partial<Record<ScriptName, string>>): Promise<string>;
  stop(): Promise<void>;
}

/** Starts the server and its web server. */
export async function startBench(): Promise<ScriptBench> {
  const bundle = hostBundle();
  const host = await hostOf(bundle);
  const { port } = host.address() as AddressInfo;
  const machines = await TestMachines.start(port, (await createAuthority()).pem);
  const serial = (volumeId: string) => volumeId.replace('-', '');
  const known = [
    `SMALL=${serial(SMALL)}`,
    `DATA=${serial(DATA)}`,
    `HOST_SHA256=${createHash('sha256').update(bundle).digest('hex')}`,
  ];
  const bench: ScriptBench = {
    async run(area, call, changed = {}) {
      const scripts = Object.entries({ ...SCRIPTS, ...changed }).map(
        ([name, text]) => `printf %s ${quote(text)} >/root/scripts/${name}.sh`,
      );
      const lines = ['#!/bin/bash', 'mkdir -p /root/scripts', ...scripts, ...known, benchText, LIBRARIES[area], call];
      const { rc, stdout, stderr } = await machines.call<Result>('run', SERVER, lines.join('\n'), LIMIT_SECONDS);
      if (rc !== 0) throw new Error(`${call} ended with ${rc}: ${stdout}${stderr}`);
      return stdout;
    },
    async stop() {
      await machines.stop();
      host.close();
    },
  };
  try {
    await machines.launch(SERVER);
    for (const volume of [SMALL, DATA]) {
      await machines.call('create_volume', volume, 1);
      await machines.call('attach', SERVER, volume);
    }
    await machines.print(SERVER, `#!/bin/bash\n${SCRIPTS.webServer}`);
    await machines.print(
      SERVER,
      `until [ "$(lsblk -dnro SERIAL | grep -c '${serial(SMALL)}\\|${serial(DATA)}')" = 2 ]; do sleep 0.1; done`,
    );
    return bench;
  } catch (error) {
    await bench.stop();
    throw error;
  }
}

/** A bundle that the host serves: one page that says so. */
function hostBundle(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'sitelift-bundle-'));
  try {
    writeFileSync(join(folder, 'index.html'), 'host\n');
    return execFileSync('tar', ['-cz', '-C', folder, 'index.html']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What stands for S3 here: answers with the status that the path names; what it names “once” works the second time. */
async function hostOf(bundle: Buffer): Promise<Server> {
  const failed = new Set<string>();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://bucket.test').pathname;
    const [what = '', once] = path.slice(1).split('-');
    if (once && failed.has(path)) return void response.end(bundle);
    failed.add(path);
    if (what === 'cut') return cutShort(response, bundle);
    response.writeHead(Number(what)).end('<Error/>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function cutShort(response: ServerResponse, bundle: Buffer): void {
  response.writeHead(200, { 'content-length': bundle.length });
  response.write(bundle.subarray(0, bundle.length >> 1), () => response.destroy());
}
