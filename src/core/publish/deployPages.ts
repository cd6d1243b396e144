import { identify } from '../aws/clients';
import type { Context } from '../context';
import { PRIVATE_PREFIX } from '../names';
import type { Op } from '../op';
import deployScript from '../remote/scripts/deploy.sh';
import { runScript } from '../remote/ssm';
import { ASSET_EXTENSIONS } from './assetTypes';
import type { Bundle } from './bundle';
import { dropOtherManifests, putManifest } from './manifest';
import { listKeys } from './pending';
import type { Ready } from './ready';
import { awsTimeMs, deleteObject, newByteBudget, presign, putFile } from './store';
import type { Origin } from './turn';

const BUNDLES = `${PRIVATE_PREFIX}releases/`;
const DEPLOY_SECONDS = 900;
/** The server takes the URL up once the command is delivered (600 s at most) and the lock is free (300 s at most). */
const PRESIGNED_SECONDS = 1200;

/**
 * Puts the pages of a bundle on the server, unless its release is another than the plan was made from. Who published them is in the bucket before they
 * are seen; the bundle is dropped once nothing needs it.
 */
export async function deployPages(
  context: Context,
  { distribution, inspection, instanceId }: Ready,
  bundle: Bundle,
  origin: Origin,
  op: Op,
): Promise<void> {
  const { release, pages } = bundle;
  const key = `${BUNDLES}${release}.tar.gz`;
  op.report('Staging the pages in the bucket');
  const file = {
    path: 'bundle.tar.gz',
    absolutePath: bundle.file,
    sizeBytes: bundle.sizeBytes,
    contentType: 'application/gzip',
  };
  await putFile(context, key, file, undefined, newByteBudget(), op);
  const { arn } = await identify(context.clients, op);
  const at = new Date(awsTimeMs(context)).toISOString();
  const sums = Object.fromEntries(pages.map(({ path, sha256 }) => [path, sha256]));
  await putManifest(context, { release, by: arn, ...origin, at, pages: sums }, op);
  op.report('Putting the pages in place');
  await runScript(
    context,
    instanceId,
    {
      name: 'deploy',
      script: deployScript,
      values: {
        URL: await presign(context, key, PRESIGNED_SECONDS),
        SHA256: bundle.sha256,
        ...neededSpace(bundle),
        RELEASE: release,
        EXPECTED_RELEASE: inspection.release ?? '',
        CDN_DOMAIN: distribution.domain,
        ASSET_EXTENSIONS: ASSET_EXTENSIONS.join('|'),
      },
      timeoutSeconds: DEPLOY_SECONDS,
    },
    op,
  );
  await dropOtherManifests(context, release, op);
  // Nobody else publishes now, so that those of runs that were cut short are needed by nobody either.
  for (const bundleKey of await listKeys(context, BUNDLES, op)) await deleteObject(context, bundleKey, op);
}

/** Room for a full copy of the pages beside those that are there: each file and folder takes an inode, and a block more than its bytes. */
function neededSpace({ pages, unpackedBytes }: Bundle) {
  const folders = new Set(pages.flatMap(({ path }) => foldersOf(path)));
  const inodes = pages.length + folders.size;
  return { NEEDED_BYTES: String(unpackedBytes + 4096 * inodes), NEEDED_INODES: String(inodes) };
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}
