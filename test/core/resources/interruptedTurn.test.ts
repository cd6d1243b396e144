import assert from 'node:assert/strict';
import { createClients } from '../../../src/core/aws/clients';
import type { Context } from '../../../src/core/context';
import { newSiteId, parseSite } from '../../../src/core/site';
import { sample } from '../../setup/sampling';
import { ACCOUNT, controlPlane } from '../sandbox';
import { actWhole, assertSends, AT_ONCE, disturb, openStage, WAYS, type Stage } from './acting';
import { inventory } from './inventory';
import { releaseAll } from './provisioned';
import { idsOf, instancesOf, stopServer, takenSnapshot, volumesOf } from './succeeded';

type Turn = 'snapshot' | 'restore' | 'replace';

/** The operations of EC2 that change something, of which a run has each. */
const CHANGES: Readonly<Record<Turn, readonly string[]>> = {
  snapshot: ['CreateSnapshot'],
  restore: ['CreateVolume', 'DetachVolume', 'CreateTags', 'StartInstances', 'AttachVolume'],
  replace: ['RunInstances', 'DetachVolume', 'CreateTags', 'AttachVolume', 'AssociateAddress', 'TerminateInstances'],
};
const SOME = 1;
const clients = createClients({ region: 'us-east-1' });

describe('a site, of which', function () {
  this.timeout(180_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage?.close());
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', AT_ONCE);
    await releaseAll({ clients, site: parseSite(siteText(newSiteId())) });
  });

  const siteText = (id: string) =>
    JSON.stringify({
      ...{ name: 'demo', id, account: ACCOUNT, region: 'us-east-1', server: { address: 'elastic' } },
    });
  /** A whole site whose server is stopped; nothing could unmount the volume of one that runs. */
  const newSite = async (act: Turn): Promise<{ siteFile: string; context: Context }> => {
    const siteFile = siteText(newSiteId());
    const context = { clients, site: parseSite(siteFile) };
    await done(siteFile, 'provision');
    if (act !== 'snapshot') await stopServer(context);
    if (act === 'restore') await takenSnapshot(context);
    return { siteFile, context };
  };
  const done = (siteFile: string, act: Turn | 'provision') => actWhole(stage, { siteFile, act });

  for (const act of ['snapshot', 'restore', 'replace'] as const) {
    it(`nothing disturbs the ${act}, sends just the changes that are tried out here`, async () => {
      const { siteFile } = await newSite(act);
      await assertSends(stage, siteFile, act, CHANGES[act]);
      if (act === 'snapshot') assert.deepEqual(await done(siteFile, act), []);
      assert.deepEqual(await done(siteFile, 'provision'), []);
    });

    const all = CHANGES[act].flatMap((operation) => WAYS.map((way) => ({ operation, way })));
    for (const { operation, way } of sample(all, SOME, `interrupted ${act}`)) {
      it(`the ${act} is ${way.title} ${operation} has one server that has its one volume after another run`, async () => {
        const { context, siteFile } = await newSite(act);
        const before = await inventory(clients);
        await disturb(stage, { siteFile, act }, { service: 'ec2', operation, way });
        await controlPlane().send('POST', 'settings', AT_ONCE);
        if (act === 'snapshot') {
          await done(siteFile, act);
          const added = (await inventory(clients)).filter((item) => !before.includes(item));
          assert.deepEqual(
            added.map((item) => item.split(' ')[0]),
            ['snapshot'],
          );
        }
        await done(siteFile, 'provision');
        assert.deepEqual(await done(siteFile, 'provision'), []);
        const { server = [], ...others } = await instancesOf(context);
        assert.deepEqual([server.length, others], [1, {}]);
        const { holderId, instanceId } = await idsOf(context);
        assert.equal(holderId, instanceId);
        const { volume = [], 'former-volume': formers = [] } = await volumesOf(context);
        const count = volume.length + formers.length;
        assert.ok(act === 'restore' ? count <= 2 : count === 1, `${count} volumes`);
      });
    }
  }
});
