import { DescribeVolumesCommand, ModifyVolumeCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { run, stepsOf } from '../../../src/core/plan';
import { scriptText } from '../../../src/core/remote/ssm';
import growScript from '../../../src/core/remote/scripts/grow.sh';
import { driftText } from '../../../src/core/resources/driftText';
import { lackOf, shrinkRefusal } from '../../../src/core/resources/volume/growth';
import { known } from '../../../src/core/resources/resource';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite, type SiteHave } from '../../../src/core/resources/stack';
import { parseSite } from '../../../src/core/site';
import { newAgent } from '../remote/agent';
import { controlPlane, newContext, newOp } from '../sandbox';
import { callsOf, changesOf, count, keysOf, planned, provision, requests } from './provisioned';

const MIB = 1024 ** 2;
/** The same site with other wishes for its volume. */
const asking = ({ clients, site }: Context, volume: object): Context => ({
  clients,
  site: parseSite(JSON.stringify({ ...site, volume: { ...site.volume, ...volume } })),
});
const volumeOf = async (context: Context) =>
  known((await describeSite(context, newOp())).volume) ?? assert.fail('no volume');

describe('the size of a mounted volume', () => {
  const whole = {
    ...{ diskBytes: 1024 * MIB, roomBytes: 1022 * MIB },
    ...{ sizeBytes: 1022 * MIB, fileSystemBytes: 1022 * MIB },
  };
  const part = { ...whole, sizeBytes: 250 * MIB, fileSystemBytes: 250 * MIB };

  it('is as asked where nothing lacks', () => {
    assert.equal(lackOf({ sizeGib: 1 }, whole), undefined);
    assert.equal(lackOf({ sizeGib: 1, partitionMib: 250 }, part), undefined);
    assert.equal(lackOf({ sizeGib: 1 }, { ...whole, sizeBytes: 1019 * MIB, fileSystemBytes: 1015 * MIB }), undefined);
  });

  it('lacks what the disk, the partition or the file system has not got yet, told with both values', () => {
    const told = (...[wanted, mount]: Parameters<typeof lackOf>) => driftText(lackOf(wanted, mount) ?? assert.fail());
    assert.equal(told({ sizeGib: 2 }, whole), 'the disk that the server sees is 1024 MiB, wanted 2048 MiB');
    assert.equal(told({ sizeGib: 1 }, part), 'the partition is 250 MiB, wanted 1022 MiB');
    assert.equal(told({ sizeGib: 1, partitionMib: 251 }, part), 'the partition is 250 MiB, wanted 251 MiB');
    assert.equal(
      told({ sizeGib: 1 }, { ...whole, fileSystemBytes: 250 * MIB }),
      'the file system is 250 MiB, wanted 1022 MiB',
    );
    const bare = { ...whole, roomBytes: 0, sizeBytes: 2048 * MIB, diskBytes: 2048 * MIB };
    assert.equal(told({ sizeGib: 2 }, bare), 'the file system is 1022 MiB, wanted 2048 MiB');
  });

  it('is left alone where its file system is none that is made larger', () => {
    assert.equal(lackOf({ sizeGib: 2 }, { ...part, fileSystemBytes: 0 }), undefined);
  });

  it('never gets smaller, which is told with what to write instead', () => {
    const have = { volumeId: 'vol-1', sizeGib: 2 };
    assert.equal(
      shrinkRefusal({ sizeGib: 1 }, have, undefined),
      'The volume vol-1 has 2 GiB, and sitelift.json asks for 1 GiB. A volume cannot shrink: write 2 as “volume.sizeGib”.',
    );
    assert.match(
      shrinkRefusal({ sizeGib: 2, partitionMib: 100 }, have, part) ?? '',
      /write 250 as “volume\.partitionMib”/,
    );
    assert.equal(shrinkRefusal({ sizeGib: 2, partitionMib: 250 }, have, part), undefined);
    assert.equal(shrinkRefusal({ sizeGib: 2, partitionMib: 100 }, have, { ...part, roomBytes: 0 }), undefined);
    assert.equal(shrinkRefusal({ sizeGib: 3 }, have, whole), undefined);
  });
});

