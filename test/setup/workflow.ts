import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parse } from 'yaml';

const DOCS = join(__dirname, '..', '..', 'docs');

/** The site that the files of the documentation are written for. */
export const DOCS_SITE = { id: 'a1b2c3d4', account: '123456789012', region: 'eu-central-1' } as const;

const TEXTS = v.record(v.string(), v.string());
const STEP = v.looseObject({
  name: v.optional(v.string()),
  uses: v.optional(v.string()),
  with: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]))),
  env: v.optional(TEXTS),
  run: v.optional(v.string()),
});
const JOB = v.looseObject({ if: v.string(), 'runs-on': v.string(), env: v.optional(TEXTS), steps: v.array(STEP) });
const BRANCHES = v.looseObject({ branches: v.array(v.string()) });
const WORKFLOW = v.looseObject({
  on: v.looseObject({ push: BRANCHES, pull_request: BRANCHES, workflow_dispatch: v.looseObject({}) }),
  permissions: TEXTS,
  concurrency: v.object({ group: v.string(), 'cancel-in-progress': v.string() }),
  defaults: v.object({ run: v.object({ shell: v.literal('bash') }) }),
  env: TEXTS,
  jobs: v.object({ plan: JOB, publish: JOB }),
});

export type Workflow = v.InferOutput<typeof WORKFLOW>;
export type Job = v.InferOutput<typeof JOB>;
export type JobStep = v.InferOutput<typeof STEP>;

/** Reads the workflow that the documentation has for GitHub Actions. */
export function readWorkflow(): Workflow {
  return v.parse(WORKFLOW, parse(readFileSync(join(DOCS, 'github-workflow.yml'), 'utf8')));
}

/** A JSON file of the documentation, as it is for another site when one is given. */
export function docsJson(name: string, site: Readonly<Record<keyof typeof DOCS_SITE, string>> = DOCS_SITE): unknown {
  const text = readFileSync(join(DOCS, name), 'utf8');
  const { account, id, region } = DOCS_SITE;
  return JSON.parse(
    text.replaceAll(account, site.account).replaceAll(id, site.id).replaceAll(region, site.region),
  ) as unknown;
}

/** A text with the values of its expressions, `${{ … }}`; each of them must be known. */
export function evaluated(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\{\{ *(.*?) *\}\}/g,
    (_all, expression: string) => values[expression] ?? assert.fail(`what is “${expression}”?`),
  );
}
