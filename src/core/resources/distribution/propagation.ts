import { waitFor } from '../../aws/wait';
import type { Context } from '../../context';
import { UserError, type Op } from '../../op';
import type { Step } from '../../plan';
import { distribution, distributionById, type DistributionHave } from './distribution';
import { known } from '../resource';

/** Changes come to the edges within minutes, at times more than half an hour. */
const PACE = { firstSeconds: 1, slowestSeconds: 15, limitSeconds: 3600 };

/** The site’s distribution as a command changes it. Throws `UserError` with a way on when there is none. */
export async function existingDistribution(context: Context, op: Op): Promise<DistributionHave> {
  const have = known(await distribution.describe(context, op));
  if (have) return have;
  throw new UserError('This site has no distribution yet. Run “Provision Distribution…” first.', {
    remedy: { title: 'Provision Distribution…', command: 'sitelift.provisionDistribution' },
  });
}

/** The step that waits until all edges have a change of a distribution: `told` completes “wait until all edges know that …”. */
export function propagation(
  context: Context,
  id: string,
  told: string,
  isChanged: (have: DistributionHave) => boolean,
): Step {
  return {
    key: 'distributionDeployed',
    title: `wait until all edges know that ${told}, which takes minutes`,
    async run(op) {
      const look = async () => {
        const have = await distributionById(context, id, op);
        if (!have) throw new UserError(`Distribution ${id} is gone: somebody deleted it meanwhile.`);
        return have.deployed && isChanged(have) ? true : undefined;
      };
      await waitFor(`the edges to know that ${told}`, look, PACE, op);
    },
  };
}
