import assert from 'node:assert/strict';
import { sample } from '../../setup/sampling';
import { controlPlane, newContext } from '../sandbox';
import { count, keysOf, planned, provision } from './provisioned';

describe('server and volume, when making them is cut short,', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.2 }));
  beforeEach(() => controlPlane().send('DELETE', 'faults'));

  const changes = [
    ['iam', 'CreateRole'],
    ['iam', 'PutRolePolicy'],
    ['iam', 'CreateInstanceProfile'],
    ['iam', 'AddRoleToInstanceProfile'],
    ['ec2', 'CreateSecurityGroup'],
    ['ec2', 'AuthorizeSecurityGroupIngress'],
    ['ec2', 'RunInstances'],
    ['ec2', 'CreateVolume'],
    ['ec2', 'AttachVolume'],
  ] as const;
  const ways = [
    ['access is lost before', { kind: 'error', when: 'before', code: 'UnauthorizedOperation', status: 403 }],
    ['the connection is cut after', { kind: 'cut', when: 'after' }],
  ] as const;
  const all = changes.flatMap(([service, action]) => ways.map(([title, fault]) => ({ service, action, title, fault })));
  const chosen = sample(all, changes.length, 'faults of a server', ({ action, title }) => [action, title]);
  for (const { service, action, title, fault } of chosen) {
    it(`converge to one of each when ${title} ${action}`, async () => {
      const context = newContext();
      await controlPlane().send('POST', 'faults', { service, action, ...fault });
      if (fault.kind === 'error') await assert.rejects(provision(context, 'volume'));
      else await provision(context, 'volume').catch(() => undefined);
      await controlPlane().send('DELETE', 'faults');
      await provision(context, 'volume');
      assert.deepEqual(keysOf(await planned(context, 'volume')), []);
      assert.deepEqual(await count(context), { instances: 1, dataVolumes: 1 });
    });
  }
});
