import {
  DescribeInstanceCreditSpecificationsCommand,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { code, setInstant, startTestControlPlane, type TestControlPlane } from './testControlPlane';
import { describeInstance, instanceReaches, launchInstance } from './testInstances';

describe('the control plane, on the attributes of instances', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
  });
  after(() => plane.stop());

  const change = (InstanceId: string, Value: string) =>
    plane.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, InstanceType: { Value } }));
  const typeOf = async (id: string) => (await describeInstance(plane.ec2, id)).InstanceType;
  const creditsOf = async (InstanceId: string) => {
    const command = new DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [InstanceId] });
    return (await plane.ec2.send(command)).InstanceCreditSpecifications?.[0]?.CpuCredits;
  };
  async function stopped(changes: Parameters<typeof launchInstance>[1] = {}): Promise<string> {
    const id = await launchInstance(plane, changes);
    await instanceReaches(plane.ec2, id, 'running');
    await plane.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await instanceReaches(plane.ec2, id, 'stopped');
    return id;
  }

  it('changes the type of a stopped instance alone, which then starts with it', async () => {
    const id = await launchInstance(plane);
    await instanceReaches(plane.ec2, id, 'running');
    await assert.rejects(change(id, 't3.small'), code('IncorrectInstanceState'));
    await plane.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await instanceReaches(plane.ec2, id, 'stopped');
    await change(id, 't3.small');
    assert.equal(await typeOf(id), 't3.small');
    await plane.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    await instanceReaches(plane.ec2, id, 'running');
    assert.equal(await typeOf(id), 't3.small');
  });

  it('refuses a type of another architecture, one that the zone does not have, and one that is none', async () => {
    const id = await stopped();
    await assert.rejects(change(id, 't4g.micro'), code('InvalidParameterValue'));
    await assert.rejects(change(id, 't3.tiny'), code('InvalidInstanceAttributeValue'));
    await assert.rejects(change(id, 'hpc6a.48xlarge'), code('Unsupported'));
    assert.equal(await typeOf(id), 't3.micro');
  });

  it('keeps standard credits from one burstable type to the next, and gives the default to what was not burstable', async () => {
    const capped = await stopped({ CreditSpecification: { CpuCredits: 'standard' } });
    await change(capped, 't3.small');
    assert.equal(await creditsOf(capped), 'standard');
    await change(capped, 'm5.large');
    await assert.rejects(creditsOf(capped), code('InstanceCreditSpecification.NotSupported'));
    await change(capped, 't3.small');
    assert.equal(await creditsOf(capped), 'unlimited');
  });
});
