import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packCommandLine } from '../setup/commandLine';
import { inSequence } from '../setup/sequence';
import { docsJson, readWorkflow, type Workflow } from '../setup/workflow';
import { runJob, type JobEnd } from './jobRunner';
import { eventually, fetched, newSite, type SiteDriver } from './siteDriver';

const MANY = Array.from({ length: 12 }, (_, index) => `old/${index}.html`);

describe('the workflow of the documentation, in a checkout where nothing else is', function () {
  this.timeout(900_000);
  inSequence(this);
  const workflow = readWorkflow();
  let site: SiteDriver;
  let work: string;
  let repository: string;

  const git = (...args: readonly string[]) => {
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    return promisify(execFile)('git', ['-C', repository, ...who, ...args]);
  };
  const put = async (path: string, content: string) => {
    await mkdir(dirname(join(repository, path)), { recursive: true });
    await writeFile(join(repository, path), content);
  };
  const commit = async (message: string) => {
    await git('add', '--all');
    await git('commit', '--quiet', '--message', message);
  };

  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'sitelift-workflow-'));
    repository = join(work, 'my-site');
    await mkdir(repository);
    site = await newSite(() => undefined);
    await Promise.all([makeRepository(), site.provision(), makeRoles()]);
  });
  after(async () => {
    await site.remove();
    await rm(work, { recursive: true });
  });

  async function makeRepository(): Promise<void> {
    const packed = await packCommandLine(work);
    await copyFile(packed, join(repository, basename(packed)));
    await put('package.json', '{ "private": true }');
    const install = ['install', '--save-dev', `./${basename(packed)}`, '--no-audit', '--no-fund'];
    await promisify(execFile)('npm', install, { cwd: repository });
    await put('.gitignore', 'node_modules/\n');
    await put('.siteliftignore', '/package.json\n/package-lock.json\n/sitelift-*.tgz\n');
    await put('sitelift.json', JSON.stringify(site.context.site));
    await put('index.html', '<!doctype html><link rel="stylesheet" href="style.css"><img src="images/a.svg">one\n');
    await put('style.css', 'body { color: red }\n');
    await put('images/a.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>\n');
    await git('init', '--quiet', '--initial-branch', 'main');
    await commit('Begin');
  }

  /** The two roles, with the policies of the documentation; for GitHub's token stands whoever has keys of the account. */
  async function makeRoles(): Promise<void> {
    const { clients, site: of } = site.context;
    const Principal = { AWS: `arn:aws:iam::${of.account}:root` };
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }],
    });
    const policies = { publish: 'iam-policy-publish.json', plan: 'plan-policy.json' };
    for (const [name, file] of Object.entries(policies)) {
      const RoleName = `sitelift-${name}`;
      await clients.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
      const PolicyDocument = JSON.stringify(docsJson(file, of));
      await clients.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: name, PolicyDocument }));
    }
  }

  async function assume(RoleArn: string) {
    const asked = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'GitHubActions' });
    const { Credentials } = await site.context.clients.sts.send(asked);
    return {
      AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? '',
      AWS_SESSION_TOKEN: Credentials?.SessionToken ?? '',
    };
  }

  /** Runs a job as it is, or one whose `--account` names another one than its credentials are of. */
  const run = (name: keyof Workflow['jobs'], isAllowed = false, account?: string): Promise<JobEnd> => {
    const { account: own, region } = site.context.site;
    const values = {
      'vars.SITELIFT_ACCOUNT': own,
      'vars.SITELIFT_REGION': region,
      "inputs.allow-removals && '--allow-removals' || ''": isAllowed ? '--allow-removals' : '',
    };
    const env = { ...workflow.env, ...(account === undefined ? {} : { ACCOUNT: account }) };
    return runJob({ ...workflow, env }, workflow.jobs[name], { repository, values, assume });
  };
  const page = async (path: string) => eventually((await site.server()).host, path);

  it('publishes the site unattended, and keeps what it did as the summary of the job', async () => {
    const { code, json, stderr } = await run('publish');
    assert.equal(code, 0, stderr);
    assert.equal(json['command'], 'publish');
    assert.match(await page('index.html'), /src="https:\/\/[^"]*\/images\/a\.svg">one\n$/);
    assert.equal(await page('style.css'), 'body { color: red }\n');
    const { host } = await site.server();
    for (const path of ['package.json', 'package-lock.json', 'sitelift-0.1.0.tgz', 'sitelift.json']) {
      assert.equal(fetched(host, path).status, '404', path);
    }
    const { stdout: head } = await git('rev-parse', 'HEAD');
    assert.equal((await site.ledger()).current?.commit, head.trim());
  });

  it('finds nothing changed in another checkout of the same commit', async () => {
    const before = await site.ledger();
    const { code, json, stderr } = await run('publish');
    assert.deepEqual([code, json['steps'], json['release']], [0, [], before.current?.id], stderr);
    assert.deepEqual(await site.ledger(), before);
  });

  it('tells on a pull request what publishing would do, by a role that may change nothing', async () => {
    await put('index.html', '<!doctype html><link rel="stylesheet" href="style.css"><img src="images/b.svg">two\n');
    await put('images/b.svg', '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>\n');
    await commit('Show another image');
    const before = await site.ledger();
    const { code, json, stderr } = await run('plan');
    assert.equal(code, 0, stderr);
    const titles = (json['steps'] as { title: string }[]).map(({ title }) => title);
    assert.ok(titles.includes('upload images/b.svg (new)'), titles.join());
    assert.deepEqual([await site.ledger(), /one\n$/.test(await page('index.html'))], [before, true]);
  });

  it('publishes what is merged, and refuses another account before anything is changed', async () => {
    const other = await run('publish', false, '999999999999');
    assert.equal(other.code, 1);
    assert.match(other.stderr, /--account says 999999999999, but the site .* belongs to 123456789012/);
    assert.deepEqual(Object.keys(other.json), ['command', 'error']);
    assert.match(await page('index.html'), /one\n$/);
    const { code, stderr } = await run('publish');
    assert.equal(code, 0, stderr);
    assert.match(await page('index.html'), /\/images\/b\.svg">two\n$/);
  });

  it('fails where much would be removed, and does it when it is started with leave', async () => {
    for (const path of MANY) await put(path, `<!doctype html>${path}\n`);
    await commit('Write much');
    assert.equal((await run('publish')).code, 0);
    await rm(join(repository, 'old'), { recursive: true });
    await commit('Remove it');
    const { code, json, stderr } = await run('publish');
    assert.equal(code, 1);
    assert.match(stderr, /More than ten files and more than a tenth of the site would be removed.*--allow-removals/);
    assert.match(String(json['error']), /Nothing was changed/);
    assert.match(await page(MANY[0] ?? ''), /old\/0\.html\n$/);
    const allowed = await run('publish', true);
    assert.equal(allowed.code, 0, allowed.stderr);
    assert.deepEqual(allowed.json['removed'], [...MANY].sort());
    assert.equal(fetched((await site.server()).host, MANY[0] ?? '').status, '404');
  });
});
