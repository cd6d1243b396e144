import { CreateSecurityGroupCommand, DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import schema from '../../../media/sitelift.schema.json';
import { createClients, requireAccount } from '../../../src/core/aws/clients';
import type { Context } from '../../../src/core/context';
import { driftOf } from '../../../src/core/resources/drift';
import { ensureRole, profileName } from '../../../src/core/resources/server/role';
import { findSecurityGroup } from '../../../src/core/resources/network/securityGroup';
import { known } from '../../../src/core/resources/resource';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite, type ResourceName } from '../../../src/core/resources/stack';
import { parseSite } from '../../../src/core/site';
import { controlPlane, newContext, newOp } from '../sandbox';
import { INSIDE, keysOf, planned, provision, releaseAll } from './provisioned';

/** What becomes of the change of one want of a site that is there. */
type Outcome =
  /** It is planned, and after the run the plan is empty. */
  | { readonly to: unknown; readonly by: RegExp; readonly also?: object }
  /** It is refused before anything is changed, with the reason. */
  | { readonly to: unknown; readonly refused: RegExp; readonly also?: object }
  /** It takes a machine: the plan has this step for it. */
  | { readonly to: unknown; readonly inside: string }
  /** Nothing in AWS is to be changed: the mark tells why, if there is one to tell, else it is a matter of publishing or of names. */
  | { readonly to: unknown; readonly marked?: RegExp };

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

/** The wants of the site file as paths; what publishing alone goes by is none of provisioning’s. */
const WANTS = ['server', 'volume', 'bucket', 'distribution', 'assets', 'publish'];
function wantsOf({ properties = {} }: SchemaNode): string[] {
  return Object.entries(properties).flatMap(([name, node]) =>
    WANTS.includes(name) ? Object.keys(node.properties ?? {}).map((inner) => `${name}.${inner}`) : [name],
  );
}

/** Lets SSM tell the system of a server whose agent has fallen silent, as servers without a machine have no agent here. */
function tellSystem({ clients: { ssm } }: Context): void {
  const InstanceInformationList = [
    { PingStatus: 'ConnectionLost' as const, PlatformName: 'Amazon Linux', PlatformVersion: '2023' },
  ];
  ssm.middlewareStack.add(
    (next, { commandName }) =>
      (given) =>
        commandName === 'DescribeInstanceInformationCommand'
          ? Promise.resolve({ output: { $metadata: {}, InstanceInformationList }, response: {} })
          : next(given),
    { step: 'initialize' },
  );
}

