import { GetDistributionCommand } from '@aws-sdk/client-cloudfront';
import { DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildExtension } from '../../esbuild';
import { createClients, type Clients } from '../../src/core/aws/clients';
import { codeOf, explain, statusOf } from '../../src/core/aws/errors';
import type * as Aws from '../../src/core/entryAws';
import { npmPack } from '../setup/commandLine';
import { packExtension, VSIX } from '../setup/vsix';
import { newOp } from './sandbox';
import { zipEntries, type ZipEntry } from './zipEntries';

const CHECKOUT = join(__dirname, '..', '..');
const KB = 1024;
const PICTURE = /\.(png|svg|gif|jpe?g|webp)$/;
const MAY_BE_PACKED = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package\.json|readme\.md|changelog\.md|LICENSE\.txt)$/,
  /^extension\/dist\/(main|commands|aws|html|view|worker|pages)\.js$/,
  /^extension\/media\//,
];

interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly contributes: unknown;
}

describe('the packed extension', () => {
  let entries: readonly ZipEntry[];

  before(async () => {
    await packExtension();
    entries = zipEntries(VSIX);
  });

  it('holds only what runs', () => {
    const others = entries
      .map(({ name }) => name)
      .filter((name) => !MAY_BE_PACKED.some((pattern) => pattern.test(name)));
    assert.deepEqual(others, []);
  });

  it('holds every bundle but the command line', () => {
    const built = readdirSync(join(CHECKOUT, 'dist')).filter((name) => name.endsWith('.js') && name !== 'cli.js');
    const packed = entries.flatMap(({ name }) => (name.endsWith('.js') ? [name] : []));
    assert.deepEqual(packed.sort(), built.map((name) => `extension/dist/${name}`).sort());
  });

  it('holds every file that the manifest names', () => {
    const manifest = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')) as Manifest;
    const contributed = JSON.stringify(manifest.contributes).matchAll(/"(?:\.\/)?(media\/[^"]+)"/g);
    const wanted = [manifest.main.replace('./', ''), manifest.icon, ...Array.from(contributed, ([, path]) => path)];
    const packed = new Set(entries.map(({ name }) => name));
    assert.deepEqual(
      wanted.filter((path) => !packed.has(`extension/${path}`)),
      [],
    );
  });

  it('is at most 500 KB without its pictures', () => {
    const bytes = entries
      .filter(({ name }) => !PICTURE.test(name))
      .reduce((sum, entry) => sum + entry.compressedBytes, 0);
    assert.ok(bytes <= 500 * KB, `${Math.round(bytes / KB)} KB`);
  });

  it('activates from at most 20 KB, and loads the rest on first use', () => {
    const main = join(CHECKOUT, 'dist', 'main.js');
    assert.ok(statSync(main).size <= 20 * KB, `${statSync(main).size} bytes`);
    const required = Array.from(readFileSync(main, 'utf8').matchAll(/require\("([^"]+)"\)/g), ([, name]) => name ?? '');
    const foreign = required.filter((name) => !isBuiltin(name) && name !== 'vscode');
    assert.deepEqual([...new Set(foreign)].sort(), ['./aws.js', './commands.js', './html.js', './view.js']);
  });

  it('parses HTML in one chunk alone, which the worker loads when it has a page to read', () => {
    const chunks = ['main', 'cli', 'commands', 'aws', 'html', 'view', 'worker', 'pages'];
    // Only who parses knows which elements end a paragraph.
    const parsing = chunks.filter((name) =>
      readFileSync(join(CHECKOUT, 'dist', `${name}.js`), 'utf8').includes('figcaption'),
    );
    assert.deepEqual(parsing, ['pages']);
  });

  it('finds its worker beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-built-'));
    try {
      await buildExtension({ outdir: folder });
      await writeFile(join(folder, 'package.json'), '{}');
      const { createWorkshop, withPublishing } = createRequire(join(folder, 'main.js'))('./aws.js') as typeof Aws;
      assert.equal(typeof withPublishing, 'function');
      const workshop = createWorkshop();
      const rewrite = workshop.rewriteFor('d1.cloudfront.net', ['images/a.png']);
      const { bytes } = await rewrite(Buffer.from('<img src=a.png>'), 'images/index.html', newOp());
      assert.equal(Buffer.from(bytes).toString(), '<img src=https://d1.cloudfront.net/images/a.png>');
      assert.equal((await workshop.scan(folder, folder, [], newOp())).assets.length, 0);
      await workshop.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the SDK that is built in', () => {
  let packed: typeof Aws;

  before(async () => {
    await buildExtension();
    packed = createRequire(__filename)(join(CHECKOUT, 'dist', 'aws.js')) as typeof Aws;
  });

  it('has no class of an error', () => {
    assert.ok(!readFileSync(join(CHECKOUT, 'dist', 'aws.js'), 'utf8').includes('TooManyDistributionCNAMEs'));
  });

  const region = 'us-east-1';
  const CALLS: Readonly<Record<string, (clients: Clients) => Promise<unknown>>> = {
    EntityAlreadyExists: ({ iam }) => createRole(iam).then(() => createRole(iam)),
    InvalidInstanceId: ({ ssm }) =>
      ssm.send(new SendCommandCommand({ ...COMMAND, InstanceIds: ['i-0123456789abcdef0'] })),
    InvocationDoesNotExist: ({ ssm }) =>
      ssm.send(new GetCommandInvocationCommand({ CommandId: randomUUID(), InstanceId: 'i-0123456789abcdef0' })),
    NoSuchDistribution: ({ cloudfront }) => cloudfront.send(new GetDistributionCommand({ Id: 'E0123456789ABC' })),
    NoSuchBucket: ({ s3 }) => s3.send(new GetObjectCommand({ Bucket: 'sitelift-nowhere-123456789012', Key: 'a' })),
    NotFound: ({ s3 }) => s3.send(new HeadObjectCommand({ Bucket: 'sitelift-nowhere-123456789012', Key: 'a' })),
    'InvalidVolume.NotFound': ({ ec2 }) =>
      ec2.send(new DescribeVolumesCommand({ VolumeIds: ['vol-0123456789abcdef0'] })),
  };

  for (const [code, call] of Object.entries(CALLS)) {
    it(`tells the error ${code} as it does whole`, async () => {
      const [whole, own] = [createClients({ region }), packed.createClients({ region })];
      const [expected, told] = [await failure(call(whole)), await failure(call(own))];
      assert.deepEqual([codeOf(told), told.message, statusOf(told)], [code, expected.message, statusOf(expected)]);
      assert.equal(codeOf(expected), code);
      assert.equal(packed.explain(told).message, explain(expected).message);
    });
  }
});

