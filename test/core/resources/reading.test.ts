import { StopInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { requireAccount } from '../../../src/core/aws/clients';
import type { Context } from '../../../src/core/context';
import { driftOf } from '../../../src/core/resources/drift';
import { isLacking } from '../../../src/core/resources/pairing';
import { progressOf } from '../../../src/core/resources/progress';
import { known, type Seen } from '../../../src/core/resources/resource';
import type { ServerHave } from '../../../src/core/resources/server/server';
import {
  describeSite,
  describeUrl,
  glanceAtSite,
  isPending,
  readAgain,
  type SiteHave,
} from '../../../src/core/resources/stack';
import { waitUntilDeployed } from '../../../src/core/resources/distribution/distribution';
import { newAgent } from '../remote/agent';
import { ACCOUNT, controlPlane, newContext, newOp, refuse } from '../sandbox';
import { callsOf, provision } from './provisioned';

const ON_THE_SERVER = ['SendCommand', 'GetCommandInvocation'];
/** The site as it is seen once its server answers: a machine is needed for that, which these tests do without. */
const inside = (site: SiteHave, change: Partial<ServerHave> = {}): SiteHave => {
  const have = known(site.server) ?? assert.fail('no server');
  const inspection = {
    webServer: { installed: true, enabled: true, active: true },
    release: 'r1',
  } as unknown as ServerHave['inspection'];
  return { ...site, server: { kind: 'known', have: { ...have, online: true, inspection, ...change } } };
};

describe('a reading', () => {
  let context: Context;
  let settled: SiteHave;
  before(async () => {
    context = newContext();
    await controlPlane().send('POST', 'settings', { profileSeconds: 0.1 });
    await provision(context, 'all');
    await waitUntilDeployed(context, newOp());
    settled = await describeSite(context, newOp());
  });
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('DELETE', 'denies');
  });

  it('of a settled site takes at most six calls, none of them a command on the server', async () => {
    await requireAccount(context.clients, ACCOUNT, newOp());
    let have = settled;
    for (let reading = 0; reading < 3; reading += 1) {
      const calls = await callsOf(async () => {
        await requireAccount(context.clients, ACCOUNT, newOp(), 300);
        have = await glanceAtSite(context, have, newOp());
      });
      const actions = calls.map(({ action }) => action).sort();
      assert.deepEqual(actions, [
        'DescribeInstanceInformation',
        'DescribeInstances',
        'DescribeVolumes',
        'GetDistribution',
        'HeadBucket',
      ]);
      assert.ok(actions.length <= 6 && !actions.some((action) => ON_THE_SERVER.includes(action)));
    }
    assert.deepEqual(have, settled);
  });

  it('of some resources reads those deeply and leaves the others as they were read', async () => {
    const { kind, ...seen } = settled.server;
    const before = { ...settled, server: { kind, ...seen, old: 'long ago' } as SiteHave['server'] };
    let have: SiteHave | undefined;
    const calls = await callsOf(async () => (have = await readAgain(context, before, ['bucket'], newOp())));
    assert.deepEqual([...new Set(calls.map(({ service }) => service))], ['s3']);
    assert.ok(calls.some(({ action }) => action === 'ListObjectsV2'));
    assert.deepEqual(have, before);
    const none = await callsOf(async () => {
      assert.equal(await readAgain(context, settled, [], newOp()).then((now) => now?.bucket), settled.bucket);
      assert.equal(await readAgain(context, undefined, ['bucket'], newOp()), undefined);
    });
    assert.deepEqual(none, []);
    assert.deepEqual(await readAgain(context, undefined, 'cheap', newOp()), settled);
    assert.deepEqual(await readAgain(context, undefined, 'deep', newOp()), settled);
    const cheap = await callsOf(() => readAgain(context, settled, 'cheap', newOp()));
    assert.ok(!cheap.some(({ action }) => action === 'ListObjectsV2'));
  });

  it('of some resources that fails keeps what was known of them', async () => {
    for (const action of ['HeadBucket', 'ListObjectsV2']) await refuse('s3', action);
    const now = await readAgain(context, settled, ['bucket'], newOp());
    assert.ok(now?.bucket.kind === 'known' && now.bucket.old, JSON.stringify(now?.bucket));
    assert.deepEqual({ ...now, bucket: settled.bucket }, settled);
  });

  it('of one resource reads that one', async () => {
    for (const [name, action] of [
      ['server', 'DescribeInstances'],
      ['volume', 'DescribeVolumes'],
      ['bucket', 'ListObjectsV2'],
      ['distribution', 'ListDistributions'],
    ] as const) {
      const actions = (await callsOf(() => readAgain(context, settled, [name], newOp()))).map((call) => call.action);
      assert.ok(actions.includes(action), `${name}: ${actions}`);
    }
  });

  it('of the address alone takes one call', async () => {
    let url: string | undefined;
    const calls = await callsOf(async () => (url = await describeUrl(context, newOp())));
    assert.deepEqual(
      calls.map(({ action }) => action),
      ['DescribeInstances'],
    );
    assert.equal(url, `http://${known(settled.server)?.host}/`);
    assert.equal(await describeUrl(newContext(), newOp()), undefined);
  });

  it('that fails leaves what was read, marked as old with the reason, until one succeeds', async () => {
    for (const [service, actions, name] of [
      ['ec2', ['DescribeInstances'], 'server'],
      ['ec2', ['DescribeVolumes'], 'volume'],
      ['s3', ['HeadBucket', 'ListObjectsV2'], 'bucket'],
      ['cloudfront', ['GetDistribution'], 'distribution'],
    ] as const) {
      for (const action of actions) await refuse(service, action);
      const old = await glanceAtSite(context, settled, newOp());
      const seen: Seen<unknown> = old[name];
      assert.ok(seen.kind === 'known' && seen.old, name);
      assert.deepEqual(seen.have, known<unknown>(settled[name]));
      for (const other of ['server', 'volume', 'bucket', 'distribution'] as const) {
        if (other !== name) assert.deepEqual(old[other], settled[other]);
      }
      await controlPlane().send('DELETE', 'faults');
      assert.deepEqual(await glanceAtSite(context, old, newOp()), settled);
    }
  });

  it('that fails is unknown with its reason where nothing was known, and stays so for planning', async () => {
    await refuse('ec2', 'DescribeInstances');
    const { server } = await describeSite(context, newOp());
    assert.ok(server.kind === 'unknown' && /^ec2:DescribeInstances is not allowed/.test(server.reason));
    await refuse('ec2', 'DescribeInstances');
    const shown = await describeSite(context, newOp(), settled);
    assert.ok(shown.server.kind === 'known' && shown.server.old);
    await refuse('ec2', 'DescribeInstances');
    const again = await glanceAtSite(context, { ...settled, server: { kind: 'unknown', reason: 'x' } }, newOp());
    assert.equal(again.server.kind, 'unknown');
  });

  it('of which one detail fails tells the rest of the server', async () => {
    const denies = ['iam:GetInstanceProfile', 'ec2:DescribeSecurityGroups', 'ssm:DescribeInstanceInformation'] as const;
    for (const action of denies) await controlPlane().send('POST', 'denies', { action });
    const { server } = await describeSite(context, newOp());
    const have = known(server) ?? assert.fail('unknown');
    assert.deepEqual([have.state, have.role, have.portOpen, have.online], ['running', undefined, undefined, false]);
    assert.match(have.inspectionProblem ?? '', /^Could not read whether the server’s agent answers: /);
    assert.match(
      have.problems.join('\n'),
      /Could not read the server’s role: .*\nCould not read the server’s security/,
    );
    assert.ok(!isPending({ ...settled, server }));
    const steps = await provision(context, 'server');
    assert.deepEqual(steps, []);
  });

  it('of a server whose agent answers tells why the look inside failed, and that its role is right though IAM may not be read', async () => {
    const agent = newAgent({ Status: 'Failed', StatusDetails: 'Undeliverable' });
    const seeing: Context = { ...context, clients: { ...context.clients, ssm: agent.context.clients.ssm } };
    await controlPlane().send('POST', 'denies', { action: 'iam:GetInstanceProfile' });
    const have = known((await describeSite(seeing, newOp())).server) ?? assert.fail('unknown');
    assert.deepEqual([have.state, have.online, have.role, have.inspection], ['running', true, 'ready', undefined]);
    assert.match(
      have.inspectionProblem ?? '',
      /^Could not read what is inside the server: “look” could not be delivered/,
    );
    assert.deepEqual(have.problems, []);
  });

  it('of a server whose agent answers looks inside only when that has begun to answer, or in another boot', async () => {
    for (const [change, looks] of [
      [{}, 0],
      [{ online: false }, 1],
      [{ startedMs: 1 }, 1],
    ] as const) {
      const agent = newAgent({ Status: 'Success', StandardOutputContent: 'release=r2\n' });
      const seeing: Context = { ...context, clients: { ...context.clients, ssm: agent.context.clients.ssm } };
      const before = inside(settled, change);
      const now = await glanceAtSite(seeing, before, newOp());
      assert.equal(agent.sent.length, looks, JSON.stringify(change));
      if (looks === 0) assert.deepEqual(now, before);
      else assert.equal(known(now.server)?.inspection?.release, 'r2');
    }
  });

  it('forgets what was inside as soon as another volume is attached, or this one anew, until a deep reading tells', async () => {
    const agent = newAgent({ Status: 'Success', StandardOutputContent: 'release=r2\n' });
    const seeing: Context = { ...context, clients: { ...context.clients, ssm: agent.context.clients.ssm } };
    const volume = known(settled.volume) ?? assert.fail('no volume');
    assert.equal(volume.attachment?.state, 'attached');
    const others: readonly SiteHave['volume'][] = [
      { kind: 'known', have: { ...volume, volumeId: 'vol-0123' } },
      { kind: 'known', have: { ...volume, attachment: undefined } },
      { kind: 'known', have: { ...volume, attachment: { ...volume.attachment, state: 'attaching' } } },
      { kind: 'absent' },
    ];
    for (const other of others) {
      const now = await glanceAtSite(seeing, { ...inside(settled), volume: other }, newOp());
      const have = known(now.server) ?? assert.fail('no server');
      assert.deepEqual([have.inspection, have.inspectionProblem, have.online], [undefined, undefined, true]);
      assert.deepEqual(driftOf('volume', now), []);
      assert.deepEqual([isPending(now), isLacking(now), progressOf(now)], [true, true, undefined]);
      assert.equal(agent.sent.length, 0);
    }
    const old = { ...inside(settled), volume: others[0] ?? assert.fail() };
    await refuse('ec2', 'DescribeInstances');
    const unread = await readAgain(seeing, old, 'deep', newOp());
    assert.ok(unread?.server.kind === 'known' && unread.server.old && !unread.server.have.inspection);
    const now = await readAgain(seeing, unread, 'deep', newOp());
    assert.equal(now && known(now.server)?.inspection?.release, 'r2');
    assert.ok(now && !isLacking(now));
    assert.ok(!isLacking(await glanceAtSite(seeing, now, newOp())));
  });

  it('forgets whom the bucket lets read as soon as there is another distribution, until a deep reading tells', async () => {
    const have = known(settled.distribution) ?? assert.fail('no distribution');
    for (const other of [{ kind: 'absent' }, { kind: 'known', have: { ...have, arn: 'x', id: 'E0' } }] as const) {
      const now = await glanceAtSite(context, { ...settled, distribution: other }, newOp());
      assert.deepEqual([known(now.bucket)?.policy, known(now.distribution)], [undefined, have]);
      assert.deepEqual([driftOf('bucket', now), isLacking(now)], [[], true]);
    }
    assert.ok(!isLacking(settled));
  });

  it('keeps what is inside while the agent cannot be asked, and looks again in another boot', async () => {
    const before = inside(settled);
    await refuse('ssm', 'DescribeInstanceInformation');
    const kept = await glanceAtSite(context, before, newOp());
    assert.ok(kept.server.kind === 'known' && kept.server.old);
    assert.equal(kept.server.have.inspection?.release, 'r1');
    // Another moment of start is another boot: only a deep reading can tell what is inside.
    for (const [startedMs, isDeep] of [
      [known(before.server)?.startedMs, false],
      [1, true],
    ] as const) {
      await refuse('ssm', 'DescribeInstanceInformation');
      const calls = await callsOf(() => glanceAtSite(context, inside(settled, { startedMs }), newOp()));
      assert.equal(
        calls.some(({ action }) => action === 'GetInstanceProfile'),
        isDeep,
      );
    }
    const lost = await glanceAtSite(context, before, newOp());
    assert.equal(known(lost.server)?.online, false);
    assert.equal(known(lost.server)?.inspection, undefined);
  });

  it('of a site that is not there yet finds out when it is', async () => {
    const absent: SiteHave = {
      server: { kind: 'absent' },
      volume: { kind: 'absent' },
      bucket: { kind: 'absent' },
      distribution: { kind: 'absent' },
    };
    assert.deepEqual(await glanceAtSite(context, absent, newOp()), settled);
    assert.deepEqual(await glanceAtSite(newContext(), absent, newOp()), absent);
  });

  it('notices a server that was stopped or terminated elsewhere', async () => {
    const { instanceId } = known(settled.server) ?? assert.fail('no server');
    await context.clients.ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    const stopped = await glanceAtSite(context, inside(settled), newOp());
    const have = known(stopped.server) ?? assert.fail('no server');
    assert.match(have.state, /^stopp(ing|ed)$/);
    assert.deepEqual([have.online, have.inspection], [false, undefined]);
    await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    assert.equal((await glanceAtSite(context, stopped, newOp())).server.kind, 'absent');
  });
});
