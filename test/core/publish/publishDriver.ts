import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from '../../../src/core/context';
import { rewriterFor } from '../../../src/core/html/rewriter';
import { bucketName } from '../../../src/core/names';
import type { Op } from '../../../src/core/op';
import { run, stepsOf, type Plan } from '../../../src/core/plan';
import { localAssets } from '../../../src/core/publish/localAssets';
import { scan } from '../../../src/core/publish/localFiles';
import { planPublish, type Material, type Publication } from '../../../src/core/publish/planPublish';
import { planAssets } from '../../../src/core/publish/planUpload';
import { bucket } from '../../../src/core/resources/bucket';
import { distribution, waitUntilDeployed } from '../../../src/core/resources/distribution';
import { known } from '../../../src/core/resources/resource';
import type { SiteHave } from '../../../src/core/resources/stack';
import type { Call } from '../../sandbox/controlPlane';
import { controlPlane, newContext, newOp } from '../sandbox';
import { newPretendedServer, type PretendedServer } from './pretendedServer';

const curl = promisify(execFile);

/** A site with a bucket and a distribution of the sandbox, a server in memory, and a folder; and what a person does with it. */
export interface PublishDriver {
  readonly context: Context;
  readonly server: PretendedServer;
  readonly domain: string;
  readonly root: string;
  put(path: string, content: string | Buffer): Promise<void>;
  drop(path: string): Promise<void>;
  have(): Promise<SiteHave>;
  /** Plans as a person at this computer, or with the clients of another one. */
  plan(material?: Partial<Material>, have?: SiteHave, by?: Context): Promise<Publication>;
  /** Publishes and gives the first words of the steps' keys. */
  publish(op?: Op, material?: Partial<Material>): Promise<string[]>;
  upload(...paths: readonly string[]): Promise<string[]>;
  /** Keys of the bucket, or of a part of it. */
  keys(prefix?: string): Promise<string[]>;
  text(key: string): Promise<string>;
  store(key: string, text: string): Promise<void>;
  /** What the edge answers for an asset. */
  edge(path: string): Promise<string>;
  remove(): Promise<void>;
}

const SERIAL = 'vol0123456789abcdef0';

/** Makes the site; its folder is empty. */
export async function newPublishDriver(): Promise<PublishDriver> {
  const site = newContext();
  const server = newPretendedServer(SERIAL);
  const context: Context = { ...site, clients: { ...site.clients, ssm: server.ssm } };
  const none = { kind: 'absent' } as const;
  await run(distribution.plan(context, { bucket: none, distribution: none }), newOp());
  const { domain } = await waitUntilDeployed(context, newOp());
  const root = await mkdtemp(join(tmpdir(), 'sitelift-publish-'));
  const Bucket = bucketName(context.site);
  const { s3 } = context.clients;
  const origin = { host: 'desk', folder: 'site', place: 'here' };

  const driver: PublishDriver = {
    ...{ context, server, domain, root },
    async put(path, content) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    },
    drop: (path) => rm(join(root, path)),
    have: async () => ({
      server: { kind: 'known', have: server.have() },
      volume: {
        kind: 'known',
        have: {
          volumeId: SERIAL.replace('vol', 'vol-'),
          state: 'in-use',
          zone: 'us-east-1a',
          sizeGib: 1,
          encrypted: true,
          attachment: { instanceId: 'i-0123456789abcdef0', device: '/dev/sdf', state: 'attached' },
        },
      },
      bucket: await bucket.describe(context, newOp()),
      distribution: await distribution.describe(context, newOp()),
    }),
    async plan(material = {}, have, by = context) {
      const local = await scan(root, root, context.site.publish.allow, newOp());
      const rewriter = rewriterFor(
        domain,
        local.assets.map(({ path }) => path),
      );
      const workFolder = await mkdtemp(join(tmpdir(), 'sitelift-work-'));
      folders.push(workFolder);
      const rewrite: Material['rewrite'] = (bytes, path) => Promise.resolve(rewriter(bytes, path));
      const whole = { local, rewrite, workFolder, origin, seenRelease: undefined, ...material };
      return planPublish(by, have ?? (await driver.have()), whole, newOp());
    },
    async publish(op = newOp(), material = {}) {
      const { plan } = await driver.plan(material);
      await run(plan, op);
      return words(plan);
    },
    async upload(...paths) {
      const files = paths.map((path) => join(root, path));
      const assets = await localAssets(root, root, files, []);
      const { plan } = await planAssets(context, await driver.have(), assets, origin, newOp());
      await run(plan, newOp());
      return words(plan);
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
      const { stdout } = await curl('curl', ['-sS', '--max-time', '30', `https://${domain}/${path}`]);
      return stdout;
    },
    remove: async () => {
      await Promise.all([root, ...folders].map((folder) => rm(folder, { recursive: true, force: true })));
    },
  };
  const folders: string[] = [];
  assert.ok(known(await bucket.describe(context, newOp())));
  return driver;
}

/** The first words of the keys of a plan's steps. */
export function words(plan: Plan): string[] {
  return stepsOf(plan).map(({ key }) => key.split(' ')[0] ?? '');
}

/** The calls that change something since the log was emptied, each as its action and, for objects, its key; `id` stands for random names. */
export async function changes(): Promise<string[]> {
  const calls = await controlPlane().calls();
  return calls
    .filter(({ action }) => !/^(Get|List|Head|Describe|Assume)/.test(action))
    .map(({ action, parameters }) => [action, keyOf(parameters)].filter(Boolean).join(' '));
}

/** The paths of each invalidation that was asked for since the log was emptied. */
export async function invalidated(): Promise<(readonly string[])[]> {
  const calls = await controlPlane().calls();
  return calls.filter(({ action }) => action === 'CreateInvalidation').map(pathsOf);
}

function pathsOf({ parameters }: Call): readonly string[] {
  const { InvalidationBatch: batch } = parameters as {
    InvalidationBatch: { Paths: { Items: readonly string[]; Quantity: number } };
  };
  assert.equal(batch.Paths.Quantity, batch.Paths.Items.length);
  return batch.Paths.Items;
}

function keyOf(parameters: Call['parameters']): string {
  const key = parameters?.['Key'];
  if (typeof key !== 'string') return '';
  return key.replace(/[\da-f]{8}-[\da-f-]{27}/, 'id').replace(/[\da-f]{40}/, 'release');
}
