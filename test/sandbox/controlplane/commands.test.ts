import assert from 'node:assert/strict';
import {
  DescribeInstancesCommand,
  RebootInstancesCommand,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CancelCommandCommand,
  DescribeInstanceInformationCommand,
  DescribeSessionsCommand,
  GetCommandInvocationCommand,
  GetParameterCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
  StartSessionCommand,
  TerminateSessionCommand,
  type GetCommandInvocationCommandOutput,
  type SendCommandCommandInput,
} from '@aws-sdk/client-ssm';
import {
  code,
  eventually,
  setInstant,
  setNever,
  startTestControlPlane,
  type TestControlPlane,
} from './testControlPlane';
import { AMAZON_LINUX, makeProfile } from './testInstances';

describe('the control plane, on SSM commands', () => {
  let plane: TestControlPlane;
  before(async () => {
    plane = await startTestControlPlane();
  });
  beforeEach(async () => {
    await plane.admin('POST', 'reset');
    await setInstant(plane);
    await makeProfile(plane, 'web');
    await makeProfile(plane, 'mute', { policy: false });
  });
  after(() => plane.stop());

  async function launch(profile?: string): Promise<string> {
    const { Parameter } = await plane.ssm.send(new GetParameterCommand({ Name: AMAZON_LINUX }));
    const { Instances } = await plane.ec2.send(
      new RunInstancesCommand({
        ImageId: Parameter?.Value,
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        ...(profile ? { IamInstanceProfile: { Name: profile } } : {}),
      }),
    );
    const id = Instances?.[0]?.InstanceId;
    assert.ok(id);
    await eventually(async () => {
      const { Reservations } = await plane.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      return Reservations?.[0]?.Instances?.[0]?.State?.Name === 'running' ? true : undefined;
    });
    return id;
  }
  async function ping(id: string): Promise<string | undefined> {
    const { InstanceInformationList } = await plane.ssm.send(
      new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [id] }] }),
    );
    return InstanceInformationList?.[0]?.PingStatus;
  }
  async function send(id: string, commands: string[], changes: Partial<SendCommandCommandInput> = {}): Promise<string> {
    const { Command } = await plane.ssm.send(
      new SendCommandCommand({
        InstanceIds: [id],
        DocumentName: 'AWS-RunShellScript',
        Parameters: { commands },
        ...changes,
      }),
    );
    assert.ok(Command?.CommandId);
    return Command.CommandId;
  }
  const look = (CommandId: string, InstanceId: string) =>
    plane.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
  const ends = (commandId: string, id: string): Promise<GetCommandInvocationCommandOutput> =>
    eventually(async () => {
      const answer = await look(commandId, id);
      return ['Pending', 'InProgress', 'Cancelling'].includes(answer.Status ?? '') ? undefined : answer;
    });
  const run = async (id: string, commands: string[], changes: Partial<SendCommandCommandInput> = {}) =>
    ends(await send(id, commands, changes), id);

  it('registers an instance some time after it runs, if its profile lets it', async () => {
    await setNever(plane, 'registrationSeconds');
    const id = await launch('web');
    const withoutProfile = await launch();
    const withoutPolicy = await launch('mute');
    assert.equal(await ping(id), undefined);
    await assert.rejects(send(id, ['true']), code('InvalidInstanceId'));
    await plane.admin('POST', 'settings', { registrationSeconds: 0 });
    assert.equal(await ping(id), 'Online');
    assert.equal(await ping(withoutProfile), undefined);
    assert.equal(await ping(withoutPolicy), undefined);
    await plane.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await eventually(async () => ((await ping(id)) === undefined ? true : undefined));
  });

  it('loses an agent that reboots until it has come back', async () => {
    const id = await launch('web');
    assert.equal(await ping(id), 'Online');
    await setNever(plane, 'registrationSeconds');
    await plane.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
    assert.equal(await ping(id), 'ConnectionLost');
    const waiting = await send(id, ['echo back']);
    assert.equal((await look(waiting, id)).Status, 'Pending');
    await plane.admin('POST', 'settings', { registrationSeconds: 0 });
    assert.equal((await ends(waiting, id)).StandardOutputContent, 'back\n');
  });

  it('runs the lines as one script on the named instance only, and reports its output and exit code', async () => {
    const [id, other] = [await launch('web'), await launch('web')];
    const good = await run(id, ['name="a b"', 'echo "$name ü"', 'echo bad >&2']);
    assert.equal(good.Status, 'Success');
    assert.equal(good.ResponseCode, 0);
    assert.equal(good.StandardOutputContent, 'a b ü\n');
    assert.equal(good.StandardErrorContent, 'bad\n');
    const bad = await run(id, ['exit 7']);
    assert.equal(bad.Status, 'Failed');
    assert.equal(bad.ResponseCode, 7);
    assert.match(bad.StandardErrorContent ?? '', /exit status 7/);
    const { Commands } = await plane.ssm.send(new ListCommandsCommand({ InstanceId: other }));
    assert.deepEqual(Commands, []);
  });

  it('honours the shebang and the working directory', async () => {
    const id = await launch('web');
    const answer = await run(id, ['#!/bin/bash', 'words=(one two); echo "${words[1]} $PWD"'], {
      Parameters: { commands: ['#!/bin/bash', 'words=(one two); echo "${words[1]} $PWD"'], workingDirectory: ['/usr'] },
    });
    assert.equal(answer.StandardOutputContent, 'two /usr\n');
    assert.equal((await run(id, ['#!/bin/bash', 'echo ${BASH_VERSION:+bash}'])).StandardOutputContent, 'bash\n');
  });

  it('cuts standard output at 24,000 characters and standard error at 8,000', async () => {
    const id = await launch('web');
    const answer = await run(id, ["printf '%030000d' 1; printf '%030000d' 1 >&2"]);
    assert.equal(answer.StandardOutputContent?.length, 24_000);
    assert.equal(answer.StandardErrorContent?.length, 8_000);
  });

  it('does not know an invocation right after it was sent', async () => {
    const id = await launch('web');
    await setNever(plane, 'invocationSeconds');
    const command = await send(id, ['true']);
    await assert.rejects(look(command, id), code('InvocationDoesNotExist'));
    await plane.admin('POST', 'settings', { invocationSeconds: 0 });
    assert.equal((await ends(command, id)).Status, 'Success');
  });

  it('ends a command that takes longer than its execution timeout', async () => {
    const id = await launch('web');
    const answer = await run(id, [], { Parameters: { commands: ['exec sleep 600'], executionTimeout: ['1'] } });
    assert.equal(answer.Status, 'TimedOut');
    assert.equal(answer.StatusDetails, 'ExecutionTimedOut');
  });

  it('cancels a command that runs', async () => {
    const id = await launch('web');
    const command = await send(id, ['exec sleep 600']);
    await eventually(async () => ((await look(command, id)).Status === 'InProgress' ? true : undefined));
    await plane.ssm.send(new CancelCommandCommand({ CommandId: command }));
    assert.equal((await ends(command, id)).Status, 'Cancelled');
    const unknown = new CancelCommandCommand({ CommandId: '00000000-0000-0000-0000-000000000000' });
    await assert.rejects(plane.ssm.send(unknown), code('InvalidCommandId'));
  });

  it('refuses what AWS refuses: long comments, short timeouts, unknown documents and parameters, stopped instances', async () => {
    const id = await launch('web');
    await assert.rejects(send(id, ['true'], { Comment: 'x'.repeat(101) }), code('ValidationException'));
    await assert.rejects(send(id, ['true'], { TimeoutSeconds: 29 }), code('ValidationException'));
    await assert.rejects(send(id, ['true'], { DocumentName: 'Other' }), code('InvalidDocument'));
    await assert.rejects(send(id, [], { Parameters: { command: ['true'] } }), code('InvalidParameters'));
    await assert.rejects(send('i-00000000000000000', ['true']), code('InvalidInstanceId'));
    await plane.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await assert.rejects(send(id, ['true']), code('InvalidInstanceId'));
  });

  it('lists commands with their comments, newest first', async () => {
    const id = await launch('web');
    await run(id, ['echo one'], { Comment: 'demo:mount:1' });
    await run(id, ['echo two'], { Comment: 'demo:mount:2' });
    const { Commands } = await plane.ssm.send(new ListCommandsCommand({ InstanceId: id }));
    assert.deepEqual(
      Commands?.map(({ Comment, Status }) => [Comment, Status]),
      [
        ['demo:mount:2', 'Success'],
        ['demo:mount:1', 'Success'],
      ],
    );
    const { CommandInvocations } = await plane.ssm.send(
      new ListCommandInvocationsCommand({ InstanceId: id, Details: true }),
    );
    assert.equal(CommandInvocations?.[0]?.CommandPlugins?.[0]?.Output, 'two\n');
  });

  it('starts sessions with connected instances and ends them', async () => {
    const id = await launch('web');
    const { SessionId, TokenValue, StreamUrl } = await plane.ssm.send(new StartSessionCommand({ Target: id }));
    assert.ok(SessionId && TokenValue && StreamUrl?.startsWith('wss://'));
    await plane.ssm.send(new TerminateSessionCommand({ SessionId }));
    const { Sessions } = await plane.ssm.send(new DescribeSessionsCommand({ State: 'Active' }));
    assert.deepEqual(Sessions, []);
    const silent = await launch();
    await assert.rejects(plane.ssm.send(new StartSessionCommand({ Target: silent })), code('TargetNotConnected'));
  });
});
