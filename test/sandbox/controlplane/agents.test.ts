import assert from 'node:assert/strict';
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
import { code, eventually, setInstant, startTestControlPlane, type TestControlPlane } from './testControlPlane';
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
});
