import { DeleteVolumeCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { GetRoleCommand, TagRoleCommand } from '@aws-sdk/client-iam';
import assert from 'node:assert/strict';
import { ec2In } from '../../../src/core/aws/clients';
import type { Context } from '../../../src/core/context';
import { REGION_TAG, SITE_TAG } from '../../../src/core/names';
import { known } from '../../../src/core/resources/resource';
import { ensureRole, profileName } from '../../../src/core/resources/server/role';
import { describeSite, glanceAtSite } from '../../../src/core/resources/stack';
import { controlPlane, newContext, newOp, refuse } from '../sandbox';
import { callsOf, changesOf, keysOf, leaveVolume, planned, provision } from './provisioned';

const WHAT = ['all', 'server', 'volume', 'bucket', 'distribution'] as const;
const REFUSAL =
  /^UserError: This site lies in us-east-1, but sitelift\.json says eu-central-1\. A site cannot move to another region: put “region” back to us-east-1, or create a new site in another folder\. Nothing was changed\.$/;

/** The same site after somebody edited the region in its file. */
const moved = ({ site }: Context): Context =>
  newContext((file) => {
    file['id'] = site.id;
    file['region'] = 'eu-central-1';
  });

const regionTag = async ({ site, clients }: Context): Promise<string | undefined> => {
  const { Role } = await clients.iam.send(new GetRoleCommand({ RoleName: profileName(site) }));
  return Role?.Tags?.find(({ Key }) => Key === REGION_TAG)?.Value;
};

describe('a site whose region was edited', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1 }));

  it('is planned no more while its distribution reads a bucket of the other region', async () => {
    const context = newContext();
    await provision(context, 'distribution');
    for (const what of WHAT) await assert.rejects(planned(moved(context), what), REFUSAL, what);
  });

  it('is planned no more while its server is in the other region, and is again once the region is put back', async () => {
    const context = newContext();
    await provision(context, 'server');
    for (const what of WHAT) await assert.rejects(planned(moved(context), what), REFUSAL, what);
    assert.deepEqual(keysOf(await planned(context, 'bucket')), ['bucket']);
  });

  it('is planned no more while its volume is there, also when it was only glanced at since', async () => {
    const context = newContext();
    await ensureRole(context, newOp());
    const VolumeId = await leaveVolume(context, 'us-east-1a');
    const there = moved(context);
    await assert.rejects(planned(there, 'all'), REFUSAL);
    const seen = await describeSite(there, newOp());
    assert.deepEqual((await glanceAtSite(there, seen, newOp())).server, { kind: 'absent', otherRegion: 'us-east-1' });
    await context.clients.ec2.send(new DeleteVolumeCommand({ VolumeId }));
    assert.ok((await planned(there, 'all')).length > 0);
  });

  it('can move when nothing of it is in the other region, and is then told to lie in the new one', async () => {
    const context = newContext();
    await provision(context, 'server');
    const { instanceId } = known((await describeSite(context, newOp())).server) ?? assert.fail('no server');
    await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    const there = moved(context);
    assert.equal(await regionTag(there), 'us-east-1');
    const calls = await callsOf(() => ensureRole(there, newOp()));
    assert.deepEqual(
      changesOf(calls).map(({ action }) => action),
      ['TagRole'],
    );
    assert.equal(await regionTag(there), 'eu-central-1');
    assert.deepEqual(changesOf(await callsOf(() => ensureRole(there, newOp()))), []);
    const VolumeId = await leaveVolume(there, 'eu-central-1a');
    await assert.rejects(planned(context, 'all'), /This site lies in eu-central-1, but sitelift\.json says us-east-1/);
    await there.clients.ec2.send(new DeleteVolumeCommand({ VolumeId }));
  });

  it('is not planned while it cannot be read whether it lies in the other region', async () => {
    const context = newContext();
    await refuse('iam', 'GetRole', 'InvalidInput', 400);
    await assert.rejects(planned(context, 'server'), /AWS could not be read, so nothing is planned\. server: /);
  });

  it('tells people who may not read roles how to go on, and lets them have what needs none', async () => {
    const context = newContext();
    const WAY_ON =
      /^UserError: This site has no server in us-east-1, and whether .* (\(AccessDenied: .*|without an MFA code\. .*)“server\.instanceProfile” in sitelift\.json\. If somebody changed “region”.*Nothing was changed\.$/;
    for (const code of ['AccessDenied', 'InvalidClientTokenId']) {
      for (const what of ['all', 'server', 'volume'] as const) {
        await refuse('iam', 'GetRole', code);
        await assert.rejects(planned(context, what), WAY_ON, `${code} ${what}`);
      }
    }
    await refuse('iam', 'GetRole');
    assert.deepEqual(await provision(context, 'bucket'), ['bucket']);
    await refuse('iam', 'GetRole');
    const seen = await describeSite(context, newOp());
    const calls = await callsOf(async () => {
      assert.deepEqual((await glanceAtSite(context, seen, newOp())).server, seen.server);
    });
    assert.ok(seen.server.kind === 'absent' && seen.server.doubt !== undefined);
    assert.ok(!calls.some(({ service }) => service === 'iam'));
  });

  it('is told what lies where, in either region, when its parts lie in two, until one is left', async () => {
    const context = newContext();
    const there = moved(context);
    const VolumeId = await leaveVolume(context, 'us-east-1a');
    await provision(there, 'distribution');
    await ensureRole(context, newOp());
    const told = (what: string) =>
      new RegExp(
        `: ${what} in us-east-1; the distribution E\\w+ with its bucket in eu-central-1\\. Nothing was changed\\.`,
      );
    await assert.rejects(planned(context, 'bucket'), told('the volume'));
    await assert.rejects(planned(there, 'bucket'), told('a server or volume'));
    await context.clients.ec2.send(new DeleteVolumeCommand({ VolumeId }));
    assert.deepEqual(keysOf(await planned(there, 'distribution')), []);
    await assert.rejects(
      planned(context, 'bucket'),
      /This site lies in eu-central-1, but sitelift\.json says us-east-1/,
    );
  });

  it('is told what lies where also when its volume is here and its role leads elsewhere', async () => {
    const context = newContext();
    const there = moved(context);
    await leaveVolume(context, 'us-east-1a');
    await leaveVolume(there, 'eu-central-1a');
    await ensureRole(there, newOp());
    await assert.rejects(planned(context, 'all'), /: the volume in us-east-1; a server or volume in eu-central-1\. /);
  });

  it('is not planned while the other region cannot be read, and is told which and the way on', async () => {
    const context = newContext();
    await ensureRole(context, newOp());
    const Tags = [{ Key: REGION_TAG, Value: 'eu west' }];
    await context.clients.iam.send(new TagRoleCommand({ RoleName: profileName(context.site), Tags }));
    await assert.rejects(
      planned(context, 'server'),
      /says that this site lies in eu west, which could not be read: .* remove the tag sitelift:region from that role\./,
    );
  });

  it('is not asked for in IAM by who names a profile, since such people may not be allowed to', async () => {
    const context = newContext((file) => (file['server'] = { instanceProfile: 'ours' }));
    const calls = await callsOf(async () => {
      assert.deepEqual((await describeSite(context, newOp())).server, { kind: 'absent' });
    });
    assert.ok(calls.length > 0 && !calls.some(({ service }) => service === 'iam'));
  });

  it('asks another region only where the role leads to it, and only of our own role', async () => {
    const context = newContext();
    await leaveVolume(context, 'us-east-1a');
    const there = moved(context);
    assert.deepEqual((await describeSite(there, newOp())).server, { kind: 'absent' });
    await ensureRole(context, newOp());
    const Tags = [{ Key: SITE_TAG, Value: 'somebody' }];
    await context.clients.iam.send(new TagRoleCommand({ RoleName: profileName(context.site), Tags }));
    assert.deepEqual((await describeSite(there, newOp())).server, { kind: 'absent' });
  });

  it('is asked for with the same credentials, over the same connections', async () => {
    const { clients } = newContext();
    const other = ec2In(clients, 'eu-central-1');
    assert.equal(await other.config.region(), 'eu-central-1');
    assert.deepEqual(await other.config.credentials(), await clients.ec2.config.credentials());
    assert.equal(other.config.requestHandler, clients.ec2.config.requestHandler);
  });
});
