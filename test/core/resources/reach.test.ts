import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeManagedPrefixListsCommand,
  type IpPermission,
} from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { run, stepsOf } from '../../../src/core/plan';
import { driftText } from '../../../src/core/resources/driftText';
import { known } from '../../../src/core/resources/resource';
import { ensureSecurityGroup, findSecurityGroup } from '../../../src/core/resources/network/securityGroup';
import { describeSite } from '../../../src/core/resources/stack';
import { parseSite } from '../../../src/core/site';
import { controlPlane, newContext, newOp } from '../sandbox';
import { callsOf, cancelledAt, changesOf, keysOf, planned, provision, requests } from './provisioned';

const EVERYONE = ['0.0.0.0/0', '::/0'];
const FOR_CLOUDFRONT = { server: { openTo: 'cloudfront' }, distribution: { serves: 'site' } };
const newNarrow = () => newContext((file) => Object.assign(file, FOR_CLOUDFRONT));
/** The same site, open to others. */
const openTo = (context: Context, who: 'everyone' | 'cloudfront'): Context => {
  const server = { ...context.site.server, openTo: who };
  const distribution = { ...context.site.distribution, serves: 'site' };
  return { ...context, site: parseSite(JSON.stringify({ ...context.site, server, distribution })) };
};
const listIdOf = async ({ clients }: Context) => {
  const Filters = [{ Name: 'prefix-list-name', Values: ['com.amazonaws.global.cloudfront.origin-facing'] }];
  const { PrefixLists } = await clients.ec2.send(new DescribeManagedPrefixListsCommand({ Filters }));
  return PrefixLists?.[0]?.PrefixListId ?? assert.fail('no list');
};
/** Sources of the rules of a group, each of which is for port 80. */
const sourcesOf = async (context: Context) => {
  const { IpPermissions = [] } = (await findSecurityGroup(context, undefined, newOp())) ?? {};
  assert.ok(
    IpPermissions.every(({ FromPort, ToPort, IpProtocol }) => `${IpProtocol} ${FromPort} ${ToPort}` === 'tcp 80 80'),
  );
  return IpPermissions.flatMap(({ IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] }) => [
    ...IpRanges.map(({ CidrIp }) => CidrIp),
    ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6),
    ...PrefixListIds.map(({ PrefixListId }) => PrefixListId),
  ]);
};
const rulesOf = (calls: Awaited<ReturnType<typeof callsOf>>) =>
  changesOf(calls)
    .map(({ action }) => action)
    .filter((action) => action.endsWith('Ingress'));

