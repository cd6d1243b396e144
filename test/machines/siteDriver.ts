import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run, stepsOf } from '../../src/core/plan';
import { effectOf } from '../../src/core/publish/effect';
import { withPublishing, type Publishing } from '../../src/core/publish/publishing';
import { verifySite, type Verification } from '../../src/core/publish/live/verifySite';
import { readLedger, type Ledger } from '../../src/core/release/ledger';
import { folderCache } from '../../src/core/release/localCache';
import { runScript } from '../../src/core/remote/ssm';
import type { Clients } from '../../src/core/aws/clients';
import type { Context } from '../../src/core/context';
import type { Effect } from '../../src/core/resources/effect';
import type { ResourceName, SiteHave } from '../../src/core/resources/stack';
import { runningInstance } from '../../src/core/resources/lookup';
import { planProvision } from '../../src/core/resources/planProvision';
import { describeSite } from '../../src/core/resources/stack';
import { newContext, newOp } from '../core/sandbox';
import { createSourceThread } from '../core/worker/sourceThread';

/** A site in a new folder, and what a person does with it. */
export interface SiteDriver {
  readonly context: Context;
  readonly folder: string;
  put(path: string, content: string | Buffer): Promise<void>;
  drop(path: string): Promise<void>;
  describe(): Promise<SiteHave>;
  /** The id of the server and where its pages are reached; unlike a description, this runs nothing on the server. */
  server(): Promise<{ readonly instanceId: string; readonly host: string }>;
  /** Provisions and gives the keys of the steps. */
  provision(what?: ResourceName | 'all'): Promise<string[]>;
  /** Publishes, as somebody else when clients are given, and gives the keys of the steps. */
  publish(clients?: Clients): Promise<string[]>;
  /** What the last publication told that it changed. */
  effect(): Effect;
  /** Publishes everything again, whatever the ledger tells. */
  publishEverything(clients?: Clients): Promise<string[]>;
  /** Compares what is there with the current release, as somebody else when clients are given. */
  verify(clients?: Clients): Promise<Verification>;
  /** The ledger as it is now. */
  ledger(): Promise<Ledger>;
  /** Brings back the release that was published at a time, as somebody else when clients are given, and gives the keys of the steps. */
  rollback(at: string, clients?: Clients): Promise<string[]>;
  /** Runs a script as root on the server and gives its output. */
  inside(script: string): Promise<string>;
  remove(): Promise<void>;
}

/** Makes a site of the sandbox's account in a new folder; nothing exists in AWS yet. */
export async function newSite(change: (file: Record<string, unknown>) => void): Promise<SiteDriver> {
  const folder = await mkdtemp(join(tmpdir(), 'sitelift-site-'));
  const context = newContext(change);
  const describe = () => describeSite(context, newOp());
  const server = async () => {
    const { InstanceId: instanceId, PublicDnsName: host } = await runningInstance(context, newOp());
    return { instanceId, host: host ?? assert.fail('no address') };
  };
  const cache = folderCache(join(folder, '.cache'));
  const origin = { host: 'test', folder, place: folder };
  const publisher = { folder, root: folder, origin, seenRelease: undefined, cache };
  const publishing = <Result>(clients: Clients, use: (plans: Publishing) => Promise<Result>, isWhole = false) =>
    withPublishing({ ...context, clients }, { ...publisher, isWhole }, use, createSourceThread({ atOnce: 2 }));
  let effect: Effect | undefined;
  const publish = async (plans: Publishing) => {
    const publication = await plans.planPublish(newOp());
    const { plan } = publication;
    effect = effectOf(publication);
    await run(plan, newOp());
    return stepsOf(plan).map(({ key }) => key);
  };
  return {
    ...{ context, folder },
    describe,
    server,
    remove: () => rm(folder, { recursive: true, force: true }),
    async put(path, content) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    },
    drop: (path) => rm(join(folder, path)),
    async provision(what = 'all') {
      const plan = planProvision(what, context, await describe());
      await run(plan, newOp());
      return stepsOf(plan).map(({ key }) => key);
    },
    effect: () => effect ?? assert.fail('nothing was published'),
    publish: (clients = context.clients) => publishing(clients, publish),
    publishEverything: (clients = context.clients) => publishing(clients, publish, true),
    verify: (clients = context.clients) => verifySite({ ...context, clients }, cache, newOp()),
    ledger: async () => (await readLedger(context, cache, newOp())).ledger,
    async rollback(at, clients = context.clients) {
      return publishing(clients, async (plans) => {
        const { plan } = await plans.planRollback(at, newOp());
        await run(plan, newOp());
        return stepsOf(plan).map(({ key }) => key);
      });
    },
    async inside(script) {
      const { instanceId } = await server();
      return runScript(context, instanceId, { name: 'test', script, timeoutSeconds: 60 }, newOp());
    },
  };
}

/** Fetches a page from a server; the status is 000 while it is away. */
export function fetched(host: string, path: string): { readonly status: string; readonly body: string } {
  const url = `http://${host}/${path}`;
  const options = ['-s', '--max-time', '60', '-w', '\n%{http_code}', url];
  const { stdout } = spawnSync('curl', options, { encoding: 'utf8' });
  const cut = stdout.lastIndexOf('\n');
  return { status: stdout.slice(cut + 1), body: stdout.slice(0, cut) };
}

/** The body of a page once the server answers with it. */
export async function eventually(host: string, path: string): Promise<string> {
  for (let attempt = 0; attempt < 90; attempt += 1) {
    const answer = fetched(host, path);
    if (answer.status === '200') return answer.body;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return assert.fail(`${path} does not come`);
}
