import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from '../../../src/core/context';
import { encodePath } from '../../../src/core/html/assetUrl';
import { rewriterFor } from '../../../src/core/html/rewriter';
import { bucketName } from '../../../src/core/names';
import type { Op } from '../../../src/core/op';
import { run, stepsOf, type Plan } from '../../../src/core/plan';
import { hashNow } from '../../../src/core/publish/local/hashNow';
import { localAssets } from '../../../src/core/publish/local/localAssets';
import { copyFiles, copyObject, type Copy } from '../../../src/core/publish/assets/copyAssets';
import { scan } from '../../../src/core/publish/local/localFiles';
import { planPublish, type Material, type Publication } from '../../../src/core/publish/planPublish';
import { sendFiles } from '../../../src/core/publish/assets/sendAssets';
import { contentTypeOf } from '../../../src/core/publish/local/contentType';
import { planRollback, type ContentTypes, type Rollback } from '../../../src/core/publish/planRollback';
import { newByteBudget, putFile } from '../../../src/core/aws/store';
import { FileSums } from '../../../src/core/publish/local/sums';
import { planAssets } from '../../../src/core/publish/planUpload';
import { folderCache } from '../../../src/core/release/localCache';
import { readLedger, type Ledger } from '../../../src/core/release/ledger';
import { distribution, waitUntilDeployed } from '../../../src/core/resources/distribution/distribution';
import type { Call } from '../../sandbox/controlPlane';
import { controlPlane, newContext, newOp } from '../sandbox';
import { createSourceThread } from '../worker/sourceThread';
import { newPretendedServer, type PretendedServer } from './pretendedServer';

const curl = promisify(execFile);
/** Key of the ledger. */
export const LEDGER = '_sitelift/ledger.json';

/** Whom the driver publishes as, and somebody else. */
export const HERE = { host: 'desk', folder: 'site', place: 'here' };
export const ELSEWHERE = { host: 'laptop', folder: 'copy', place: 'there' };

/** A site with a bucket and a distribution of the sandbox, a server in memory, and a folder; and what a person does with it. */
export interface PublishDriver {
  readonly context: Context;
  readonly server: PretendedServer;
  readonly domain: string;
  readonly root: string;
  /** The paths of the assets that were read to learn their sums. */
  readonly hashed: string[];
  /** Saves a file, some time after the one before and long enough ago to be known again. */
  put(path: string, content: string | Buffer): Promise<void>;
  drop(path: string): Promise<void>;
  /** Plans as a person at this computer, or with the clients of another one. */
  plan(material?: Partial<Material>, by?: Context): Promise<Publication>;
  /** Publishes, as `plan` does, and gives the first words of the steps' keys. */
  publish(op?: Op, material?: Partial<Material>, by?: Context): Promise<string[]>;
  upload(...paths: readonly string[]): Promise<string[]>;
  planRollback(at: string, material?: Partial<Material>, by?: Context): Promise<Rollback>;
  rollback(at: string): Promise<string[]>;
  ledger(): Promise<Ledger>;
  /** Tells of the publication that goes on as if the process had ended which began it. */
  bury(): Promise<void>;
  /** Makes this computer forget what saves it work. */
  forget(): Promise<void>;
  /** Keys of the bucket, or of a part of it. */
  keys(prefix?: string): Promise<string[]>;
  text(key: string): Promise<string>;
  store(key: string, text: string): Promise<void>;
  /** What the edge answers for an asset. */
  edge(path: string): Promise<string>;
  remove(): Promise<void>;
}

