import type { Instance } from '@aws-sdk/client-ec2';
import type { MiddlewareStack } from '@smithy/types';
import assert from 'node:assert/strict';
import { lookAtQuota } from '../../../src/core/preflight/quota';
import { newContext, newOp } from '../sandbox';

/** Lets a client answer a command itself. */
function answer<Input extends object, Output extends object>(
  stack: MiddlewareStack<Input, Output>,
  command: string,
  output: object,
): void {
  stack.add(
    (next, { commandName }) =>
      (given) =>
        commandName === command
          ? Promise.resolve({ output: { $metadata: {}, ...output } as Output, response: {} })
          : next(given),
    { step: 'initialize' },
  );
}

/** What is found where the account may run so many vCPUs and these instances run. */
async function found(limit: number, ...Instances: Instance[]) {
  const context = newContext();
  const { ec2, quotas } = context.clients;
  answer(ec2.middlewareStack, 'DescribeInstancesCommand', { Reservations: [{ Instances: [] }, { Instances }] });
  answer(quotas.middlewareStack, 'GetServiceQuotaCommand', { Quota: { Value: limit } });
  return lookAtQuota(context, newOp());
}

/** An instance with eight vCPUs. */
const large = (InstanceType: Instance['InstanceType'], more: Instance = {}): Instance => ({
  ...{ InstanceType, CpuOptions: { CoreCount: 4, ThreadsPerCore: 2 } },
  ...more,
});

describe('the vCPUs that an account may run', () => {
  it('do for a server that takes the last of them, and not for one more', async () => {
    assert.deepEqual(await found(10, large('m5.2xlarge')), []);
    const [finding] = await found(9, large('m5.2xlarge'));
    assert.equal(finding?.severity, 'stops');
    assert.match(finding.sentence, /A t3\.micro has 2 vCPUs, but of the 9 .*, 8 are in use/);
  });

  it('are not used up by what has a quota of its own or none', async () => {
    const spot = large('m5.2xlarge', { InstanceLifecycle: 'spot' });
    const onHost = large('m5.2xlarge', { Placement: { Tenancy: 'host' } });
    const others = (['g4dn.2xlarge', 'p3.2xlarge', 'inf1.2xlarge', 'x2gd.2xlarge'] as const).map((type) => large(type));
    assert.deepEqual(await found(2, spot, onHost, ...others), []);
    assert.equal((await found(2, large('im4gn.2xlarge'))).length, 1);
  });
});
