import assert from 'node:assert/strict';
import { docsJson, DOCS_SITE, readWorkflow, type Job } from '../../setup/workflow';

const GITHUB = 'token.actions.githubusercontent.com';

describe('the workflow of the documentation', () => {
  const { concurrency, jobs, on, permissions } = readWorkflow();

  const usesOf = ({ steps }: Job) => steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
  const roleOf = ({ steps }: Job) => steps.flatMap((step) => step.with?.['role-to-assume'] ?? []);
  const subjectOf = (file: string) => {
    const { Statement: statements } = docsJson(file) as { Statement: Record<string, unknown>[] };
    assert.equal(statements.length, 1, file);
    const { Condition, ...statement } = statements[0] ?? {};
    assert.deepEqual(statement, {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${DOCS_SITE.account}:oidc-provider/${GITHUB}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
    });
    const { StringEquals: equal, ...others } = Condition as { StringEquals: Record<string, string> };
    const { [`${GITHUB}:aud`]: audience, [`${GITHUB}:sub`]: subject, ...more } = equal;
    assert.deepEqual([others, more, audience], [{}, {}, 'sts.amazonaws.com']);
    return subject ?? '';
  };

  it('asks for a role that changes nothing where it only looks', () => {
    assert.doesNotMatch(JSON.stringify(docsJson('plan-policy.json')), /Put|Delete|Create|Send|Start|Abort/);
  });

  it('may publish from its branch alone, and look from pull requests of the repository alone', () => {
    assert.match(subjectOf('publish-trust.json'), /^repo:[\w-]+@\d+\/[\w.-]+@\d+:ref:refs\/heads\/main$/);
    assert.match(subjectOf('plan-trust.json'), /^repo:[\w-]+@\d+\/[\w.-]+@\d+:pull_request$/);
    assert.deepEqual([on.push?.branches, on.pull_request?.branches], [['main'], ['main']]);
    assert.equal(jobs.publish.if, "github.event_name != 'pull_request' && github.ref == 'refs/heads/main'");
    assert.match(
      jobs.plan.if,
      /^github\.event_name == 'pull_request' && .*head\.repo\.full_name == github\.repository$/,
    );
    assert.deepEqual(
      [roleOf(jobs.plan).join(), roleOf(jobs.publish).join()].map((arn) => arn.replace(/.*:/, '')),
      ['role/sitelift-plan', 'role/sitelift-publish'],
    );
    // Its subject would be another one.
    assert.ok(!('environment' in jobs.publish) && !('environment' in jobs.plan));
  });

  it('reads the repository and asks for its token, and nothing else', () => {
    assert.deepEqual(permissions, { contents: 'read', 'id-token': 'write' });
    for (const job of [jobs.plan, jobs.publish]) {
      assert.ok(!('permissions' in job));
      const [checkout] = job.steps;
      assert.deepEqual(checkout?.with, { 'persist-credentials': false });
    }
  });

  it('lets publications wait for each other, and cuts none of them short', () => {
    assert.equal(concurrency.group, "sitelift-${{ github.event_name == 'pull_request' && github.ref || 'publish' }}");
    assert.equal(concurrency['cancel-in-progress'], "${{ github.event_name == 'pull_request' }}");
  });

  it('takes actions of known owners at a major version, and credentials only after all is installed', () => {
    for (const job of [jobs.plan, jobs.publish]) {
      assert.deepEqual(usesOf(job), [
        'actions/checkout@v7',
        'actions/setup-node@v7',
        'aws-actions/configure-aws-credentials@v6',
      ]);
      assert.deepEqual(
        job.steps.map(({ uses, run }) => (uses ?? run ?? '').split(/@|\n/)[0]),
        ['actions/checkout', 'actions/setup-node', 'npm ci', 'aws-actions/configure-aws-credentials', 'ended=0'],
      );
    }
  });

  it('names the account to the command line, and never fetches a package by its name', () => {
    for (const [name, job] of Object.entries(jobs)) {
      const calls = job.steps.flatMap(({ run = '' }) => run.match(/^.*\bsitelift (plan|publish)\b.*$/gm) ?? []);
      assert.equal(calls.length, 1);
      assert.match(
        calls[0] ?? '',
        new RegExp(`^npx --no sitelift ${name} --account "\\$ACCOUNT" --folder "\\$SITE_FOLDER" --json `),
      );
    }
  });
});