describe('growing a volume', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1, modificationSeconds: 0.5 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));
  after(() => controlPlane().send('POST', 'settings', { cooldownSeconds: 6 * 3600, modificationSeconds: 1 }));

  async function newVolume(): Promise<Context> {
    const context = newContext();
    await provision(context, 'volume');
    return context;
  }

  it('is planned with both sizes, done once, and leaves nothing to do outside of the machine', async () => {
    const context = asking(await newVolume(), { sizeGib: 2 });
    const { volumeId } = await volumeOf(context);
    const full = planProvision('volume', context, await describeSite(context, newOp()));
    assert.deepEqual(keysOf(full).slice(-3), ['growVolume', 'mount', 'growFileSystem']);
    const plan = await planned(context, 'volume');
    assert.deepEqual(
      stepsOf(plan).map(({ loses, title }) => [title, loses]),
      [[`grow volume ${volumeId} from 1 to 2 GiB (it can never shrink; AWS allows few changes a day)`, undefined]],
    );
    await run(plan, newOp());
    assert.equal((await volumeOf(context)).sizeGib, 2);
    assert.deepEqual(changesOf(await callsOf(() => run(plan, newOp()))), []);
    assert.deepEqual(keysOf(await planned(context, 'volume')), []);
    assert.deepEqual(await count(context), { instances: 1, dataVolumes: 1 });
  });

  for (const [title, fault] of [
    ['access is lost before', { kind: 'error', when: 'before', code: 'UnauthorizedOperation', status: 403 }],
    ['the connection is cut after', { kind: 'cut', when: 'after' }],
    ['AWS fails after', { kind: 'error', when: 'after', code: 'InternalError', status: 500 }],
  ] as const) {
    it(`comes to the same size the next time when ${title} ModifyVolume`, async () => {
      const context = asking(await newVolume(), { sizeGib: 2 });
      const modify = { service: 'ec2', action: 'ModifyVolume' };
      await controlPlane().send('POST', 'faults', { ...modify, ...fault });
      if (fault.code === 'UnauthorizedOperation') await assert.rejects(provision(context, 'volume'));
      else await provision(context, 'volume');
      await controlPlane().send('DELETE', 'faults');
      await provision(context, 'volume');
      assert.equal((await volumeOf(context)).sizeGib, 2);
      assert.deepEqual(keysOf(await planned(context, 'volume')), []);
    });
  }

  it('goes on waiting for a change that was asked for before, and asks for none', async () => {
    const context = asking(await newVolume(), { sizeGib: 2 });
    const { volumeId } = await volumeOf(context);
    await context.clients.ec2.send(new ModifyVolumeCommand({ VolumeId: volumeId, Size: 2 }));
    const calls = await callsOf(() => provision(context, 'volume'));
    assert.deepEqual(requests(calls, 'ModifyVolume'), []);
    assert.equal((await volumeOf(context)).sizeGib, 2);
  });

  it('tells that AWS could not grow it, and why, instead of waiting for that', async () => {
    const context = asking(await newVolume(), { sizeGib: 2 });
    await controlPlane().send('POST', 'settings', { modificationSeconds: 1e6 });
    const failed = { ModificationState: 'failed', StatusMessage: 'The key is disabled' };
    context.clients.ec2.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const seen = await next(args);
          const { VolumesModifications = [] } = seen.output as { VolumesModifications?: object[] };
          if (commandName === 'DescribeVolumesModificationsCommand') {
            for (const one of VolumesModifications) Object.assign(one, failed);
          }
          return seen;
        },
      { step: 'initialize' },
    );
    try {
      await assert.rejects(provision(context, 'volume'), /could not grow the volume vol-\w+: The key is disabled/);
    } finally {
      await controlPlane().send('POST', 'settings', { modificationSeconds: 0 });
    }
  });

  it('tells in words that AWS allows no other change now, whether one is under way or was a while ago', async () => {
    const before = await newVolume();
    const { volumeId } = await volumeOf(before);
    await controlPlane().send('POST', 'settings', { modificationSeconds: 1e6 });
    try {
      await before.clients.ec2.send(new ModifyVolumeCommand({ VolumeId: volumeId, Size: 2 }));
      await assert.rejects(
        provision(asking(before, { sizeGib: 3 }), 'volume'),
        /is still being changed to 2 GiB \(modifying, 0 %\), and AWS makes one change at a time/,
      );
    } finally {
      await controlPlane().send('POST', 'settings', { modificationSeconds: 0 });
    }
    await provision(asking(before, { sizeGib: 2 }), 'volume');
    await assert.rejects(
      provision(asking(before, { sizeGib: 3 }), 'volume'),
      /lets a volume be changed a few times a day only.*nothing was changed now/,
    );
    await controlPlane().send('POST', 'settings', { cooldownSeconds: 0, modificationSeconds: 0.5 });
    await provision(asking(before, { sizeGib: 3 }), 'volume');
    assert.equal((await volumeOf(before)).sizeGib, 3);
  });

  it('is refused the other way round before anything is changed, also where somebody made it larger elsewhere', async () => {
    const context = await newVolume();
    const { volumeId } = await volumeOf(context);
    await provision(asking(context, { sizeGib: 4 }), 'volume');
    assert.deepEqual((await volumeOf(context)).wanted, { sizeGib: 1, device: '/dev/sdf' });
    for (const what of ['volume', 'all'] as const) {
      const calls = await callsOf(() =>
        assert.rejects(planned(context, what), /has 4 GiB, and sitelift\.json asks for 1 GiB.*Nothing was changed/),
      );
      assert.deepEqual(changesOf(calls), []);
    }
    assert.deepEqual(keysOf(await planned(context, 'server')), []);
    const { Volumes } = await context.clients.ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }));
    assert.equal(Volumes?.[0]?.Size, 4);
  });

  it('sends the script what the site file asks for, and only where something lacks', async () => {
    const context = await newVolume();
    const site = await describeSite(context, newOp());
    const [server, volume] = [known(site.server), known(site.volume)];
    if (!server || !volume) assert.fail('not there');
    const mount = {
      ...{ partition: '/dev/nvme1n1p1', serial: volume.volumeId.replace('-', ''), fileSystem: 'ext4', inFstab: true },
      ...{ sizeBytes: 250 * MIB, freeBytes: 1, diskBytes: 1024 * MIB, roomBytes: 1022 * MIB },
      fileSystemBytes: 250 * MIB,
    };
    const inspection = {
      ...{ webServer: { installed: true, enabled: true, active: true }, mount },
      ...{ release: undefined, list: undefined, placing: undefined, settings: undefined },
    };
    const seen: SiteHave = { ...site, server: { kind: 'known', have: { ...server, online: true, inspection } } };
    const agent = newAgent({ Status: 'Success' });
    const clients = { ...context.clients, ssm: agent.context.clients.ssm };
    for (const [wish, sent] of [
      [{ partitionMib: 250 }, undefined],
      [{ partitionMib: 300 }, '300'],
      [{}, '0'],
    ] as const) {
      const wanted = asking({ clients, site: context.site }, wish);
      const plan = planProvision('volume', wanted, seen);
      assert.deepEqual(keysOf(plan), sent === undefined ? [] : ['growFileSystem']);
      agent.sent.length = 0;
      await run(plan, newOp());
      const values: Record<string, string> = {
        ...{ VOLUME_ID: volume.volumeId, SERIAL: mount.serial, SIZE_GIB: '1' },
        ...{ PARTITION_MIB: sent ?? '', MOUNT_POINT: '/var/www/html' },
      };
      assert.deepEqual(
        agent.sent.map(({ Parameters }) => Parameters?.['commands']?.[0]),
        sent === undefined ? [] : [scriptText({ script: growScript, values })],
      );
    }
  });
});
