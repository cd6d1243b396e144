import {
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront';
import { isConflict, retry } from '../../aws/wait';
import type { Context } from '../../context';
import type { Op } from '../../op';

const SETTLE = { firstSeconds: 1, slowestSeconds: 10, limitSeconds: 180 };

/**
 * Changes the config of a distribution as `change` says, which gives undefined where nothing is to be changed. An update carries the whole config and a fresh
 * ETag, so that what somebody else changes meanwhile is read again and kept.
 */
export async function changeConfig(
  { clients: { cloudfront } }: Context,
  id: string,
  change: (config: DistributionConfig) => DistributionConfig | undefined | Promise<DistributionConfig | undefined>,
  op: Op,
): Promise<void> {
  const options = { abortSignal: op.signal };
  await retry(
    async () => {
      const { DistributionConfig: config, ETag } = await cloudfront.send(
        new GetDistributionConfigCommand({ Id: id }),
        options,
      );
      if (!config) throw new Error(`CloudFront answered without the config of ${id}.`);
      const changed = await change(config);
      if (!changed) return;
      await cloudfront.send(
        new UpdateDistributionCommand({ Id: id, IfMatch: ETag, DistributionConfig: changed }),
        options,
      );
    },
    isConflict,
    SETTLE,
    op,
  );
}
