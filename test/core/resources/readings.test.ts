import assert from 'node:assert/strict';
import { afterEffects, allOld, isSameSeen, namesRead, unreadOf } from '../../../src/core/resources/readings';
import type { BucketHave } from '../../../src/core/resources/bucket/bucket';
import { outsideOf } from '../../../src/core/resources/server/server';
import { planProvision } from '../../../src/core/resources/planProvision';
import { isPending, type ResourceName, type SiteHave } from '../../../src/core/resources/stack';
import { newContext } from '../sandbox';
import { SETTLED_SERVER as server } from './settledServer';

const absent = { kind: 'absent' } as const;
const known = (have: object) => ({ kind: 'known' as const, have: have as never });
const bucketHave = { name: 'b', objects: new Map([['a.png', { sizeBytes: 1, etag: 'x' }]]) } as unknown as BucketHave;
const settled: SiteHave = {
  server: known(server),
  volume: known({ volumeId: 'vol-1', state: 'in-use', attachment: { state: 'attached' } }),
  bucket: known(bucketHave),
  distribution: known({ id: 'E1', deployed: true, drift: [] }),
};
const NAMES: readonly ResourceName[] = ['server', 'volume', 'bucket', 'distribution'];
const none: SiteHave = { server: absent, volume: absent, bucket: absent, distribution: absent };

describe('a site that could not be read', () => {
  it('is shown as it was, marked as old, and as unknown where nothing was known', () => {
    const old = allOld({ ...settled, bucket: absent }, 'no network');
    for (const name of ['server', 'volume', 'distribution'] as const) {
      assert.deepEqual(old[name], { ...settled[name], old: 'no network' });
    }
    assert.deepEqual(old.bucket, { kind: 'unknown', reason: 'no network' });
  });

  it('is told by the resources that are old or unknown', () => {
    assert.deepEqual(unreadOf(settled), []);
    assert.deepEqual(unreadOf(none), []);
    assert.deepEqual(unreadOf({ ...allOld(settled, 'x'), volume: settled.volume, bucket: absent }), [
      'server',
      'distribution',
    ]);
    assert.deepEqual(unreadOf({ ...settled, volume: { kind: 'unknown', reason: 'x' } }), ['volume']);
  });

  it('is told by what was read of a scope', () => {
    const half = { ...allOld(settled, 'x'), volume: settled.volume, bucket: settled.bucket };
    assert.deepEqual(namesRead(settled, 'cheap'), NAMES);
    assert.deepEqual(namesRead(half, 'deep'), ['volume', 'bucket']);
    assert.deepEqual(namesRead(half, ['server', 'bucket']), ['bucket']);
    assert.deepEqual(namesRead(settled, []), []);
  });

  it('is what work after work has made of it, with all that these want to be read again', () => {
    const seen: SiteHave[] = [];
    const effect = (site: SiteHave, reread: readonly ResourceName[]) => (before: SiteHave) => {
      seen.push(before);
      return { site, reread };
    };
    const half = { ...settled, bucket: absent };
    const effects = [effect(half, ['volume', 'bucket']), effect(settled, ['bucket', 'server'])];
    assert.deepEqual(afterEffects(none, effects), { site: settled, reread: ['volume', 'bucket', 'server'] });
    assert.deepEqual(seen, [none, half]);
    assert.deepEqual(afterEffects(settled, []), { site: settled, reread: [] });
    assert.deepEqual(afterEffects(undefined, effects), { site: undefined, reread: [] });
  });

  it('is another than it was when any of it is, or when its bucket holds another number of objects', () => {
    assert.ok(!isSameSeen(undefined, settled));
    assert.ok(isSameSeen(settled, structuredClone(settled)));
    for (const name of NAMES) assert.ok(!isSameSeen(settled, { ...settled, [name]: absent }), name);
    assert.ok(!isSameSeen(settled, { ...settled, bucket: known({ ...bucketHave, objects: new Map() }) }));
  });
});

