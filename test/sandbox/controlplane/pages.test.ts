import assert from 'node:assert/strict';
import {
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeVpcsCommand,
  paginateDescribeInstanceTypes,
} from '@aws-sdk/client-ec2';
import { DescribeInstanceInformationCommand } from '@aws-sdk/client-ssm';
import { code, setInstant, startTestControlPlane, type TestControlPlane } from './testControlPlane';
import { instanceReaches, launchInstance } from './testInstances';

describe('the control plane, on lists in pages', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
    await plane.admin('POST', 'settings', { emptyFirstPages: 1 });
  });
  after(async () => {
    await setInstant(plane);
    await plane.stop();
  });

  it('begins a filtered list with an empty page that names a next one, where all is', async () => {
    const Filters = [{ Name: 'instance-type', Values: ['t3.micro'] }];
    const first = await plane.ec2.send(new DescribeInstanceTypesCommand({ Filters }));
    assert.deepEqual(first.InstanceTypes ?? [], []);
    assert.ok(first.NextToken);
    const pages = [];
    for await (const page of paginateDescribeInstanceTypes({ client: plane.ec2 }, { Filters })) pages.push(page);
    assert.deepEqual(
      pages.map(({ InstanceTypes }) => InstanceTypes?.map(({ InstanceType }) => InstanceType) ?? []),
      [[], ['t3.micro']],
    );
    const agents = new DescribeInstanceInformationCommand({ Filters: [{ Key: 'PingStatus', Values: ['Online'] }] });
    assert.ok((await plane.ssm.send(agents)).NextToken);
  });

  it('shows what is asked for by its id, or without a filter, at once', async () => {
    const id = await launchInstance(plane);
    await instanceReaches(plane.ec2, id, 'running');
    assert.equal((await plane.ec2.send(new DescribeInstancesCommand({}))).Reservations?.length, 1);
    assert.equal((await plane.ec2.send(new DescribeVpcsCommand({}))).NextToken, undefined);
  });

  it('refuses a token that it did not give', async () => {
    const Filters = [{ Name: 'is-default', Values: ['true'] }];
    const command = new DescribeVpcsCommand({ Filters, NextToken: 'mine' });
    await assert.rejects(plane.ec2.send(command), code('InvalidNextToken'));
  });
});
