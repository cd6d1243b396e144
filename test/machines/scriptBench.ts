import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import deployScript from '../../src/core/remote/scripts/deploy.sh';
import growScript from '../../src/core/remote/scripts/grow.sh';
import importScript from '../../src/core/remote/scripts/import.sh';
import inspectScript from '../../src/core/remote/scripts/inspect.sh';
import keepScript from '../../src/core/remote/scripts/keep.sh';
import mountScript from '../../src/core/remote/scripts/mount.sh';
import surveyScript from '../../src/core/remote/scripts/survey.sh';
import unmountScript from '../../src/core/remote/scripts/unmount.sh';
import verifyScript from '../../src/core/remote/scripts/verify.sh';
import webServerScript from '../../src/core/remote/scripts/webServer.sh';
import { parseRedirects } from '../../src/core/publish/pages/redirects';
import { webSettings } from '../../src/core/publish/pages/webSettings';
import { quote } from '../../src/core/remote/ssm';
import benchText from './guest/bench.sh';
import deployChecks from './guest/deploy.sh';
import growChecks from './guest/grow.sh';
import importChecks from './guest/import.sh';
import mountChecks from './guest/mount.sh';
import signatureChecks from './guest/signatures.sh';
import { serialOf, type Ground, type Wanted } from './ground';
import { chunk } from './sample';
import { SERVERS_AT_ONCE, startScriptServer } from './scriptServer';

/** The scripts that run on a server, by name. */
export const SCRIPTS = {
  deploy: deployScript,
  grow: growScript,
  import: importScript,
  inspect: inspectScript,
  keep: keepScript,
  mount: mountScript,
  survey: surveyScript,
  unmount: unmountScript,
  verify: verifyScript,
  webServer: webServerScript,
} as const;
export type ScriptName = keyof typeof SCRIPTS;

const LIBRARIES = {
  deploy: deployChecks,
  grow: `${mountChecks}\n${growChecks}`,
  import: `${mountChecks}\n${importChecks}`,
  mount: mountChecks,
  signatures: `${mountChecks}\n${signatureChecks}`,
} as const;
type Area = keyof typeof LIBRARIES;

/** What the web server does, but for the few checks of settings that say more. */
const USUAL = {
  ...{ assetExtensions: ['png', 'jpg'], assetDomain: 'd1.cloudfront.net', assets: ['kept/a.png'] },
  ...{ caching: [], redirects: [], hasNotFoundPage: false },
};
const SETTINGS = {
  USUAL,
  REFUSED: { ...USUAL, assetExtensions: ['('] },
  /** As the edges ask, which add to a short URL what its page is called. */
  WHOLE: {
    ...{ ...USUAL, assetDomain: undefined, origin: 'https://d1.cloudfront.net' },
    redirects: parseRedirects('/sub/* /care/ 302!\n/* /care 302!'),
  },
  OTHER: {
    ...USUAL,
    hasNotFoundPage: true,
    caching: [{ files: 'fonts/**/*.woff2', cacheControl: 'public, max-age=31536000, immutable' }],
    redirects: parseRedirects(String.raw`
      /moved/*          /css/:splat
      /elsewhere        https://example.com/über?a=%20#b  302
      /by/:year/:name   /:name-of-:year?n=:name 308
      /page2.html       /sub/page.html  307
      /page3.html       /sub/page.html  307!
      /shown/*          /sub/page.html  200
      /gone/*           /a%20b.txt      410
      /none/*           /sub/page.html  404
      /kept/*           /css/:splat     303
      /sub/*            /sub/deep/:splat 302
      /'"<>\${HOME}$1%25{THE_REQUEST}  /ok'"<>\${HOME}$1%{THE_REQUEST}
    `),
  },
};

const SMALL = 'vol-00000000000000001';
const DATA = 'vol-00000000000000002';
const LIMIT_SECONDS = 580;
const KILLS_AT_ONCE = 4;
const HOST_PAGE = 'host\n';

/** Linux servers that are alike, each with a web server and two disks, on which the scripts are tried out, as they are or changed. */
export interface ScriptBench {
  /** Runs functions of `guest/<area>.sh` on a server that is free; gives what they printed, or throws with what is not so. */
  run(area: Area, call: string, changed?: Partial<Record<ScriptName, string>>): Promise<string>;
  stop(): Promise<void>;
}