/** Makes the site with the files of its folder, in a sandbox where nothing fails and CloudFront is quick. */
export async function newPublishDriver(
  files: Readonly<Record<string, string>> = {},
  serves: 'images' | 'site' = 'images',
  wishes: Readonly<Record<string, unknown>> = {},
): Promise<PublishDriver> {
  await controlPlane().send('DELETE', 'faults');
  await controlPlane().send('POST', 'settings', { deploySeconds: 0.2, invalidationSeconds: 0 });
  const site = newContext((file) => void Object.assign(file, { distribution: { serves }, ...wishes }));
  const server = newPretendedServer();
  const context: Context = { ...site, clients: { ...site.clients, ...server.clients } };
  const none = { kind: 'absent' } as const;
  await run(distribution.plan(context, { bucket: none, distribution: none, server: none }), newOp());
  const { domain } = await waitUntilDeployed(context, newOp());
  const newFolder = () => mkdtemp(join(tmpdir(), 'sitelift-publish-'));
  const [root, work, cacheFolder] = [await newFolder(), await newFolder(), await newFolder()];
  let cache = folderCache(cacheFolder);
  const Bucket = bucketName(context.site);
  const { s3 } = context.clients;
  const hashed: string[] = [];
  let savedSeconds = Math.floor(Date.now() / 1000) - 100_000;
  const hash: Material['hash'] = (files) => {
    hashed.push(...files.map(({ path }) => path));
    return Promise.resolve(files.map(hashNow));
  };
  // The server in memory has answered as soon as it was asked.
  const thread = createSourceThread({ atOnce: 2 });
  const send: Material['send'] = (by, files, onSent, op) => sendFiles(by, files, onSent, op, thread);
  const copy: Copy = (by, copies, op) => copyFiles(by, copies, op, thread);
  const asking = () => ({ origin: HERE, cache, root, copy, hash, send });

  let sums: FileSums | undefined;

  const driver: PublishDriver = {
    ...{ context, server, domain, root, hashed },
    async put(path, content) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
      savedSeconds += 10;
      await utimes(join(root, path), savedSeconds, savedSeconds);
    },
    drop: (path) => rm(join(root, path)),
    async plan(material = {}, by = context) {
      const local = scan(root, root, context.site.publish.allow, newOp());
      await sums?.save();
      sums = await FileSums.of(root, cache);
      const rewriteFor: Material['rewriteFor'] = (domain, assets, names) => {
        const rewrite = rewriterFor(domain, assets, names);
        return (bytes, path) => Promise.resolve(rewrite(bytes, path));
      };
      const workFolder = await mkdtemp(join(work, 'plan-'));
      const whole = { ...asking(), ...{ local, sums, rewriteFor, workFolder, seenRelease: undefined }, ...material };
      return planPublish(by, whole, newOp());
    },
    async publish(op = newOp(), material = {}, by = context) {
      const { plan } = await driver.plan(material, by);
      await run(plan, op);
      return words(plan);
    },
    async upload(...paths) {
      const files = paths.map((path) => join(root, path));
      const assets = await localAssets(root, root, files, []);
      const { plan } = await planAssets(context, assets, asking(), newOp());
      await run(plan, newOp());
      return words(plan);
    },
    async planRollback(at, material = {}, by = context) {
      const workFolder = await mkdtemp(join(work, 'plan-'));
      const contentTypes: ContentTypes = (paths) =>
        Promise.resolve(new Map(paths.map((path) => [path, contentTypeOf(path)])));
      return planRollback(by, at, { ...asking(), workFolder, contentTypes, ...material }, newOp());
    },
    async rollback(at) {
      const { plan } = await driver.planRollback(at);
      await run(plan, newOp());
      return words(plan);
    },
    ledger: async () => (await readLedger(context, folderCache(join(work, 'none')), newOp())).ledger,
    async bury() {
      const ledger = await driver.ledger();
      if (!ledger.publishing) return;
      const publishing = { ...ledger.publishing, processId: spawnSync(process.execPath, ['-e', '']).pid };
      await driver.store(LEDGER, JSON.stringify({ ...ledger, publishing }));
    },
    async forget() {
      sums = undefined;
      cache = folderCache(cacheFolder);
      await rm(cacheFolder, { recursive: true, force: true });
    },
    async keys(prefix = '') {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }));
      return Contents.map(({ Key = '' }) => Key).sort();
    },
    async text(Key) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return Body?.transformToString() ?? assert.fail(`${Key} is empty`);
    },
    store: async (Key, text) => void (await s3.send(new PutObjectCommand({ Bucket, Key, Body: text }))),
    async edge(path) {
      const { stdout } = await curl('curl', ['-sS', '--max-time', '30', `https://${domain}/${encodePath(path)}`]);
      return stdout;
    },
    remove: async () => {
      await thread.close();
      await Promise.all(
        [root, work, cacheFolder].map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 10 })),
      );
    },
  };
  for (const [path, content] of Object.entries(files)) await driver.put(path, content);
  return driver;
}

/** Sends files by the SDK alone, whose calls a test can count, fail and lose. */
export const sendBySdk: Material['send'] = async (context, files, onSent, op) => {
  for (const file of files) {
    onSent({ key: file.key, ...(await putFile(context, file.key, file, file.cacheControl, newByteBudget(), op)) });
  }
};

/** Copies objects by the SDK alone, one after the other. */
export const copyBySdk: Copy = async (context, copies, op) => {
  const etags: (string | undefined)[] = [];
  for (const one of copies) etags.push(await copyObject(context, one, op));
  return etags;
};

/** The first words of the keys of a plan's steps. */
export function words(plan: Plan): string[] {
  return stepsOf(plan).map(({ key }) => key.split(' ')[0] ?? '');
}

/** The calls that change something since the log was emptied, each as its action and, for objects, its key; random and hashed names stand as words. */
export async function changes(): Promise<string[]> {
  const calls = await controlPlane().calls();
  return calls.filter(({ action }) => !/^(Get|List|Head|Describe|Assume)/.test(action)).map(told);
}

/** The paths of each invalidation that was asked for since the log was emptied. */
export async function invalidated(): Promise<(readonly string[])[]> {
  const calls = await controlPlane().calls();
  return calls.filter(({ action }) => action === 'CreateInvalidation').map(pathsOf);
}

/** The calls that the sandbox got since the log was emptied, with the keys of what was read. */
export async function asked(): Promise<string[]> {
  const calls = await controlPlane().calls();
  return calls.map(told);
}

/** The size of all that was put into the bucket since the log was emptied, as far as it is there still. */
export async function sentBytes({ context }: PublishDriver): Promise<number> {
  const Bucket = bucketName(context.site);
  const keys = (await controlPlane().calls())
    .filter(({ action }) => action === 'PutObject')
    .map(({ parameters }) => String(parameters?.['Key']));
  const heads = await Promise.all(keys.map((Key) => context.clients.s3.send(new HeadObjectCommand({ Bucket, Key }))));
  return heads.reduce((sum, { ContentLength = 0 }) => sum + ContentLength, 0);
}

function pathsOf({ parameters }: Call): readonly string[] {
  const { InvalidationBatch: batch } = parameters as {
    InvalidationBatch: { Paths: { Items: readonly string[]; Quantity: number } };
  };
  assert.equal(batch.Paths.Quantity, batch.Paths.Items.length);
  return batch.Paths.Items;
}

function told({ action, parameters }: Call): string {
  return [action, keyOf(parameters)].filter(Boolean).join(' ');
}

function keyOf(parameters: Call['parameters']): string {
  const key = parameters?.['Key'];
  return typeof key === 'string' ? key.replace(/[\da-f]{64}/, 'hash') : '';
}
