import { CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DeleteSnapshotCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { createClients } from '../../../src/core/aws/clients';
import { bucketName } from '../../../src/core/names';
import { newSiteId, parseSite } from '../../../src/core/site';
import { sample } from '../../setup/sampling';
import { ACCOUNT, controlPlane } from '../sandbox';
import { actWhole, assertSends, AT_ONCE, disturb, openStage, WAYS, type Stage } from './acting';
import type { Act } from './actor';
import { inventory } from './inventory';

const clients = createClients({ region: 'us-east-1' });

/** The operations that change something, with their services, of which a run has each. */
const CHANGES: Readonly<Record<'provision' | 'destroy', Readonly<Record<string, readonly string[]>>>> = {
  provision: {
    iam: ['CreateRole', 'PutRolePolicy', 'CreateInstanceProfile', 'AddRoleToInstanceProfile'],
    ec2: [
      ...['CreateSecurityGroup', 'AuthorizeSecurityGroupIngress', 'RunInstances', 'AllocateAddress'],
      ...['AssociateAddress', 'CreateVolume', 'AttachVolume'],
    ],
    s3: ['CreateBucket', 'PutBucketTagging', 'PutBucketLifecycleConfiguration', 'PutBucketPolicy'],
    cloudfront: ['CreateOriginAccessControl', 'CreateFunction', 'PublishFunction', 'CreateDistributionWithTags'],
  },
  destroy: {
    cloudfront: ['UpdateDistribution', 'DeleteDistribution', 'DeleteFunction', 'DeleteOriginAccessControl'],
    ec2: ['TerminateInstances', 'DeleteSecurityGroup', 'ReleaseAddress', 'CreateSnapshot', 'DeleteVolume'],
    s3: ['PutBucketTagging', 'DeleteObjects', 'AbortMultipartUpload', 'DeleteBucket'],
    iam: ['RemoveRoleFromInstanceProfile', 'DeleteInstanceProfile', 'DeleteRolePolicy', 'DeleteRole'],
  },
};
/** How often each kind of thing is there when all of a site is. */
const WHOLE = {
  ...{ address: 1, bucket: 1, control: 1, distribution: 1, function: 1, group: 1, instance: 1, interface: 1 },
  // The server's own disk is one as well.
  ...{ profile: 1, role: 1, volume: 2 },
};
const SOME = 4;

function newSiteFile(): string {
  const site = { name: 'demo', id: newSiteId(), account: ACCOUNT, region: 'us-east-1' };
  return JSON.stringify({ ...site, server: { address: 'elastic' }, distribution: { serves: 'site' } });
}

/** How many of each kind there are beside what there was before. */
async function added(before: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const item of await inventory(clients)) {
    if (before.includes(item)) continue;
    const [kind = ''] = item.split(' ');
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

async function fill(siteFile: string): Promise<void> {
  const Bucket = bucketName(parseSite(siteFile));
  await clients.s3.send(new PutObjectCommand({ Bucket, Key: 'site/images/a.png', Body: 'x' }));
  await clients.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'site/images/b.png' }));
}

/** Of a site that was destroyed just the last snapshot is left; it is deleted here. */
async function assertGone(before: readonly string[]): Promise<void> {
  assert.deepEqual(await added(before), { snapshot: 1 });
  await deleteSnapshots(before);
}

async function deleteSnapshots(before: readonly string[]): Promise<void> {
  for (const item of await inventory(clients)) {
    const [, SnapshotId] = /^snapshot (.+)$/.exec(item) ?? [];
    if (SnapshotId && !before.includes(item)) await clients.ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
  }
}

describe('a site whose', function () {
  let stage: Stage;
  let earlier: readonly string[];

  before(async () => {
    stage = await openStage();
  });
  after(() => stage?.close());
  beforeEach(async () => {
    earlier = await inventory(clients);
  });
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', AT_ONCE);
  });

  const done = (siteFile: string, act: Act) => actWhole(stage, { siteFile, act });

  it('provisioning and destroying is not disturbed sends just the changes that are tried out here', async () => {
    const siteFile = newSiteFile();
    await assertSends(stage, siteFile, 'provision', Object.values(CHANGES.provision).flat());
    assert.deepEqual(await added(earlier), WHOLE);
    assert.deepEqual(await done(siteFile, 'provision'), []);
    await fill(siteFile);
    await assertSends(stage, siteFile, 'destroy', Object.values(CHANGES.destroy).flat());
    await assertGone(earlier);
    assert.deepEqual(await done(siteFile, 'destroy'), []);
  });

  it('provisioning two windows do at once has one of each, and is gone after two windows destroyed it at once', async () => {
    const siteFile = newSiteFile();
    const both = (act: Act) => Promise.all([stage.act({ siteFile, act }), stage.act({ siteFile, act })]);
    const made = await both('provision');
    assert.ok(
      made.some(({ end }) => end === 'done'),
      made.map(({ said }) => said).join('\n'),
    );
    await done(siteFile, 'provision');
    assert.deepEqual(await added(earlier), WHOLE);
    await fill(siteFile);
    const gone = await both('destroy');
    assert.ok(
      gone.some(({ end }) => end === 'done'),
      gone.map(({ said }) => said).join('\n'),
    );
    assert.deepEqual(await done(siteFile, 'destroy'), []);
    const { snapshot = 0, ...rest } = await added(earlier);
    assert.deepEqual(rest, {});
    // Each of them may take a last one, before either deletes the volume.
    assert.ok(snapshot === 1 || snapshot === 2, `${snapshot} snapshots`);
    await deleteSnapshots(earlier);
  });

  for (const act of ['provision', 'destroy'] as const) {
    const all = Object.entries(CHANGES[act]).flatMap(([service, operations]) =>
      operations.flatMap((operation) => WAYS.map((way) => ({ service, operation, way }))),
    );
    const chosen = sample(all, SOME, `interrupted ${act}`, ({ service }) => [service]);
    const verb = act === 'provision' ? 'provisioning' : 'destroying';
    const end = act === 'provision' ? 'has one of each' : 'is gone, with one last snapshot,';
    for (const { service, operation, way } of chosen) {
      it(`${verb} is ${way.title} ${operation} ${end} after another run`, async () => {
        const siteFile = newSiteFile();
        if (act === 'destroy') {
          await done(siteFile, 'provision');
          await fill(siteFile);
        }
        await disturb(stage, { siteFile, act }, { service, operation, way });
        await done(siteFile, act);
        assert.deepEqual(await done(siteFile, act), []);
        if (act === 'provision') {
          assert.deepEqual(await added(earlier), WHOLE);
          await fill(siteFile);
          await done(siteFile, 'destroy');
        }
        await assertGone(earlier);
      });
    }
  }
});
