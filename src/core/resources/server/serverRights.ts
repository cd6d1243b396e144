import type { Context } from '../../context';
import type { Step } from '../../plan';
import type { Reach } from '../network/httpRules';
import { ensureRole, profileName, type RoleState } from './role';
import { groupStep, isNarrowing } from '../network/securityGroup';

/** Steps for what the server must be allowed; what could not be read is left as it is. */
export function rights(
  context: Context,
  have:
    | {
        readonly role: RoleState | undefined;
        readonly portOpen: boolean | undefined;
        readonly reach: Reach | undefined;
      }
    | undefined,
): Step[] {
  const { instanceProfile, securityGroup } = context.site.server;
  const steps: Step[] = [];
  const role = have ? have.role : 'lacking';
  if (!instanceProfile && (role === 'lacking' || role === 'broad')) {
    const name = profileName(context.site);
    const title =
      role === 'broad'
        ? `narrow role ${name} to what the server’s agent needs (it may also read SSM parameters now)`
        : `${have ? 'put in order' : 'create'} role and profile ${name} (lets SSM manage the server)`;
    steps.push({ key: 'role', title, run: (op) => ensureRole(context, op) });
  }
  if (!securityGroup && (!have || (have.portOpen === false && !isNarrowing(context, have.reach)))) {
    steps.push(groupStep(context, have?.reach));
  }
  return steps;
}
