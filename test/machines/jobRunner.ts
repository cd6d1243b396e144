import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { evaluated, type Job, type JobStep, type Workflow } from '../setup/workflow';

/** What GitHub and AWS would have for a job. */
export interface JobNeeds {
  /** The repository that is checked out. */
  readonly repository: string;
  /** What the expressions of the workflow stand for. */
  readonly values: Readonly<Record<string, string>>;
  /** The credentials that AWS gives for a role's ARN. */
  assume(roleArn: string): Promise<Readonly<Record<string, string>>>;
}

/** How a job ended. */
export interface JobEnd {
  /** How its last step ended. */
  readonly code: number;
  /** What its last step told on standard error. */
  readonly stderr: string;
  /** What it keeps as its summary. */
  readonly summary: string;
  /** The JSON in the summary. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** What points clients at the sandbox, as a company's proxy would be told to a runner. */
const NETWORK = /^(https?_proxy|no_proxy|AWS_CA_BUNDLE|NODE_EXTRA_CA_CERTS|CURL_CA_BUNDLE|SSL_CERT_FILE)$/i;

/**
 * Does the steps of a job in folders that nothing was ever in: the checkout is a clone, what is run gets a bare environment and no standard input. Of the actions
 * those are known that the workflow of the documentation uses.
 */
export async function runJob({ env }: Workflow, job: Job, needs: JobNeeds): Promise<JobEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'sitelift-runner-'));
  const [home, temporary, checkout] = ['home', 'temp', 'checkout'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const summaryFile = join(folder, 'summary.md');
  const variables = bareEnvironment();
  Object.assign(variables, { CI: 'true', HOME: home, RUNNER_TEMP: temporary, GITHUB_STEP_SUMMARY: summaryFile });
  try {
    for (const path of [home, temporary]) await mkdir(path);
    await writeFile(summaryFile, '');
    let last = { code: 0, stderr: '' };
    for (const step of job.steps) {
      if (step.uses !== undefined) {
        Object.assign(variables, await use(step, checkout, needs));
      } else {
        const own = Object.entries({ ...env, ...job.env, ...step.env });
        const given = Object.fromEntries(own.map(([name, value]) => [name, evaluated(value, needs.values)]));
        last = await runShell(step.run ?? '', checkout, { ...variables, ...given }, join(folder, 'step.sh'));
      }
      if (last.code !== 0) break;
    }
    const summary = await readFile(summaryFile, 'utf8');
    const [, json = '{}'] = /^```json\n(.*)\n```\n$/s.exec(summary) ?? [];
    return { ...last, summary, json: JSON.parse(json) as Record<string, unknown> };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function bareEnvironment(): Record<string, string> {
  const network = Object.entries(process.env).flatMap(([name, value]) =>
    NETWORK.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  const path = [dirname(process.execPath), ...(process.env['PATH'] ?? '').split(delimiter)];
  const outside = path.filter((entry) => !entry.endsWith(join('node_modules', '.bin')));
  return { ...Object.fromEntries(network), PATH: outside.join(delimiter) };
}

/** Does what an action does, and gives the variables that it sets for the steps after it. */
async function use(step: JobStep, checkout: string, needs: JobNeeds): Promise<Readonly<Record<string, string>>> {
  switch ((step.uses ?? '').replace(/@.*/, '')) {
    case 'actions/checkout':
      await promisify(execFile)('git', ['clone', '--quiet', '--depth', '1', `file://${needs.repository}`, checkout]);
      return {};
    case 'actions/setup-node':
      return {};
    case 'aws-actions/configure-aws-credentials': {
      const { 'role-to-assume': role, 'aws-region': region } = step.with ?? {};
      const AWS_REGION = evaluated(String(region), needs.values);
      return { ...(await needs.assume(evaluated(String(role), needs.values))), AWS_REGION };
    }
    default:
      return assert.fail(`what does ${step.uses} do?`);
  }
}

/** Runs a script as GitHub runs one of `shell: bash`. */
async function runShell(
  script: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  file: string,
): Promise<{ code: number; stderr: string }> {
  await writeFile(file, script);
  const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', file], {
    ...{ cwd, env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  const [code, , stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stderr };
}
