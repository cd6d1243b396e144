import assert from 'node:assert/strict';
import { RebootInstancesCommand, StopInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreatePolicyCommand,
  DetachRolePolicyCommand,
  AttachRolePolicyCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
  StartSessionCommand,
} from '@aws-sdk/client-ssm';
import {
  code,
  eventually,
  setInstant,
  setNever,
  startTestControlPlane,
  type TestControlPlane,
} from './testControlPlane';
import { allowInline, instanceReaches, launchInstance, makeProfile } from './testInstances';

const REGISTER = 'ssm:UpdateInstanceInformation';
const CHANNELS = ['Control', 'Data'].flatMap((kind) => [
  `ssmmessages:Create${kind}Channel`,
  `ssmmessages:Open${kind}Channel`,
]);

describe('the control plane, on SSM agents', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
    await makeProfile(plane, 'web', { policy: false });
  });
  after(() => plane.stop());

  async function launch(): Promise<string> {
    const id = await launchInstance(plane, { IamInstanceProfile: { Name: 'web' } });
    await instanceReaches(plane.ec2, id, 'running');
    return id;
  }
  async function ping(id: string): Promise<string | undefined> {
    const { InstanceInformationList } = await plane.ssm.send(
      new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [id] }] }),
    );
    return InstanceInformationList?.[0]?.PingStatus;
  }
  async function send(id: string): Promise<string> {
    const { Command } = await plane.ssm.send(
      new SendCommandCommand({
        InstanceIds: [id],
        DocumentName: 'AWS-RunShellScript',
        Parameters: { commands: ['echo done'] },
      }),
    );
    assert.ok(Command?.CommandId);
    return Command.CommandId;
  }
  const look = (CommandId: string, InstanceId: string) =>
    plane.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
  const ends = (command: string, id: string, status: string) =>
    eventually(async () => {
      const invocation = await look(command, id);
      return invocation.Status === status ? invocation : undefined;
    });
  const connect = (Target: string) => plane.ssm.send(new StartSessionCommand({ Target }));

  it('registers and takes commands by what inline policies allow', async () => {
    await allowInline(plane, 'web', [REGISTER, ...CHANNELS]);
    const id = await launch();
    assert.equal(await ping(id), 'Online');
    await ends(await send(id), id, 'Success');
    await connect(id);
  });

  it('registers by a policy of the account, by wildcards, and for its own instances', async () => {
    const { Policy } = await plane.iam.send(
      new CreatePolicyCommand({
        PolicyName: 'agent',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Action: 'ssm:Update*', Resource: 'arn:aws:ec2:*:123456789012:instance/*' },
            { Effect: 'Allow', Action: ['SSMMessages:*'], Resource: ['*'] },
          ],
        }),
      }),
    );
    await plane.iam.send(new AttachRolePolicyCommand({ RoleName: 'web', PolicyArn: Policy?.Arn }));
    const id = await launch();
    assert.equal(await ping(id), 'Online');
    await ends(await send(id), id, 'Success');
  });

  it('does not register by other rights, nor by one that is denied', async () => {
    await allowInline(plane, 'web', ['ssm:GetParameter', ...CHANNELS]);
    assert.equal(await ping(await launch()), undefined);
    await allowInline(plane, 'web', [REGISTER, ...CHANNELS]);
    const statement = { Effect: 'Deny', Action: 'ssm:*', Resource: '*' };
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statement });
    await plane.iam.send(new PutRolePolicyCommand({ RoleName: 'web', PolicyName: 'denial', PolicyDocument }));
    assert.equal(await ping(await launch()), undefined);
  });

  it('is online without a channel, but no command and no session reaches it', async () => {
    await allowInline(plane, 'web', [REGISTER]);
    const id = await launch();
    assert.equal(await ping(id), 'Online');
    const command = await send(id);
    await assert.rejects(connect(id), code('TargetNotConnected'));
    assert.equal((await look(command, id)).Status, 'Pending');
    await allowInline(plane, 'web', [REGISTER, 'ec2messages:*']);
    await ends(command, id, 'Success');
    await assert.rejects(connect(id), code('TargetNotConnected'));
  });

  it('is lost once its role no longer lets it report', async () => {
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';
    await plane.iam.send(new AttachRolePolicyCommand({ RoleName: 'web', PolicyArn }));
    const id = await launch();
    assert.equal(await ping(id), 'Online');
    await plane.iam.send(new DetachRolePolicyCommand({ RoleName: 'web', PolicyArn }));
    assert.equal(await ping(id), 'ConnectionLost');
  });

  describe('that are gone', () => {
    let id: string;
    beforeEach(async () => {
      await allowInline(plane, 'web', [REGISTER, ...CHANNELS]);
      id = await launch();
      assert.equal(await ping(id), 'Online');
      await setNever(plane, 'pingLagSeconds');
    });
    const kill = () => plane.admin('POST', 'misfortunes', { kind: 'agent', instanceId: id });
    const catchUp = () => plane.admin('POST', 'settings', { pingLagSeconds: 0 });

    it('stay online for a while, and commands wait for them until the delivery time is over', async () => {
      await kill();
      assert.equal(await ping(id), 'Online');
      const command = await send(id);
      await assert.rejects(connect(id), code('TargetNotConnected'));
      assert.equal((await look(command, id)).Status, 'Pending');
      await plane.admin('POST', 'settings', { deliveryLimitSeconds: 0.01 });
      const { StatusDetails, ResponseCode } = await ends(command, id, 'TimedOut');
      assert.deepEqual([StatusDetails, ResponseCode], ['DeliveryTimedOut', -1]);
      await catchUp();
      assert.equal(await ping(id), 'ConnectionLost');
    });

    it('take what waited for them when a reboot brings them back', async () => {
      await kill();
      const command = await send(id);
      await plane.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
      assert.equal((await ends(command, id, 'Success')).StandardOutputContent, 'done\n');
    });

    it('stay online and are sent to after their instance stopped and was terminated', async () => {
      await plane.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
      await instanceReaches(plane.ec2, id, 'stopped');
      assert.equal(await ping(id), 'Online');
      assert.equal((await look(await send(id), id)).Status, 'Pending');
      await plane.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
      await instanceReaches(plane.ec2, id, 'terminated');
      assert.equal(await ping(id), 'Online');
      await catchUp();
      assert.equal(await ping(id), undefined);
      await assert.rejects(send(id), code('InvalidInstanceId'));
    });
  });

  it('never registers after a launch without a way to SSM, not even after a reboot', async () => {
    await allowInline(plane, 'web', [REGISTER, ...CHANNELS]);
    await plane.admin('POST', 'misfortunes', { kind: 'agent' });
    const [silent, other] = [await launch(), await launch()];
    assert.equal(await ping(other), 'Online');
    assert.equal(await ping(silent), undefined);
    await plane.ec2.send(new RebootInstancesCommand({ InstanceIds: [silent] }));
    assert.equal(await ping(silent), undefined);
    await assert.rejects(send(silent), code('InvalidInstanceId'));
  });

  it('does not get a command that is lost, but the next one', async () => {
    await allowInline(plane, 'web', [REGISTER, ...CHANNELS]);
    const id = await launch();
    await eventually(async () => ((await ping(id)) === 'Online' ? true : undefined));
    await plane.admin('POST', 'misfortunes', { kind: 'command' });
    const [lost, taken] = [await send(id), await send(id)];
    assert.equal((await ends(lost, id, 'TimedOut')).StatusDetails, 'DeliveryTimedOut');
    await ends(taken, id, 'Success');
  });
});