describe('the change of a want of a site that is there', () => {
  let base: Context;
  let cases: Readonly<Record<string, Outcome>>;
  before(async () => {
    await controlPlane().send('POST', 'settings', { profileSeconds: 0.1 });
    base = newContext();
    await provision(base, 'all');
    const { ec2 } = base.clients;
    const own = await findSecurityGroup(base, undefined, newOp());
    const group = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: `w-${base.site.id}`, Description: 'w', VpcId: own?.VpcId }),
    );
    // Of its own network: other files make subnets as well.
    const Filters = [{ Name: 'vpc-id', Values: [own?.VpcId ?? assert.fail('no group')] }];
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters }));
    const { zone } = known((await describeSite(base, newOp())).server) ?? assert.fail('no server');
    const other = newContext();
    await ensureRole(other, newOp());
    cases = {
      $schema: { to: 'https://example.com/schema.json' },
      name: { to: 'Another name' },
      id: { to: 'zzzzzzzz', refused: /./ },
      account: { to: '999999999999', refused: /999999999999/ },
      region: { to: 'eu-west-1', refused: /This site lies in us-east-1, but sitelift\.json says eu-west-1\./ },
      root: { to: 'web' },
      'server.address': { to: 'elastic', by: /address/ },
      'server.openTo': { to: 'cloudfront', by: /securityGroup/, also: { distribution: { serves: 'site' } } },
      'server.image': {
        to: 'ubuntu-24.04',
        refused: /the system is amazon-linux-2023, wanted ubuntu-24\.04\. The system/,
      },
      'server.instanceType': { to: 't3.small', by: /instanceType/ },
      'server.keyName': {
        to: 'mine',
        refused: /the key pair is none, wanted mine\. The key pair of a server is chosen/,
      },
      'server.securityGroup': { to: group.GroupId, by: /serverGroups/ },
      'server.subnet': {
        to: Subnets.find(({ AvailabilityZone }) => AvailabilityZone !== zone)?.SubnetId,
        refused: /the subnet is subnet-\w+, wanted subnet-\w+\. The subnet of a server is chosen/,
      },
      'server.instanceProfile': {
        to: profileName(other.site),
        refused: /the instance profile is sitelift-\S+, wanted sitelift-\S+\. .*Sitelift does not exchange it/,
      },
      'volume.sizeGib': { to: 2, by: /growVolume/ },
      'volume.partitionMib': { to: 500, inside: 'mount' },
      'volume.device': { to: '/dev/sdg', marked: /has the device name that it was attached with: Detach Volume…/ },
      'bucket.name': {
        to: 'not-there-at-all',
        refused:
          /reads another bucket than sitelift\.json says\. Images are in the bucket sitelift-\S+ and would not be/,
      },
      'distribution.serves': { to: 'site', by: /distributionSettings/ },
      'distribution.enabled': { to: false, by: /distributionSettings/ },
      'distribution.geoRestriction': { to: { block: ['FR'] }, by: /distributionSettings/ },
      'distribution.priceClass': { to: 'PriceClass_200', by: /distributionSettings/ },
      'assets.naming': { to: 'hashed' },
    };
  });
  after(async () => {
    await releaseAll(base);
    await controlPlane().send('POST', 'settings', { profileSeconds: 1 });
  });

  const changed = (path: string, to: unknown, also: object = {}): Context => {
    const file = JSON.parse(JSON.stringify({ ...base.site, ...also })) as Record<string, unknown>;
    const [section = '', property] = path.split('.');
    const inner = { ...(file[section] as object) };
    if (property === undefined) file[section] = to;
    else file[section] = { ...inner, [property]: to };
    const site = parseSite(JSON.stringify(file));
    return { clients: createClients({ region: site.region }), site };
  };
  const fullPlan = async (context: Context) =>
    keysOf(planProvision('all', context, await describeSite(context, newOp())));

  it('is one of those that are tried here, each want of the site file among them', () => {
    const wants = wantsOf(schema as SchemaNode).filter((path) => !path.startsWith('publish.'));
    assert.deepEqual(Object.keys(cases).sort(), wants.sort());
  });

  for (const path of wantsOf(schema as SchemaNode).filter((one) => !one.startsWith('publish.'))) {
    it(`leaves nothing to do once its plan was run, or is refused with its reason: ${path}`, async () => {
      const outcome = cases[path] ?? assert.fail(`nobody says what becomes of ${path}`);
      if (path === 'id')
        return void assert.equal((await describeSite(changed(path, outcome.to), newOp())).server.kind, 'absent');
      const context = changed(path, outcome.to, 'also' in outcome ? outcome.also : {});
      if (path === 'account') {
        return void (await assert.rejects(
          requireAccount(context.clients, context.site.account, newOp()),
          /999999999999/,
        ));
      }
      if (path === 'server.image') tellSystem(context);
      if ('refused' in outcome) return void (await assert.rejects(fullPlan(context), outcome.refused));
      if ('inside' in outcome) return void assert.ok((await fullPlan(context)).includes(outcome.inside));
      if ('by' in outcome) {
        assert.match(keysOf(await planned(context, 'all')).join(' '), outcome.by);
        await provision(context, 'all');
        assert.deepEqual(keysOf(await planned(context, 'all')), []);
        const site = await describeSite(context, newOp());
        const names = Object.keys(site) as ResourceName[];
        assert.deepEqual(
          names.flatMap((name) => driftOf(name, site)),
          [],
        );
        if (outcome.also) await provision(base, 'all');
        else base = context;
        return;
      }
      assert.deepEqual(
        (await fullPlan(context)).filter((key) => !INSIDE.includes(key)),
        [],
      );
      const told = driftOf('volume', await describeSite(context, newOp())).map(({ refusal }) => refusal);
      assert.equal(told.length > 0, outcome.marked !== undefined);
      if (outcome.marked) assert.match(told.join(), outcome.marked);
    });
  }
});
