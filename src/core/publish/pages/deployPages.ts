import type { Context } from '../../context';
import { PRIVATE_PREFIX } from '../../names';
import { isUserError, type Op } from '../../op';
import type { Inspection } from '../../remote/inspect';
import deployScript from '../../remote/scripts/deploy.sh';
import { parseReport } from '../../remote/report';
import { runScript } from '../../remote/ssm';
import { listRecord, listSum } from '../../release/manifest';
import type { Base, Bundle } from './bundle';
import { presign } from '../../aws/presign';
import { newByteBudget, putFile } from '../../aws/store';
import type { PageSum } from '../local/sums';
import type { Target } from '../target';
import type { WebSettings } from './webSettings';

/** Where bundles lie, each under the hash of its bytes, or under a random name what a server had before the site. */
export const BUNDLES = `${PRIVATE_PREFIX}bundles/`;

/** What is put on the server. */
export interface Deployment {
  /** Id of the release. */
  readonly release: string;
  /** All its pages, by path. */
  readonly pages: ReadonlyMap<string, Pick<PageSum, 'sha256'>>;
  readonly settings: WebSettings;
  /** The release that the server is believed to have; undefined for none. */
  readonly expected: string | undefined;
  /** The pages that the server is known to have, by path. */
  readonly base: Base | undefined;
  /** What makes them those of the release. */
  readonly delta: Bundle | undefined;
  /** SHA-256 of the bundle that lies in the bucket already. */
  readonly staged: string | undefined;
  /** How long the last such command took on the server, without what it waited for readers. */
  readonly usualSeconds: number | undefined;
  /** Files that former pages may need go: from the server, or after it from the bucket. */
  readonly goes: Readonly<Record<'pages' | 'assets', boolean>>;
  /** What is listed there and is no page of the release is not deleted, as it was there before the site. */
  readonly stays: boolean;
  /** Writes a bundle of all pages, for a server that has others than was believed. */
  whole(op: Op): Promise<Bundle>;
}

/** What the server told once the pages were in place. */
export interface Deployed {
  /** The bundle that it took them from. */
  readonly bundle: Bundle;
  /** Key of that bundle. */
  readonly key: string;
  /** What a look inside the server would find of it from now on. */
  readonly inside: Pick<Inspection, 'list' | 'placing' | 'release' | 'settings'>;
  /** The web server runs. */
  readonly isActive: boolean;
  /** How long the command took there, without what it waited for readers. */
  readonly seconds: number | undefined;
  readonly freeBytes: number | undefined;
  /** How many files were removed. */
  readonly deleted: number;
  /** How many were to be removed and were left, as somebody else had changed them, and some of their paths. */
  readonly left: number;
  readonly leftPaths: readonly string[];
}

const DEPLOY_SECONDS = 900;
/** What AWS and the agent take beside the command itself: it is not asked after before. */
const DELIVERY_SECONDS = 1;
/** How long readers of former pages have, from when the new ones are in place until what those need goes; as in `deploy.sh`. */
export const GRACE_SECONDS = 5;
/** What a command is said to take usually counts up to this. */
const LONGEST_WAIT_SECONDS = 15;
/** The server takes the URL up once the command is delivered (600 s at most) and the lock is free (300 s at most). */
const PRESIGNED_SECONDS = 1200;

/** Puts pages on the server in one command: what differs, or all of them where the server has others than was believed. */
export async function deployPages(context: Context, target: Target, deployment: Deployment, op: Op): Promise<Deployed> {
  const { base, delta } = deployment;
  if (base && delta) {
    try {
      return await deploy(context, target, deployment, delta, listSum(base), op);
    } catch (error) {
      if (!isUserError(error) || error.code !== 'other-base') throw error;
    }
    op.report('The server has other pages than the last release left there; sending all of them');
  }
  return deploy(context, target, deployment, await deployment.whole(op), '', op);
}

/** Puts a bundle into the bucket, from where the server fetches it. */
export async function stageBundle(context: Context, bundle: Bundle, op: Op): Promise<void> {
  op.report('Staging the pages in the bucket');
  const { file: absolutePath, sizeBytes } = bundle;
  const file = { path: 'bundle.tar.gz', absolutePath, sizeBytes, contentType: 'application/gzip' };
  await putFile(context, bundleKey(bundle), file, undefined, newByteBudget(), op);
}

/** The key that a bundle lies under. */
function bundleKey({ sha256 }: Pick<Bundle, 'sha256'>): string {
  return `${BUNDLES}${sha256}.tar.gz`;
}

async function deploy(
  context: Context,
  { instanceId }: Target,
  { release, expected, goes, pages, settings, staged, stays, usualSeconds, base: former }: Deployment,
  bundle: Bundle,
  base: string,
  op: Op,
): Promise<Deployed> {
  if (staged !== bundle.sha256) await stageBundle(context, bundle, op);
  const key = bundleKey(bundle);
  op.report('Putting the pages in place');
  const list = listSum(pages);
  const waitedSeconds = DELIVERY_SECONDS + (goes.pages || goes.assets ? GRACE_SECONDS : 0);
  const output = await runScript(
    context,
    instanceId,
    {
      name: 'deploy',
      script: deployScript,
      values: {
        URL: await presign(context, key, PRESIGNED_SECONDS),
        SHA256: bundle.sha256,
        ...neededSpace(bundle, pages, former),
        RELEASE: release,
        EXPECTED_RELEASE: expected ?? '',
        BASE: base,
        RESULT: list,
        SETTINGS: settings.packed,
        SETTINGS_ID: settings.id,
        ASSETS_GO: goes.assets ? 'yes' : '',
        STAYS: stays ? 'yes' : '',
      },
      timeoutSeconds: DEPLOY_SECONDS,
      ...(usualSeconds === undefined
        ? {}
        : { usualSeconds: Math.min(usualSeconds, LONGEST_WAIT_SECONDS) + waitedSeconds }),
    },
    op,
  );
  return {
    bundle,
    key,
    inside: { list, placing: undefined, release, settings: settings.id },
    ...parseDeployed(output),
  };
}

/** Reads the `name=value` lines of `deploy.sh`. */
function parseDeployed(output: string): Omit<Deployed, 'bundle' | 'inside' | 'key'> {
  const report = parseReport(output);
  const number = (name: string): number | undefined =>
    /^\d+$/.test(report.text(name)) ? Number(report.text(name)) : undefined;
  return {
    seconds: number('seconds'),
    isActive: report.text('active') === 'active',
    freeBytes: number('free_bytes'),
    deleted: number('deleted') ?? 0,
    left: number('left') ?? 0,
    leftPaths: report.all('left_path'),
  };
}

/**
 * Room for what is sent beside what is there: each file and folder takes an inode, and a block more than its bytes; and for the notes, of which two are the
 * list of all pages and one that of before and after.
 */
function neededSpace({ sent, unpackedBytes }: Bundle, pages: Base, former: Base = new Map()) {
  const paths = Array.from(sent.keys());
  const inodes = paths.length + new Set(paths.flatMap(foldersOf)).size + NOTES;
  const notes = 3 * listBytes(pages) + listBytes(former);
  return { NEEDED_BYTES: String(unpackedBytes + notes + 4096 * inodes), NEEDED_INODES: String(inodes) };
}

const NOTES = 4;

function listBytes(pages: Base): number {
  return Array.from(pages).reduce((sum, [path, { sha256 }]) => sum + Buffer.byteLength(listRecord(path, sha256)), 0);
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}
