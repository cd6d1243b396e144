import assert from 'node:assert/strict';
import { requireNothingInTheWay, type PreflightFinding } from '../../src/core/preflight/finding';
import type { Plan } from '../../src/core/plan';
import type { SiteHave } from '../../src/core/resources/stack';
import { checkOnce, findingLines } from '../../src/shell/preflight';
import { newContext, newOp } from '../core/sandbox';

const absent = { kind: 'absent' } as const;
const have: SiteHave = { server: absent, volume: absent, bucket: absent, distribution: absent };
const planOf = (...keys: string[]): Plan => [keys.map((key) => ({ key, title: key, run: () => Promise.resolve() }))];
const warns: PreflightFinding = { what: 'network', severity: 'warns', sentence: 'Readers may not come in.' };
const unknown: PreflightFinding = { what: 'quota', severity: 'unknown', sentence: 'Not told.' };

describe('the check before a plan is shown', () => {
  function bench(findings: readonly PreflightFinding[]) {
    const [asked, logged]: [string[], string[]] = [[], []];
    const preflight = (_context: unknown, _have: SiteHave, plan: Plan) => {
      asked.push(
        plan
          .flat()
          .map(({ key }) => key)
          .join(),
      );
      return Promise.resolve(findings);
    };
    const app = { log: { info: (line: string) => void logged.push(line) } };
    const made = { app, aws: { preflight, requireNothingInTheWay }, context: newContext() };
    return { asked, logged, check: checkOnce(made as unknown as Parameters<typeof checkOnce>[0]) };
  }

  it('tells in the dialog what may fail, and in the log also what could not be found out', async () => {
    const { check, logged } = bench([warns, unknown]);
    assert.deepEqual(await check(have, planOf('instance'), newOp()), ['Note: Readers may not come in.']);
    assert.deepEqual(logged, findingLines([warns, unknown]));
    assert.deepEqual(logged, [
      'Perhaps in the way (network): Readers may not come in.',
      'Not checked (quota): Not told.',
    ]);
  });

  it('looks once for the same steps, and again for others', async () => {
    const { asked, check } = bench([warns]);
    for (const keys of [['instance'], ['instance'], ['instance', 'volume']])
      await check(have, planOf(...keys), newOp());
    assert.deepEqual(asked, ['instance', 'instance,volume']);
  });

  it('refuses what surely fails, each time', async () => {
    const { asked, check } = bench([{ ...warns, severity: 'stops' }, unknown]);
    for (let time = 0; time < 2; time += 1) {
      await assert.rejects(
        check(have, planOf('instance'), newOp()),
        /^UserError: Nothing was changed\. Readers may not/,
      );
    }
    assert.equal(asked.length, 2);
  });
});
