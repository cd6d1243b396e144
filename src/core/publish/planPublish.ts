import { join } from 'node:path';
import { PRIVATE_PREFIX } from '../names';
import { UserError, type Op } from '../op';
import type { Plan, Step } from '../plan';
import deployScript from '../remote/scripts/deploy.sh';
import { runScript } from '../remote/ssm';
import type { BucketHave } from '../resources/bucket';
import { readerOf } from '../resources/bucketPolicy';
import { waitUntilDeployed, type DistributionHave } from '../resources/distribution';
import type { Context } from '../context';
import { known } from '../resources/resource';
import type { SiteHave } from '../resources/stack';
import type { ServerHave } from '../resources/server';
import { isMounted } from '../resources/volume';
import { writeBundle, type Bundle, type Rewrite } from './bundle';
import { ASSET_EXTENSIONS } from './assetTypes';
import type { LocalFile, LocalFiles } from './localFiles';
import { planUpload } from './planUpload';
import { presign, putFile } from './store';

/** What publishing would do. The bundle holds exactly the bytes that the plan sends. */
export interface Publication {
  readonly plan: Plan;
  readonly bundle: Bundle;
  readonly uploads: readonly LocalFile[];
}

const DEPLOY_SECONDS = 900;
/** The server takes the URL up once the command is delivered (600 s at most) and the lock is free (300 s at most). */
const PRESIGNED_SECONDS = 1200;

/** Plans a release: assets, then pages once the distribution is deployed, then the invalidation of changed assets. */
export async function planPublish(
  context: Context,
  site: SiteHave,
  local: LocalFiles,
  rewrite: Rewrite,
  workFolder: string,
  op: Op,
): Promise<Publication> {
  const ready = requireReady(site);
  const { distribution, server } = ready;
  if (local.pages.length === 0) {
    throw new UserError('There is no page to publish: the root folder holds no HTML file or other page.');
  }
  op.report('Comparing files');
  const upload = await planUpload(context, ready.bucket, distribution, local.assets, op);
  const bundle = await writeBundle(local.pages, rewrite, join(workFolder, 'bundle.tar.gz'), distribution.domain, op);
  const pages: Step[][] = [];
  const reason = reasonForPages(server, distribution, bundle);
  if (reason) {
    if (!distribution.deployed) {
      pages.push([
        {
          key: 'deployed',
          title: 'wait until the distribution is deployed',
          run: async (stepOp) => void (await waitUntilDeployed(context, stepOp)),
        },
      ]);
    }
    const count = local.pages.length === 1 ? '1 page or other file' : `${local.pages.length} pages and other files`;
    pages.push([
      {
        key: `pages ${bundle.release}`,
        title: `send ${count} to the server (${reason})`,
        sizeBytes: bundle.sizeBytes,
        run: (stepOp) => deployPages(context, ready, bundle, stepOp),
      },
    ]);
  }
  return { plan: upload.plan(pages), bundle, uploads: upload.uploads };
}

/** Why the pages must go to the server, or undefined; a new server with an old volume has the pages but not their redirects. */
function reasonForPages(server: ServerHave, distribution: DistributionHave, bundle: Bundle): string | undefined {
  const { release, placing, redirectsTo } = server.inspection ?? {};
  if (placing !== undefined) return 'the last publication was cut short';
  if (release === undefined) return 'first release';
  if (release !== bundle.release) return 'changed';
  return redirectsTo === distribution.domain ? undefined : 'new server';
}

interface Ready {
  readonly bucket: BucketHave;
  readonly distribution: DistributionHave;
  readonly server: ServerHave;
}

function requireReady(site: SiteHave): Ready {
  const bucket = known(site.bucket);
  const distribution = known(site.distribution);
  const server = known(site.server);
  const volume = known(site.volume);
  const lacking = [
    ...(server ? [] : ['a server']),
    ...(volume ? [] : ['a volume']),
    ...(bucket ? [] : ['a bucket']),
    ...(distribution ? [] : ['a distribution']),
  ];
  const provision = { title: 'Provision All…', command: 'sitelift.provisionAll' };
  if (!bucket || !distribution || !server || !volume) {
    throw new UserError(`The site cannot be published yet: it lacks ${lacking.join(', ')}. Provision it first.`, {
      remedy: provision,
    });
  }
  if (!server.inspection) {
    throw new UserError(
      server.state === 'running'
        ? 'The server is running but its SSM agent does not answer yet. Wait a minute and publish again.'
        : `The server is ${server.state}. Run “Provision Server…” to start it, then publish again.`,
      { remedy: { title: 'Provision Server…', command: 'sitelift.provisionServer' } },
    );
  }
  if (!isMounted(volume, server)) {
    throw new UserError('The volume is not mounted on the server’s document root yet. Provision the volume first.', {
      remedy: { title: 'Provision Volume…', command: 'sitelift.provisionVolume' },
    });
  }
  if (!distribution.enabled || !distribution.readsBucket || readerOf(bucket.policy) !== distribution.arn) {
    throw new UserError('The distribution may not read the bucket yet, so images would not load. Provision it first.', {
      remedy: { title: 'Provision Distribution…', command: 'sitelift.provisionDistribution' },
    });
  }
  return { bucket, distribution, server };
}

async function deployPages(context: Context, { distribution, server }: Ready, bundle: Bundle, op: Op): Promise<void> {
  const key = `${PRIVATE_PREFIX}releases/${bundle.release}.tar.gz`;
  op.report('Staging the pages in the bucket');
  await putFile(
    context,
    key,
    { absolutePath: bundle.file, sizeBytes: bundle.sizeBytes, contentType: 'application/gzip' },
    undefined,
    op,
  );
  op.report('Putting the pages in place');
  await runScript(
    context,
    server.instanceId,
    {
      name: 'deploy',
      script: deployScript,
      values: {
        URL: await presign(context, key, PRESIGNED_SECONDS),
        SHA256: bundle.sha256,
        ...neededSpace(bundle),
        RELEASE: bundle.release,
        EXPECTED_RELEASE: server.inspection?.release ?? '',
        CDN_DOMAIN: distribution.domain,
        ASSET_EXTENSIONS: ASSET_EXTENSIONS.join('|'),
      },
      timeoutSeconds: DEPLOY_SECONDS,
    },
    op,
  );
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
