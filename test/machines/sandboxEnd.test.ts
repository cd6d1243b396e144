import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createRequestHandler } from '../../src/core/aws/http';
import { processesOf, startCommand, until } from '../sandbox/command';
import { enterSandbox } from '../sandbox/enterSandbox';

const AMAZON_LINUX = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

describe('the end of a sandbox with machines', () => {
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`leaves no machine, process or folder behind after ${signal}`, async () => {
      const command = await startCommand();
      const leave = enterSandbox(command);
      try {
        const settings = { region: 'us-east-1', requestHandler: createRequestHandler({}) };
        const { Parameter } = await new SSMClient(settings).send(new GetParameterCommand({ Name: AMAZON_LINUX }));
        const launch = new RunInstancesCommand({
          ImageId: Parameter?.Value,
          InstanceType: 't3.micro',
          MinCount: 1,
          MaxCount: 1,
        });
        await new EC2Client(settings).send(launch);
      } finally {
        leave();
      }
      await until(() => Promise.resolve(processesOf(command.folder, 'qemu-system').length === 1));
      const exited = once(command.child, 'exit');
      command.child.kill(signal);
      await exited;
      await until(() => Promise.resolve(processesOf(command.folder).length === 0 && !existsSync(command.folder)));
      assert.deepEqual(processesOf(command.folder), []);
    });
  }
});