describe('a server that only CloudFront reaches', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1 }));
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0, ec2IdLagSeconds: 0 });
  });

  it('has one rule, for CloudFront’s own addresses, and then leaves nothing to do', async () => {
    const context = newNarrow();
    const plan = await planned(context, 'server');
    assert.ok(stepsOf(plan).some(({ title }) => title === 'create security group (port 80 only, for CloudFront only)'));
    const calls = await callsOf(() => run(plan, newOp()));
    assert.deepEqual(rulesOf(calls), ['AuthorizeSecurityGroupIngress']);
    assert.deepEqual(await sourcesOf(context), [await listIdOf(context)]);
    const have = known((await describeSite(context, newOp())).server);
    assert.deepEqual([have?.portOpen, have?.drift], [true, []]);
    assert.deepEqual(keysOf(await planned(context, 'server')), []);
  });

  it('is told to refuse everyone else, which it does once CloudFront is let in and serves the pages, and the other way round', async () => {
    const open = openTo(newContext(), 'everyone');
    await provision(open, 'server');
    const narrow = openTo(open, 'cloudfront');
    const [step] = stepsOf(await planned(narrow, 'server'));
    assert.equal(
      step?.title,
      'keep port 80 of the security group for CloudFront, once the distribution serves the pages (whoever comes to the server itself is refused)',
    );
    assert.ok(step);
    assert.equal(step.loses, 'uptime');
    const have = known((await describeSite(narrow, newOp())).server);
    assert.deepEqual(
      [have?.portOpen, have?.drift.map(driftText)],
      [false, ['port 80 is open to everyone, wanted CloudFront alone']],
    );
    await assert.rejects(provision(narrow, 'server'), /^UserError: This site has no distribution yet/);
    const images = {
      ...open,
      site: { ...open.site, distribution: { ...open.site.distribution, serves: 'images' as const } },
    };
    await provision(images, 'distribution');
    await assert.rejects(run([[step]], newOp()), /^UserError: The distribution does not serve the pages yet/);
    assert.deepEqual(await sourcesOf(open), EVERYONE);

    const keys = await provision(narrow, 'server');
    assert.deepEqual(keys.slice(-2), ['distributionSettings', 'securityGroup']);
    assert.deepEqual(await sourcesOf(open), [await listIdOf(open)]);
    assert.deepEqual(keysOf(await planned(narrow, 'distribution')), []);

    const [back] = stepsOf(await planned(open, 'server'));
    assert.deepEqual(
      [back?.title, back?.loses],
      ['put the security group in order (port 80 is open to CloudFront alone, wanted everyone)', undefined],
    );
    const opening = await callsOf(() => provision(open, 'server'));
    assert.deepEqual(rulesOf(opening), ['AuthorizeSecurityGroupIngress', 'RevokeSecurityGroupIngress']);
    assert.deepEqual(await sourcesOf(open), EVERYONE);
    assert.deepEqual(keysOf(await planned(open, 'server')), []);
  });

  it('shuts nobody out before CloudFront is let in', async () => {
    const open = newContext();
    await ensureSecurityGroup(open, newOp());
    const narrowing = await callsOf(() => ensureSecurityGroup(openTo(open, 'cloudfront'), newOp()));
    assert.deepEqual(rulesOf(narrowing), [
      'AuthorizeSecurityGroupIngress',
      'RevokeSecurityGroupIngress',
      'RevokeSecurityGroupIngress',
    ]);
  });

  for (const [from, to] of [
    ['everyone', 'cloudfront'],
    ['cloudfront', 'everyone'],
  ] as const) {
    for (const command of ['AuthorizeSecurityGroupIngressCommand', 'RevokeSecurityGroupIngressCommand']) {
      it(`is never shut to both, and converges, when going from ${from} to ${to} is cancelled at ${command}`, async () => {
        const context = openTo(newContext(), from);
        await ensureSecurityGroup(context, newOp());
        const before = await sourcesOf(context);
        const wish = { ...openTo(context, to), clients: newContext().clients };
        await assert.rejects(ensureSecurityGroup(wish, cancelledAt(wish.clients.ec2, command)), { name: 'AbortError' });
        const between = await sourcesOf(context);
        assert.ok(before.every((source) => between.includes(source)));
        const again = openTo(context, to);
        await ensureSecurityGroup(again, newOp());
        assert.deepEqual(await sourcesOf(again), to === 'everyone' ? EVERYONE : [await listIdOf(again)]);
        assert.deepEqual(changesOf(await callsOf(() => ensureSecurityGroup(again, newOp()))), []);
      });
    }
  }

  it('loses each rule but once, though EC2 shows rules late or somebody took one out meanwhile', async () => {
    const open = newContext();
    await ensureSecurityGroup(open, newOp());
    await controlPlane().send('POST', 'settings', { ec2LagSeconds: 0.3, ec2IdLagSeconds: 0.15 });
    const narrow = openTo(open, 'cloudfront');
    await Promise.all([ensureSecurityGroup(narrow, newOp()), ensureSecurityGroup(narrow, newOp())]);
    assert.deepEqual(await sourcesOf(narrow), [await listIdOf(narrow)]);
  });

  it('keeps what others put into the group', async () => {
    const open = newContext();
    const GroupId = await ensureSecurityGroup(open, newOp());
    const office: IpPermission = {
      IpProtocol: 'tcp',
      FromPort: 80,
      ToPort: 80,
      IpRanges: [{ CidrIp: '192.0.2.0/24' }],
    };
    await open.clients.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [office] }));
    await ensureSecurityGroup(openTo(open, 'cloudfront'), newOp());
    assert.deepEqual((await sourcesOf(open)).sort(), ['192.0.2.0/24', await listIdOf(open)].sort());
  });

  it('stays open, with the way on told, where the group has no room for CloudFront’s list', async () => {
    const open = newContext();
    const GroupId = await ensureSecurityGroup(open, newOp());
    const IpRanges = Array.from({ length: 5 }, (_, index) => ({ CidrIp: `192.0.2.${index}/32` }));
    const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges }];
    await open.clients.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    const calls = await callsOf(() =>
      assert.rejects(
        ensureSecurityGroup(openTo(open, 'cloudfront'), newOp()),
        /^UserError: The site’s security group sg-\w+ would get more rules than AWS allows, 60 .*counts as 55.*as open as it was\.$/,
      ),
    );
    assert.deepEqual(requests(calls, 'RevokeSecurityGroupIngress'), []);
    assert.ok((await sourcesOf(open)).includes('0.0.0.0/0'));
  });

  it('cannot be had where AWS has no such list, which is told', async () => {
    const context = newNarrow();
    const { ec2 } = context.clients;
    const send = (command: object, ...more: unknown[]) =>
      command instanceof DescribeManagedPrefixListsCommand
        ? Promise.resolve({ PrefixLists: [] })
        : ec2.send(command as never, ...(more as []));
    const without = {
      ...context,
      clients: { ...context.clients, ec2: Object.create(ec2, { send: { value: send } }) as typeof ec2 },
    };
    await assert.rejects(ensureSecurityGroup(without, newOp()), {
      message:
        'AWS has no list of CloudFront’s addresses (com.amazonaws.global.cloudfront.origin-facing) in us-east-1, so the server cannot be kept for CloudFront alone there. Leave “server.openTo” out of sitelift.json.',
    });
    assert.equal(await findSecurityGroup(context, undefined, newOp()), undefined);
  });

  it('asks for CloudFront’s list only where it matters', async () => {
    const context = newContext();
    await provision(context, 'server');
    const calls = await callsOf(() => describeSite(context, newOp()));
    assert.deepEqual(requests(calls, 'DescribeManagedPrefixLists'), []);
  });

  it('is the user’s own doing where the site file names a group of theirs', async () => {
    const context = newContext();
    const groups = await findSecurityGroup(context, undefined, newOp());
    assert.equal(groups, undefined);
    const { GroupId: securityGroup } = await context.clients.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: `mine-${context.site.id}`, Description: 'mine' }),
    );
    const named = newContext((file) => (file['server'] = { securityGroup }));
    const calls = await callsOf(() => provision(named, 'server'));
    assert.deepEqual(rulesOf(calls), []);
    const have = known((await describeSite(named, newOp())).server);
    assert.deepEqual([have?.portOpen, have?.reach, have?.drift], [true, undefined, []]);
  });
});
