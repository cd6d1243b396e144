import type { PreflightFinding } from '../core/preflight/finding';
import { stepsOf, type Plan } from '../core/plan';
import type { Op } from '../core/op';
import type { SiteHave } from '../core/resources/stack';
import type { Bench } from './siteCommand';

/** Looks at what would keep a plan from ending well; gives what is to be known before agreeing to it. Throws `UserError` for what surely does. */
export type Check = (have: SiteHave, plan: Plan, op: Op) => Promise<readonly string[]>;

/** A check that looks once for the same steps: a plan is made again after the answer, when what could be changed by then is none of this. */
export function checkOnce({ app, aws, context }: Pick<Bench, 'app' | 'aws' | 'context'>): Check {
  let seen: { readonly steps: string; readonly warnings: readonly string[] } | undefined;
  return async (have, plan, op) => {
    const steps = stepsOf(plan)
      .map(({ key }) => key)
      .join();
    if (seen?.steps !== steps) {
      const findings = await aws.preflight(context, have, plan, op);
      for (const line of findingLines(findings)) app.log.info(line);
      aws.requireNothingInTheWay(findings);
      seen = { steps, warnings: warningsOf(findings) };
    }
    return seen.warnings;
  };
}

/** The sentences of what may keep a plan from ending well. */
function warningsOf(findings: readonly PreflightFinding[]): readonly string[] {
  return findings.flatMap(({ severity, sentence }) => (severity === 'warns' ? [`Note: ${sentence}`] : []));
}

const MEANING = { stops: 'In the way', warns: 'Perhaps in the way', unknown: 'Not checked' } as const;

/** All that was found out before the first change, a line each. */
export function findingLines(findings: readonly PreflightFinding[]): readonly string[] {
  return findings.map(({ severity, sentence, what }) => `${MEANING[severity]} (${what}): ${sentence}`);
}
