import {
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import type { DistributionHave } from '../../../src/core/resources/distribution/distribution';
import { known } from '../../../src/core/resources/resource';
import { describeSite } from '../../../src/core/resources/stack';
import { newOp } from '../sandbox';

/** The distribution as it is read. */
export async function distributionOf(context: Context): Promise<DistributionHave> {
  return known((await describeSite(context, newOp())).distribution) ?? assert.fail('no distribution');
}

/** The whole config of the distribution. */
export async function configOf(context: Context): Promise<DistributionConfig> {
  const { id: Id } = await distributionOf(context);
  const { DistributionConfig: config } = await context.clients.cloudfront.send(
    new GetDistributionConfigCommand({ Id }),
  );
  return config ?? assert.fail('no config');
}

/** Changes the distribution as somebody does in the console. */
export async function edit(
  context: Context,
  change: (config: DistributionConfig) => DistributionConfig,
): Promise<void> {
  const { cloudfront } = context.clients;
  const { id: Id } = await distributionOf(context);
  const { DistributionConfig: config, ETag } = await cloudfront.send(new GetDistributionConfigCommand({ Id }));
  const DistributionConfig = change(config ?? assert.fail('no config'));
  await cloudfront.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig }));
}
