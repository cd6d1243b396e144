import { DeleteDistributionCommand, GetDistributionConfigCommand } from '@aws-sdk/client-cloudfront';
import { hasCode } from '../../aws/errors';
import { isConflict, retry, unlessMissing, waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { distributionById, type DistributionHave } from '../distribution/distribution';
import { changeConfig } from '../distribution/distributionUpdate';
import { offerOf } from '../distribution/offer';
import { deleteAccessControl } from '../distribution/originAccessControl';
import { known, type Seen } from '../resource';
import { deleteUrlFunctions } from '../distribution/urlFunction';
import type { SiteParts } from './parts';

/** CloudFront was seen to take more than half an hour to bring a change to its edges. */
const EDGES = { firstSeconds: 1, slowestSeconds: 15, limitSeconds: 2 * 3600 };
const MISSING = 'NoSuchDistribution';

/** What the steps that remove a distribution depend on. */
export interface DistributionRemoval {
  readonly distribution: Seen<DistributionHave>;
  readonly parts: SiteParts;
}

/** The step that lets the edges end, which takes the longest and so comes first; stages in order. */
export function disableStages(context: Context, { distribution }: DistributionRemoval): Step[][] {
  const have = known(distribution);
  if (!have?.enabled) return [];
  const title = `disable distribution ${have.id} (readers lose ${offerOf(have)})`;
  return [[{ key: 'disableDistribution', title, loses: 'uptime', run: (op) => disable(context, have.id, op) }]];
}

/** The steps that delete the distribution once the edges have let it go, and then what it alone needed; stages in order. */
export function distributionStages(context: Context, { distribution, parts }: DistributionRemoval): Step[][] {
  const have = known(distribution);
  const rest: Step[] = [
    ...(parts.accessControlId === undefined
      ? []
      : [
          {
            key: 'deleteAccessControl',
            title: `delete the origin access control ${parts.accessControlId}`,
            run: (op: Op) => deleteAccessControl(context, op),
          },
        ]),
    ...(parts.functionNames?.length
      ? [
          {
            key: 'deleteFunction',
            title: `delete the function ${parts.functionNames.join(', ')}`,
            run: (op: Op) => deleteUrlFunctions(context, op),
          },
        ]
      : []),
  ];
  const stages: Step[][] = [];
  if (have) {
    const title = `delete distribution ${have.id} (${have.domain}) once CloudFront has taken it from its edges, which takes minutes`;
    stages.push([{ key: 'deleteDistribution', title, run: (op) => deleteDistribution(context, have.id, op) }]);
  }
  return rest.length > 0 ? [...stages, rest] : stages;
}

async function disable(context: Context, id: string, op: Op): Promise<void> {
  await unlessMissing(
    () => changeConfig(context, id, (config) => (config.Enabled ? { ...config, Enabled: false } : undefined), op),
    MISSING,
  );
}

/** True for a distribution that is in use by something, or on a flat-rate plan (CloudFront documentation, “Delete a distribution”). */
function isHeld(error: unknown): boolean {
  return hasCode(error, 'ResourceInUse') || (error instanceof Error && /pricing plan/i.test(error.message));
}

async function deleteDistribution(context: Context, Id: string, op: Op): Promise<void> {
  const { cloudfront } = context.clients;
  const options = { abortSignal: op.signal };
  await retry(
    async () => {
      // Somebody may have enabled it meanwhile; it was agreed that it goes.
      await disable(context, Id, op);
      op.report('waiting for CloudFront to take the distribution from its edges');
      await waitFor(
        'CloudFront to take the distribution from its edges',
        async () => {
          const have = await distributionById(context, Id, op);
          return !have || have.deployed ? true : undefined;
        },
        EDGES,
        op,
      );
      await unlessMissing(async () => {
        const { ETag } = await cloudfront.send(new GetDistributionConfigCommand({ Id }), options);
        await cloudfront.send(new DeleteDistributionCommand({ Id, IfMatch: ETag }), options);
      }, MISSING);
    },
    // It can still be said not to be disabled when it is shown as deployed; what uses it does not go by itself.
    (error) => hasCode(error, 'DistributionNotDisabled') || (isConflict(error) && !isHeld(error)),
    EDGES,
    op,
  ).catch((error: unknown) => {
    if (!isHeld(error)) throw error;
    throw new UserError(
      `CloudFront does not let the distribution ${Id} go: ${(error as Error).message} It is disabled. If it is on a flat-rate plan, cancel that in the CloudFront console; once the month that is paid for is over, run the command again.`,
      { cause: error },
    );
  });
}
