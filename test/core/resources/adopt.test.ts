import {
  CreateTagsCommand,
  DetachVolumeCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type Tag,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../../src/core/context';
import { ADOPTED_TAG, ROLE_TAG, SITE_TAG } from '../../../src/core/names';
import { run, stepsOf } from '../../../src/core/plan';
import { listCandidates, type Adoptable } from '../../../src/core/resources/adopt/candidates';
import type { Adoption } from '../../../src/core/resources/adopt/adoption';
import { planAdoption } from '../../../src/core/resources/adopt/planAdoption';
import { wished } from '../../../src/core/resources/adopt/wants';
import { planReplace } from '../../../src/core/resources/server/planReplace';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite } from '../../../src/core/resources/stack';
import { describeParts } from '../../../src/core/resources/teardown/parts';
import { planTeardown } from '../../../src/core/resources/teardown/planTeardown';
import { describeInstance, instanceReaches } from '../../sandbox/controlplane/testInstances';
import { controlPlane, newContext, newOp } from '../sandbox';
import { makeByHand, makeVolume, telling, tellingOf, volumeOf, type Odd } from './handMade';
import { callsOf, changesOf, keysOf } from './provisioned';

const PAGE = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('adopting', function () {
  this.timeout(120_000);
  let folder: string;
  const made: { context: Context; id: string }[] = [];
  before(async () => {
    await controlPlane().send('POST', 'settings', { profileSeconds: 0.1 });
    folder = await mkdtemp(join(tmpdir(), 'sitelift-adopt-'));
  });
  beforeEach(() => controlPlane().send('DELETE', 'faults'));
  after(async () => {
    await rm(folder, { recursive: true });
    for (const { context, id } of made)
      await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  });

  async function handMade(odd?: Odd, context = newContext()) {
    const hand = await makeByHand(context, odd);
    made.push({ context, id: hand.id });
    return { context, ...hand };
  }
  const plan = (kind: Adoptable, id: string, context: Context): Promise<Adoption> =>
    planAdoption(kind, id, context, folder, newOp());
  const withWants = ({ clients, site }: Context, { wants }: Adoption): Context => ({
    clients,
    site: wished(site, wants),
  });
  /** Adopts and gives the site as its file says it then. */
  async function adopt(kind: Adoptable, id: string, context: Context): Promise<Context> {
    const adoption = await plan(kind, id, context);
    await run(adoption.plan, newOp());
    return withWants(context, adoption);
  }
  const provisioning = async (context: Context) =>
    keysOf(planProvision('volume', context, await describeSite(context, newOp())));
  const ours = (tags: readonly Tag[] = []) =>
    Object.fromEntries(tags.flatMap(({ Key = '', Value }) => (Key.startsWith('sitelift:') ? [[Key, Value]] : [])));
  const unfit = async (kind: Adoptable, id: string, context: Context) =>
    (await listCandidates(kind, context, newOp())).find((one) => one.id === id)?.unfit;

  it('gives a server and the volume that its pages are on tags, and leaves nothing to provision', async () => {
    const { context, groupId, id, profile, volumeId } = await handMade();
    const told = telling(context, tellingOf(volumeId));
    assert.equal(await unfit('server', id, told), undefined);
    const adoption = await plan('server', id, told);
    const { SubnetId } = await describeInstance(context.clients.ec2, id);
    assert.deepEqual(Object.fromEntries(adoption.wants.map(({ path, value }) => [path.join('.'), value])), {
      'server.subnet': SubnetId,
      'server.securityGroup': groupId,
      'server.instanceProfile': profile,
      'volume.sizeGib': 3,
      'volume.partitionMib': 250,
      'volume.device': '/dev/sdg',
    });
    const adopted = withWants(told, adoption);
    const calls = await callsOf(() => run(adoption.plan, newOp()));
    assert.deepEqual(
      changesOf(calls).map(({ action }) => action),
      ['CreateTags', 'CreateTags', 'CreateTags'],
    );
    assert.deepEqual(await provisioning(adopted), []);
    const again = await plan('server', id, adopted);
    assert.deepEqual([again.wants, keysOf(again.plan)], [[], []]);
    const { Tags } = await describeInstance(context.clients.ec2, id);
    assert.deepEqual(ours(Tags), { [SITE_TAG]: context.site.id, [ROLE_TAG]: 'server', [ADOPTED_TAG]: 'yes' });
  });

  it('takes a server of arm64 as well, which stays one', async () => {
    const context = newContext();
    const Name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64';
    const { Parameter } = await context.clients.ssm.send(new GetParameterCommand({ Name }));
    const launch = { InstanceType: 't4g.micro', ImageId: Parameter?.Value } as const;
    const { id, volumeId } = await handMade({ launch }, context);
    const told = telling(context, tellingOf(volumeId));
    assert.equal(await unfit('server', id, told), undefined);
    const adopted = await adopt('server', id, told);
    assert.equal(adopted.site.server.instanceType, 't4g.micro');
    assert.deepEqual(await provisioning(adopted), []);
    assert.equal((await describeInstance(context.clients.ec2, id)).Architecture, 'arm64');
  });

  it('tells what the server serves that the folder has not, or has otherwise', async () => {
    const { context, id, volumeId } = await handMade();
    await writeFile(join(folder, 'same.html'), '');
    await writeFile(join(folder, 'other.html'), 'other');
    const files = ['same.html', 'other.html', 'gone.html', '../outside.html'].map((path) => `file=${PAGE} ${path}`);
    const told = telling(context, `${tellingOf(volumeId, { files: '7' })}${files.join('\n')}\n`);
    const adoption = await plan('server', id, told);
    assert.deepEqual(keysOf(adoption.plan), ['keepPages', 'adopt']);
    const about = adoption.about.join('\n');
    assert.match(about, /serves 7 files of its own\. They stay/);
    assert.match(about, /Not in this folder, and served on: gone\.html, \.\.\/outside\.html\./);
    assert.match(about, /with other content, .*: other\.html\./);
    assert.match(about, /3 more files were not compared/);
  });

  it('of a server whose pages are on its own disk leaves the volume to provisioning', async () => {
    const { context, id, volumeId } = await handMade();
    const told = telling(context, tellingOf(undefined, { files: '1' }));
    const adoption = await plan('server', id, told);
    assert.match(adoption.about.join('\n'), /makes a volume of 1 GiB, copies \/var\/www\/html onto it/);
    await run(adoption.plan, newOp());
    assert.deepEqual(await provisioning(withWants(told, adoption)), ['volume', 'attachment', 'mount']);
    assert.deepEqual(ours((await volumeOf(context, volumeId)).Tags), {});
  });

  const INSIDE: readonly (readonly [title: string, changes: Record<string, string>, reason: RegExp])[] = [
    ['another web server answers there', { listener: 'nginx' }, /nginx answers on port 80/],
    ['httpd serves another folder', { served_root: '/srv' }, /its httpd serves \/srv/],
    ['no package manager is known', { packages: '' }, /neither dnf nor apt-get/],
    ['a name that may change is mounted at boot', { in_fstab: 'no', fstab: '/dev/sdf1' }, /mounts “\/dev\/sdf1”/],
    ['its file system is another', { file_system: 'btrfs' }, /is btrfs, and Sitelift knows ext4 and xfs/],
    ['the document root is a logical volume', { partition: '/dev/mapper/a-b' }, /is mounted from \/dev\/mapper\/a-b/],
    ['the document root is no volume of it', { serial: 'vol1' }, /which is no EBS volume of its own/],
  ];
  it('refuses a server for what is inside, each with its reason, and changes nothing', async () => {
    const { context, id, volumeId } = await handMade();
    for (const [title, changes, reason] of INSIDE) {
      const told = telling(context, tellingOf(volumeId, changes));
      const calls = await callsOf(() => assert.rejects(plan('server', id, told), reason, title));
      assert.deepEqual(changesOf(calls), [], title);
    }
  });

  it('refuses a server for what shows from outside, with what would help', async () => {
    const closed = await handMade({ port: 8080 });
    const seen = telling(closed.context, '');
    assert.match((await unfit('server', closed.id, seen)) ?? '', /lets everyone in on port 80; add that rule/);
    // Without a machine no agent answers.
    assert.match(
      (await unfit('server', closed.id, closed.context)) ?? '',
      /agent does not answer; .*ManagedInstanceCore/,
    );
    await assert.rejects(
      plan('server', closed.id, closed.context),
      /cannot be adopted: its SSM .* Nothing was changed/,
    );
    const old = await handMade({ launch: { InstanceType: 't2.micro' } });
    assert.match(
      (await unfit('server', old.id, old.context)) ?? '',
      /t2\.micro is not known to be of the Nitro system/,
    );
    const { ec2 } = closed.context.clients;
    await ec2.send(new StopInstancesCommand({ InstanceIds: [closed.id] }));
    await instanceReaches(ec2, closed.id, 'stopped');
    assert.match((await unfit('server', closed.id, seen)) ?? '', /it is stopped; start it first/);
    const Tags = [{ Key: SITE_TAG, Value: 'other678' }];
    await ec2.send(new CreateTagsCommand({ Resources: [closed.id], Tags }));
    assert.match((await unfit('server', closed.id, seen)) ?? '', /belongs to another site \(other678\)/);
    await assert.rejects(plan('server', 'i-0123456789abcdef0', seen), /no instance i-0123456789abcdef0/);
    const narrow = newContext((file) =>
      Object.assign(file, { server: { openTo: 'cloudfront' }, distribution: { serves: 'site' } }),
    );
    await assert.rejects(plan('server', old.id, narrow), /Set it to "everyone" to adopt/);
  });

  it('refuses a second server, and a server while the site’s volume would hide its pages', async () => {
    const one = await handMade();
    const adopted = await adopt('server', one.id, telling(one.context, tellingOf(one.volumeId)));
    const two = await handMade({}, newContext());
    assert.match((await unfit('server', two.id, adopted)) ?? '', new RegExp(`has the server ${one.id} already`));
    assert.match((await unfit('volume', two.volumeId, adopted)) ?? '', /has the volume .* already/);
    const lone = newContext();
    await adopt('volume', await makeVolume(lone, 'us-east-1a'), lone);
    const hiding = telling(lone, tellingOf(two.volumeId, { files: '3' }));
    await assert.rejects(plan('server', two.id, hiding), /would be hidden behind that/);
  });

  it('gives a volume that nothing has to the server that is launched in its zone, unformatted', async () => {
    const context = newContext();
    const id = await makeVolume(context, 'us-east-1b');
    assert.equal(await unfit('volume', id, context), undefined);
    const adopted = await adopt('volume', id, context);
    assert.deepEqual(adopted.site.volume, { ...context.site.volume, sizeGib: 3 });
    const provision = planProvision('volume', adopted, await describeSite(adopted, newOp()));
    assert.match(
      stepsOf(provision)
        .map(({ title }) => title)
        .join('\n'),
      /in the volume’s zone us-east-1b/,
    );
    assert.ok(!keysOf(provision).includes('volume'));
    const { Tags = [] } = await volumeOf(context, id);
    assert.ok(!Tags.some(({ Key }) => Key === 'sitelift:created-blank'));
    const again = await plan('volume', id, adopted);
    assert.deepEqual([again.wants, keysOf(again.plan)], [[], []]);
  });

  it('refuses a volume that another server has, the disk of a system, and one that would hide pages', async () => {
    const { context, id, volumeId } = await handMade();
    assert.match((await unfit('volume', volumeId, context)) ?? '', /attached to i-.*; adopt that server, which brings/);
    const { BlockDeviceMappings, RootDeviceName } = await describeInstance(context.clients.ec2, id);
    const root = BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === RootDeviceName)?.Ebs?.VolumeId ?? '';
    assert.match((await unfit('volume', root, context)) ?? '', /the disk of the system of i-/);
    const far = await makeVolume(context, 'us-east-1b');
    await context.clients.ec2.send(new DetachVolumeCommand({ VolumeId: volumeId, InstanceId: id }));
    const served = telling(context, tellingOf(undefined, { files: '2' }));
    const adopted = await adopt('server', id, served);
    assert.match((await unfit('volume', far, adopted)) ?? '', /in us-east-1b, and this site’s server in us-east-1a/);
    await assert.rejects(plan('volume', volumeId, adopted), /would hide the 2 files/);
  });

  it('keeps a server from being ended for another one', async () => {
    const { context, id, volumeId } = await handMade();
    const adopted = await adopt('server', id, telling(context, tellingOf(volumeId)));
    const site = await describeSite(adopted, newOp());
    assert.throws(
      () => planReplace(adopted, site),
      /was there before this site.*“Destroy Server…”, which gives it back/,
    );
  });

  it('leaves what was adopted when the site goes, whatever is to become of the volume', async () => {
    for (const fate of ['keep', 'snapshot', 'delete'] as const) {
      const { context, id, volumeId } = await handMade();
      const adopted = await adopt('server', id, telling(context, tellingOf(volumeId)));
      const teardown = async () =>
        planTeardown('all', adopted, await describeSite(adopted, newOp()), await describeParts(adopted, newOp()), fate);
      const going = await teardown();
      assert.deepEqual(keysOf(going), ['letGoServer', 'letGoVolume']);
      assert.ok(stepsOf(going).every(({ loses }) => loses === undefined));
      await run(going, newOp());
      assert.deepEqual(keysOf(await teardown()), []);
      const { State, Tags } = await describeInstance(context.clients.ec2, id);
      assert.deepEqual([State?.Name, ours(Tags)], ['running', {}]);
      const volume = await volumeOf(context, volumeId);
      assert.deepEqual([volume.State, ours(volume.Tags)], ['in-use', {}]);
    }
  });

  for (const [title, nth] of [
    ['the first', 1],
    ['the second', 2],
    ['the last', 3],
  ] as const) {
    for (const when of ['before', 'after'] as const) {
      it(`comes to the same end when access is lost ${when} ${title} of its calls`, async () => {
        const { context, id, volumeId } = await handMade();
        const told = telling(context, tellingOf(volumeId));
        const adoption = await plan('server', id, told);
        const fault = {
          service: 'ec2',
          action: 'CreateTags',
          kind: 'error',
          code: 'UnauthorizedOperation',
          status: 403,
        };
        await controlPlane().send('POST', 'faults', { ...fault, when, nth });
        await assert.rejects(run(adoption.plan, newOp()));
        await controlPlane().send('DELETE', 'faults');
        // Never has the site the server without the volume that its pages are on.
        const seen = await describeSite(told, newOp());
        assert.equal(seen.server.kind, seen.volume.kind);
        const adopted = await adopt('server', id, told);
        assert.deepEqual(await provisioning(adopted), []);
        assert.deepEqual(keysOf((await plan('server', id, adopted)).plan), []);
      });
    }
  }
});