/** Starts the servers, their web servers, and what is called to set them up. */
export async function startBench(
  setUp: Partial<Record<Area, string>>,
  platform: Wanted['platform'] = 'amazon-linux',
  count = SERVERS_AT_ONCE,
): Promise<ScriptBench> {
  const bundle = hostBundle();
  const known = [
    `SMALL=${serialOf(SMALL)}`,
    `DATA=${serialOf(DATA)}`,
    `HOST_SHA256=${sha256(bundle)}`,
    `HOST_RESULT=${sha256(`${sha256(HOST_PAGE)} index.html\0`)}`,
    ...Object.entries(SETTINGS).flatMap(([name, wanted]) => {
      const { id, packed } = webSettings(wanted);
      return [`${name}=${packed}`, `${name}_ID=${id}`];
    }),
  ];
  const runOn = async (server: Ground, call: string, script: string): Promise<string> => {
    const { rc, stdout, stderr } = await server.run(script, LIMIT_SECONDS);
    if (rc !== 0) throw new Error(`${call.slice(0, 200)} ended with ${rc}: ${stdout}${stderr}`);
    return stdout;
  };
  const scriptOf = (area: Area, call: string, changed: Partial<Record<ScriptName, string>> = {}): string => {
    const scripts = Object.entries({ ...SCRIPTS, ...changed }).map(
      ([name, text]) => `printf %s ${quote(text)} >/root/scripts/${name}.sh`,
    );
    return ['#!/bin/bash', 'mkdir -p /root/scripts', ...scripts, ...known, benchText, LIBRARIES[area], call].join('\n');
  };
  const servers: Ground[] = [];
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())));
  const start = async () => {
    const server = await startScriptServer({
      platform,
      volumes: [SMALL, DATA],
      internet: bucketOf(bundle),
    });
    servers.push(server);
    await runOn(server, 'webServer.sh', `#!/bin/bash\n${SCRIPTS.webServer}`);
    for (const [area, call] of Object.entries(setUp)) await runOn(server, call, scriptOf(area as Area, call));
  };
  const started = await Promise.allSettled(Array.from({ length: count }, start));
  for (const outcome of started) {
    if (outcome.status === 'fulfilled') continue;
    await stop();
    throw outcome.reason;
  }
  const free = [...servers];
  const oneEach = pLimit(servers.length);
  return {
    stop,
    run: (area, call, changed) =>
      oneEach(async () => {
        const server = free.pop();
        if (!server) throw new Error('All servers are at work.');
        try {
          return await runOn(server, call, scriptOf(area, call, changed));
        } finally {
          free.push(server);
        }
      }),
  };
}

/** Kills a script before each of some commands, by `call`, and expects the outcome that `call` looks for. */
export async function expectKills(
  bench: ScriptBench,
  area: Area,
  call: string,
  commands: readonly string[],
): Promise<void> {
  const groups = chunk(commands, KILLS_AT_ONCE).map(async (some) => {
    assert.equal(await bench.run(area, `${call} ${some.join(' ')}`), `${some.join('\n')}\n`);
  });
  await Promise.all(groups);
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A bundle that the host serves: one page that says so. */
function hostBundle(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'sitelift-bundle-'));
  try {
    mkdirSync(join(folder, 'pages'));
    writeFileSync(join(folder, 'pages/index.html'), HOST_PAGE);
    return execFileSync('tar', ['-cz', '-C', folder, 'pages/index.html']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What stands for S3 here: answers with the status that the path names; what it names “once” works the second time, and what is put under `stored` is there. */
function bucketOf(bundle: Buffer): RequestListener {
  const failed = new Set<string>();
  let stored = Buffer.alloc(0);
  return (request, response) => {
    const path = new URL(request.url ?? '', 'http://bucket.test').pathname;
    const [what = '', once] = path.slice(1).split('-');
    if (what === 'stored' && request.method === 'GET') return void response.end(stored);
    if (what === 'stored') {
      return void buffer(request).then((bytes) => {
        // S3 takes no body of unknown length.
        if (request.headers['content-length'] !== String(bytes.length)) return response.writeHead(411).end();
        stored = bytes;
        return response.end();
      });
    }
    if (once && failed.has(path)) return void response.end(bundle);
    failed.add(path);
    if (what === 'cut') return cutShort(response, bundle);
    response.writeHead(Number(what)).end('<Error/>');
  };
}

function cutShort(response: ServerResponse, bundle: Buffer): void {
  response.writeHead(200, { 'content-length': bundle.length });
  response.write(bundle.subarray(0, bundle.length >> 1), () => response.destroy());
}