const ROLE = `sitelift-bundle-${randomUUID()}`;
const COMMAND = { DocumentName: 'AWS-RunShellScript', Parameters: { commands: ['true'] } };

function createRole(iam: Clients['iam']): Promise<unknown> {
  return iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument: '{}' }));
}

async function failure(call: Promise<unknown>): Promise<Error> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Error ? error : assert.fail('nothing failed');
}

describe('the packed command line', function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-packed-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('is built by npm pack and holds what it runs with, and nothing else', async () => {
    await rm(join(CHECKOUT, 'dist', 'cli.js'), { force: true });
    const [, paths] = await npmPack(CHECKOUT, folder);
    const chunks = ['aws', 'cli', 'pages', 'worker'].map((name) => `dist/${name}.js`);
    assert.deepEqual([...paths].sort(), ['LICENSE', 'README.md', ...chunks, 'package.json']);
    // Nothing that is built into another file is asked for.
    const asked = chunks.flatMap((chunk) =>
      Array.from(readFileSync(join(CHECKOUT, chunk), 'utf8').matchAll(/require\("(\.\/[^"]+)"\)/g), ([, name]) => name),
    );
    assert.deepEqual(
      asked.filter((name) => !paths.includes(`dist/${name?.slice(2)}`)),
      [],
    );
  });
});
