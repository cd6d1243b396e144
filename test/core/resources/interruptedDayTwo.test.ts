import assert from 'node:assert/strict';
import { AuthorizeSecurityGroupIngressCommand } from '@aws-sdk/client-ec2';
import { createClients } from '../../../src/core/aws/clients';
import type { Context } from '../../../src/core/context';
import { findSecurityGroup } from '../../../src/core/resources/network/securityGroup';
import { newSiteId, parseSite } from '../../../src/core/site';
import { sample } from '../../setup/sampling';
import { ACCOUNT, controlPlane, newOp } from '../sandbox';
import { actWhole, assertSends, AT_ONCE, disturb, openStage, WAYS, type Stage } from './acting';
import type { Act } from './actor';
import { inventory } from './inventory';
import { releaseAll } from './provisioned';
import { stopServer } from './succeeded';

/** What is done to a site that is there, and the operations that it sends. */
interface Deed {
  readonly act: Act;
  readonly service: 'ec2' | 'cloudfront';
  readonly sends: readonly string[];
  /** What its file asks for from then on. */
  readonly wants?: Readonly<Record<string, unknown>>;
  /** What became of the site before. */
  readonly before?: (context: Context) => Promise<unknown>;
  /** How many things of a kind there are more, or fewer, afterwards. */
  readonly more?: Readonly<Record<string, number>>;
}

const elastic = { server: { address: 'elastic' } };
const DEEDS: Readonly<Record<string, Deed>> = {
  'start of the server': { act: 'start', service: 'ec2', sends: ['StartInstances'], before: stopServer },
  'stop of the server': { act: 'stop', service: 'ec2', sends: ['StopInstances'] },
  'detachment of the volume': { act: 'detach', service: 'ec2', sends: ['DetachVolume'], before: stopServer },
  'change of the instance type': {
    ...{ act: 'provision', service: 'ec2', wants: { server: { instanceType: 't3.small' } } },
    sends: ['StopInstances', 'ModifyInstanceAttribute', 'StartInstances'],
  },
  'growth of the volume': {
    ...{ act: 'provision', service: 'ec2', wants: { volume: { sizeGib: 2 } }, sends: ['ModifyVolume'] },
  },
  'allocation of an address': {
    ...{ act: 'provision', service: 'ec2', wants: elastic, sends: ['AllocateAddress', 'AssociateAddress'] },
    more: { address: 1 },
  },
  'closing of a port': { act: 'provision', service: 'ec2', sends: ['RevokeSecurityGroupIngress'], before: openPort },
  'disabling of the distribution': {
    ...{ act: 'provision', service: 'cloudfront', wants: { distribution: { enabled: false } } },
    sends: ['UpdateDistribution'],
  },
  'geo restriction': {
    ...{ act: 'provision', service: 'cloudfront', sends: ['UpdateDistribution'] },
    wants: { distribution: { geoRestriction: { block: ['FR'] } } },
  },
};
const SOME = 3;
const clients = createClients({ region: 'us-east-1' });

async function openPort(context: Context): Promise<void> {
  const group = await findSecurityGroup(context, undefined, newOp());
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '192.0.2.0/24' }] }];
  await clients.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group?.GroupId, IpPermissions }));
}

/** How many things of each kind the account has. */
async function counts(): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (const item of await inventory(clients)) {
    const [kind = ''] = item.split(' ');
    found[kind] = (found[kind] ?? 0) + 1;
  }
  return found;
}

describe('a site in its day two, whose', function () {
  this.timeout(180_000);
  let stage: Stage;
  let site: { readonly file: string; readonly context: Context };
  const siteText = (id: string, wants: object = {}) =>
    JSON.stringify({ name: 'demo', id, account: ACCOUNT, region: 'us-east-1', ...wants });

  before(async () => {
    stage = await openStage();
  });
  after(() => stage?.close());
  beforeEach(async () => {
    const file = siteText(newSiteId());
    site = { file, context: { clients, site: parseSite(file) } };
    await actWhole(stage, { siteFile: file, act: 'provision' });
  });
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('POST', 'settings', AT_ONCE);
    await releaseAll(site.context);
  });

  const wanting = ({ wants }: Deed) => siteText(site.context.site.id, wants);

  for (const [title, deed] of Object.entries(DEEDS)) {
    it(`${title} is not disturbed sends just the changes that are tried out here, and none once more`, async () => {
      await deed.before?.(site.context);
      const part = { siteFile: wanting(deed), act: deed.act };
      await assertSends(stage, part.siteFile, deed.act, deed.sends);
      assert.deepEqual(await actWhole(stage, part), []);
    });
  }

  const all = Object.entries(DEEDS).flatMap(([title, deed]) =>
    deed.sends.flatMap((operation) => WAYS.map((way) => ({ title, deed, operation, way }))),
  );
  for (const { title, deed, operation, way } of sample(all, SOME, 'interrupted day two')) {
    it(`${title} is ${way.title} ${operation} is as wanted after another run, with nothing more than before`, async () => {
      const earlier = await counts();
      await deed.before?.(site.context);
      const part = { siteFile: wanting(deed), act: deed.act };
      await disturb(stage, part, { service: deed.service, operation, way });
      await actWhole(stage, part);
      assert.deepEqual(await actWhole(stage, part), []);
      const expected = { ...earlier };
      for (const [kind, count] of Object.entries(deed.more ?? {})) expected[kind] = (expected[kind] ?? 0) + count;
      assert.deepEqual(await counts(), expected);
    });
  }
});
