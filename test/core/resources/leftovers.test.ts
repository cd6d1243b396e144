import { CreateTagsCommand, CreateVolumeCommand, RunInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { ec2In } from '../../../src/core/aws/clients';
import { tagsFor } from '../../../src/core/names';
import { findInstance } from '../../../src/core/resources/lookup';
import { known } from '../../../src/core/resources/resource';
import { describeSite } from '../../../src/core/resources/stack';
import { leftInRegion } from '../../../src/core/resources/teardown/leftInRegion';
import { findLeftovers, type Leftovers } from '../../../src/core/resources/teardown/leftovers';
import { controlPlane, newContext, newOp } from '../sandbox';
import { provision } from './provisioned';

const countsOf = ({ found }: Leftovers) => {
  const counts: Record<string, number> = {};
  for (const { kind } of found) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

describe('what is left of sites', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.2, deploySeconds: 0.5 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  it('is all that a site has, with what each costs for, and nothing of other sites', async () => {
    const context = newContext((file) => {
      file['distribution'] = { serves: 'site' };
      (file['server'] as Record<string, unknown>)['address'] = 'elastic';
    });
    const { clients, site } = context;
    await provision(context, 'all');
    const other = newContext();
    await provision(other, 'bucket');
    const left = await findLeftovers(clients, newOp(), { siteId: site.id, regions: [site.region] });
    assert.deepEqual(left.unread, []);
    assert.deepEqual(countsOf(left), {
      ...{ server: 1, 'Elastic IP address': 1, 'security group': 1, distribution: 1, 'origin access control': 1 },
      ...{ 'CloudFront function': 1, bucket: 1, role: 1, 'instance profile': 1 },
      // The server's own disk is one as well.
      volume: 2,
    });
    assert.ok(left.found.every(({ siteId }) => siteId === site.id));
    const have = await describeSite(context, newOp());
    const by = (kind: string) => left.found.filter((one) => one.kind === kind);
    assert.deepEqual(
      by('server').map(({ charges, costs, id, region }) => [id, region, costs, charges?.map(({ rate }) => rate)]),
      [[known(have.server)?.instanceId, site.region, 'existence', ['instance t3.micro', 'address']]],
    );
    assert.deepEqual(
      by('distribution').map(({ costs, id, region }) => [id, region, costs]),
      [[known(have.distribution)?.id, undefined, 'use']],
    );
    assert.deepEqual(
      by('bucket').map(({ id, region }) => [id, region]),
      [[known(have.bucket)?.name, site.region]],
    );
    const all = await findLeftovers(clients, newOp(), { regions: [site.region] });
    assert.ok(all.found.some(({ siteId }) => siteId === other.site.id));
    assert.ok(all.found.some(({ siteId }) => siteId === site.id));
  });

  it('is looked for in every region that the account has, wherever the site file points', async () => {
    const { clients, site } = newContext();
    const there = ec2In(clients, 'eu-west-1');
    const { VolumeId } = await there.send(
      new CreateVolumeCommand({
        ...{ AvailabilityZone: 'eu-west-1a', Size: 3, VolumeType: 'gp3' },
        TagSpecifications: [{ ResourceType: 'volume', Tags: tagsFor(site, 'volume') }],
      }),
    );
    const left = await findLeftovers(clients, newOp(), { siteId: site.id });
    assert.ok(left.regions.includes('eu-west-1') && left.regions.includes('us-east-1'), left.regions.join());
    assert.deepEqual(
      left.found.map(({ about, charges, id, region }) => [region, id, about, charges]),
      [
        [
          ...['eu-west-1', VolumeId, '3 GiB, available'],
          [{ rate: 'disk gp3', quantity: 3, what: 'volume, 3 GiB gp3' }],
        ],
      ],
    );
  });

  it('is no volume that AWS is deleting just now', async () => {
    const { clients, site } = newContext();
    await clients.ec2.send(
      new CreateVolumeCommand({
        ...{ AvailabilityZone: 'us-east-1a', Size: 1, VolumeType: 'gp3' },
        TagSpecifications: [{ ResourceType: 'volume', Tags: tagsFor(site, 'volume') }],
      }),
    );
    assert.equal((await leftInRegion(clients.ec2, site.region, site.id, newOp())).length, 1);
    clients.ec2.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const seen = await next(args);
          const output = seen.output as { Volumes?: { State?: string }[] };
          if (commandName === 'DescribeVolumesCommand') for (const one of output.Volumes ?? []) one.State = 'deleting';
          return seen;
        },
      { step: 'initialize' },
    );
    assert.deepEqual(await leftInRegion(clients.ec2, site.region, site.id, newOp()), []);
  });

  it('costs no hours of a server that is stopped', async () => {
    const context = newContext();
    const { clients, site } = context;
    await provision(context, 'server');
    const InstanceIds = [(await findInstance(context, newOp()))?.InstanceId ?? ''];
    await clients.ec2.send(new StopInstancesCommand({ InstanceIds }));
    const [server] = (await findLeftovers(clients, newOp(), { siteId: site.id, regions: [site.region] })).found.filter(
      ({ kind }) => kind === 'server',
    );
    assert.equal(server?.costs, 'nothing');
  });

  it('tells what could not be read, and the rest all the same', async () => {
    const { clients, site } = newContext();
    const fault = { kind: 'error', code: 'AccessDenied', status: 403, times: 99 };
    await controlPlane().send('POST', 'faults', { service: 'ec2', action: 'DescribeRegions', ...fault });
    await controlPlane().send('POST', 'faults', { service: 'iam', action: 'ListRoles', ...fault });
    const { Instances = [] } = await clients.ec2.send(
      new RunInstancesCommand({
        ImageId: (await findAnyImage()) ?? '',
        ...{ InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 },
      }),
    );
    const id = Instances[0]?.InstanceId ?? assert.fail('no instance');
    await clients.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: tagsFor(site, 'server') }));
    const left = await findLeftovers(clients, newOp(), { siteId: site.id });
    assert.deepEqual(left.regions, [site.region]);
    assert.match(left.unread.join('\n'), /Could not read the regions of the account: [^]*Could not read the roles: /);
    assert.deepEqual(
      left.found.map((one) => one.id),
      [id],
    );
  });

  async function findAnyImage(): Promise<string | undefined> {
    const context = newContext();
    await provision(context, 'server');
    return (await findInstance(context, newOp()))?.ImageId;
  }
});