describe('a site on its way', () => {
  it('is looked at again soon while something changes by itself', () => {
    const pending: readonly Partial<SiteHave>[] = [
      ...['pending', 'stopping', 'shutting-down'].map((state) => ({ server: known({ ...server, state }) })),
      { server: known({ ...server, online: false }) },
      { volume: known({ state: 'creating' }) },
      ...['attaching', 'detaching', 'busy'].map((state) => ({
        volume: known({ state: 'in-use', attachment: { state } }),
      })),
      { distribution: known({ deployed: false }) },
    ];
    for (const change of pending) assert.ok(isPending({ ...settled, ...change }), JSON.stringify(change));
    for (const change of pending) assert.ok(isPending({ ...none, ...change }), JSON.stringify(change));
  });

  it('is left alone when it stays as it is', () => {
    assert.ok(!isPending(settled));
    assert.ok(!isPending(none));
    assert.ok(!isPending({ ...settled, server: known({ ...server, state: 'stopped', online: false }) }));
    assert.ok(!isPending({ ...settled, server: known({ ...server, online: false, inspectionProblem: 'denied' }) }));
    assert.ok(!isPending({ ...settled, volume: known({ state: 'available' }) }));
  });
});

describe('a plan', () => {
  const context = newContext();

  it('is not made from what could not be read, and does not ask for more than it needs', () => {
    const needs: Record<ResourceName | 'all', readonly ResourceName[]> = {
      server: ['server', 'volume'],
      volume: ['server', 'volume'],
      bucket: ['bucket'],
      distribution: ['bucket', 'distribution'],
      all: NAMES,
    };
    for (const [what, needed] of Object.entries(needs) as [ResourceName | 'all', readonly ResourceName[]][]) {
      for (const name of NAMES) {
        const site = { ...none, [name]: { kind: 'unknown', reason: 'No network.' } };
        const plan = () => planProvision(what, context, site);
        if (!needed.includes(name)) assert.ok(plan().length > 0);
        else assert.throws(plan, { message: `AWS could not be read, so nothing is planned. ${name}: No network.` });
      }
    }
    const blind = allOld(none, 'No network.');
    assert.throws(() => planProvision('server', context, blind), /server: No network\. volume: No network\.$/);
  });

  it('of all makes the server’s side and the bucket’s side by side', () => {
    const stages = planProvision('all', context, none).map((stage) => stage.map(({ key }) => key));
    assert.deepEqual(stages, [
      ['role', 'securityGroup', 'bucket'],
      ['instance', 'distribution'],
      ['webServer', 'bucketPolicy'],
      ['volume'],
      ['attachment'],
      ['mount'],
    ]);
    assert.deepEqual(planProvision('server', context, none).flat().length, 4);
    assert.deepEqual(planProvision('bucket', context, none).flat().length, 1);
  });

  it('says what a distribution is in front of', () => {
    const titleFor = (serves: string) =>
      planProvision(
        'all',
        newContext((file) => (file['distribution'] = { serves })),
        none,
      )
        .flat()
        .find(({ key }) => key === 'distribution')?.title;
    assert.equal(titleFor('images'), 'create CloudFront distribution in front of the bucket');
    assert.match(titleFor('site') ?? '', /in front of server and bucket \(the whole site, by HTTPS\)$/);
  });

  it('says how large a volume becomes, and what of it is mounted', () => {
    const titles = (volume: object) =>
      planProvision(
        'volume',
        newContext((file) => (file['volume'] = volume)),
        none,
      )
        .flat()
        .map(({ title }) => title)
        .slice(-3);
    assert.deepEqual(titles({ sizeGib: 7 }), [
      'create 7 GiB encrypted gp3 volume',
      'attach the volume to the server',
      'mount the volume on /var/www/html (ext4; formats only a blank volume)',
    ]);
    assert.match(titles({ sizeGib: 7, partitionMib: 250 })[2] ?? '', /^mount a 250 MiB partition on/);
  });
});

describe('what EC2 tells of an instance', () => {
  it('is its address by name, or by number where the VPC gives no names', () => {
    const instance = {
      PublicDnsName: 'ec2.invalid',
      PublicIpAddress: '192.0.2.1',
      Placement: { AvailabilityZone: 'z' },
    };
    const LaunchTime = new Date(1234);
    assert.deepEqual(
      outsideOf({ ...instance, LaunchTime, InstanceType: 't3.micro', State: { Name: 'running' } }, 'i-1'),
      {
        ...{ instanceId: 'i-1', state: 'running', instanceType: 't3.micro', zone: 'z', publicIp: '192.0.2.1' },
        ...{ startedMs: 1234, host: 'ec2.invalid', address: 'changing' },
      },
    );
    assert.equal(outsideOf({ ...instance, PublicDnsName: '' }, 'i-1').host, '192.0.2.1');
    assert.deepEqual(outsideOf({}, 'i-1'), {
      ...{ instanceId: 'i-1', state: 'pending', instanceType: '', zone: '', publicIp: undefined },
      ...{ startedMs: undefined, host: undefined, address: undefined },
    });
  });
});
