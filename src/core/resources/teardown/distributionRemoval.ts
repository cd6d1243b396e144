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
import { letGoDistribution, pagesOffSteps, requireMade, type NamedDistribution } from './distributionLetGo';
import { isHeld } from './edgeUses';
import type { SiteParts } from './parts';

/** CloudFront was seen to take more than half an hour to bring a change to its edges. */
const EDGES = { firstSeconds: 1, slowestSeconds: 15, limitSeconds: 2 * 3600 };
const MISSING = 'NoSuchDistribution';

/** What the steps that remove a distribution depend on. */
export interface DistributionRemoval {
  readonly distribution: Seen<DistributionHave>;
  readonly parts: SiteParts;
}

/** The step that lets the edges end, which takes the longest and so comes first; one that was there before the site ends just serving its pages; stages in order. */
export function disableStages(context: Context, { distribution }: DistributionRemoval): Step[][] {
  const have = known(distribution);
  if (have?.isAdopted) {
    const steps = pagesOffSteps(context, have);
    return steps.length > 0 ? [steps] : [];
  }
  if (!have?.enabled) return [];
  const title = `disable distribution ${have.id} (readers lose ${offerOf(have)})`;
  return [[{ key: 'disableDistribution', title, loses: 'uptime', run: (op) => disable(context, have, op) }]];
}

/** The steps that delete the distribution once the edges have let it go, or let one go that was there before, and then what it alone needed; stages in order. */
export function distributionStages(context: Context, { distribution, parts }: DistributionRemoval): Step[][] {
  const have = known(distribution);
  const isKept = (name: string) => isHeld(name, parts.edgeUses ?? [], have);
  const functionNames = (parts.functionNames ?? []).filter((name) => !isKept(name));
  const rest: Step[] = [
    ...(parts.accessControlId === undefined || isKept(parts.accessControlId)
      ? []
      : [
          {
            key: 'deleteAccessControl',
            title: `delete the origin access control ${parts.accessControlId}`,
            run: (op: Op) => deleteAccessControl(context, op),
          },
        ]),
    ...(functionNames.length > 0
      ? [
          {
            key: 'deleteFunction',
            title: `delete the function ${functionNames.join(', ')}`,
            run: (op: Op) => deleteUrlFunctions(context, functionNames, op),
          },
        ]
      : []),
  ];
  const stages: Step[][] = [];
  if (have?.isAdopted) {
    stages.push([letGoDistribution(context, have, functionNames.length > 0)]);
  } else if (have) {
    const title = `delete distribution ${have.id} (${have.domain}) once CloudFront has taken it from its edges, which takes minutes`;
    stages.push([{ key: 'deleteDistribution', title, run: (op) => deleteDistribution(context, have, op) }]);
  }
  return rest.length > 0 ? [...stages, rest] : stages;
}

/** Disables a distribution of the site. Throws `UserError` for one that was adopted, whoever asks. */
export async function disable(context: Context, named: NamedDistribution, op: Op): Promise<void> {
  await requireMade(context, named, op);
  const { id } = named;
  await unlessMissing(
    () => changeConfig(context, id, (config) => (config.Enabled ? { ...config, Enabled: false } : undefined), op),
    MISSING,
  );
}

/** True for a distribution that is in use by something, or on a flat-rate plan (CloudFront documentation, “Delete a distribution”). */
function isStuck(error: unknown): boolean {
  return hasCode(error, 'ResourceInUse') || (error instanceof Error && /pricing plan/i.test(error.message));
}

/** Deletes a distribution of the site once it is disabled and deployed. Throws `UserError` for one that was adopted, whoever asks. */
export async function deleteDistribution(context: Context, named: NamedDistribution, op: Op): Promise<void> {
  const { id: Id } = named;
  const { cloudfront } = context.clients;
  const options = { abortSignal: op.signal };
  await retry(
    async () => {
      // Somebody may have enabled it meanwhile; it was agreed that it goes.
      await disable(context, named, op);
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
    (error) => hasCode(error, 'DistributionNotDisabled') || (isConflict(error) && !isStuck(error)),
    EDGES,
    op,
  ).catch((error: unknown) => {
    if (!isStuck(error)) throw error;
    throw new UserError(
      `CloudFront does not let the distribution ${Id} go: ${(error as Error).message} It is disabled. If it is on a flat-rate plan, cancel that in the CloudFront console; once the month that is paid for is over, run the command again.`,
      { cause: error },
    );
  });
}
