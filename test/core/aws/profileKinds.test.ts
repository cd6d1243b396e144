import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildExtension } from '../../../esbuild';
import { ClientCache } from '../../../src/core/aws/clientCache';
import { identify } from '../../../src/core/aws/clients';
import { startSignIn } from '../../../src/core/aws/signIn';
import { findSsoSession } from '../../../src/core/aws/ssoSession';
import type { Context } from '../../../src/core/context';
import { run } from '../../../src/core/plan';
import { sendFiles } from '../../../src/core/publish/assets/sendAssets';
import { bucket } from '../../../src/core/resources/bucket/bucket';
import { newSiteId } from '../../../src/core/site';
import { forward } from '../../sandbox/forward';
import { addCountingProfile, addProfile, addSsoProfile, ADMINISTRATOR, answerSignIn } from '../../sandbox/profiles';
import type { MadeUser } from '../../sandbox/sandbox';
import { createSourceThread } from '../worker/sourceThread';
import { watched } from '../publish/assets/localS3';
import { controlPlane, newContext, newOp } from '../sandbox';
import { inHomeOfItsOwn } from './ssoHome';

const here = { env: process.env as Record<string, string> };
const region = 'us-east-1';
const ROOT = { aws_access_key_id: ADMINISTRATOR.accessKeyId, aws_secret_access_key: ADMINISTRATOR.secretAccessKey };

/** Endpoints of AWS on this computer, where nothing else is, and the paths and services that they were asked for. */
async function startEndpoint() {
  const asked: string[] = [];
  const { port } = controlPlane();
  const hostOf = (path: string, host: string): string => {
    return /^\/(client|device_authorization|token)\b/.test(path) ? 'oidc.eu-west-1.amazonaws.com' : host;
  };
  const server = createServer((request, response) => {
    const { headers, url = '/' } = request;
    const [, service = url.split('?', 1)[0] ?? ''] =
      /\/([a-z0-9]+)\/aws4_request/.exec(headers.authorization ?? '') ?? [];
    asked.push(service);
    forward(request, response, { port, path: url, host: hostOf(url, headers.host ?? '') });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('a profile', function () {
  this.timeout(120_000);
  const home = inHomeOfItsOwn();
  let endpoint: Awaited<ReturnType<typeof startEndpoint>>;
  let work: string;
  let made: Context;

  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'sitelift-profiles-'));
    await buildExtension({ outdir: join(work, 'dist') });
    endpoint = await startEndpoint();
    made = newContext();
    await run(bucket.plan(made, { bucket: { kind: 'absent' } }), newOp());
    await writeFile(join(work, 'sitelift.json'), JSON.stringify(made.site));
    await writeFile(join(work, 'a.png'), 'a');
  });
  beforeEach(() => (endpoint.asked.length = 0));
  after(async () => {
    endpoint.close();
    await rm(work, { recursive: true });
  });

  /** Reads AWS, sends a file by the worker thread without the SDK, and has the command line read the site; gives who that was. */
  async function works(profile: string | undefined, env: Record<string, string> = {}): Promise<string> {
    const clients = await new ClientCache().clientsFor({ profile, region });
    const { arn } = await identify(clients, newOp());
    const bySdk: string[] = [];
    const context = watched({ ...made, clients }, 'PutObjectCommand', (key) => bySdk.push(key));
    const file = {
      key: 'site/a.png',
      path: 'a.png',
      absolutePath: join(work, 'a.png'),
      sizeBytes: 1,
      sha256: undefined,
    };
    const sent: string[] = [];
    const sending = { ...file, contentType: 'image/png', cacheControl: undefined };
    await sendFiles(context, [sending], ({ key }) => sent.push(key), newOp(), createSourceThread());
    assert.deepEqual([sent, bySdk], [['site/a.png'], []]);
    const named = profile === undefined ? [] : ['--profile', profile];
    const args = ['status', '--account', made.site.account, '--folder', work, ...named];
    const { stdout } = await promisify(execFile)(process.execPath, [join(work, 'dist', 'cli.js'), ...args], {
      env: { ...process.env, XDG_CACHE_HOME: work, ...env },
    });
    assert.match(stdout, /^Nothing was published yet\.$/m);
    return arn;
  }

  it('with a credential process works in this process, in its worker thread and for the command line', async () => {
    const profile = newSiteId();
    const { count } = await addCountingProfile(here, profile);
    assert.match(await works(profile), /:user\/administrator$/);
    assert.equal(await count(), 2);
  });

  it('that is signed in by IAM Identity Center works in all three', async () => {
    const profile = newSiteId();
    await addSsoProfile(here, profile);
    const session = (await findSsoSession(profile)) ?? assert.fail('no session');
    const { finish, url } = await startSignIn(session, { profile }, newOp());
    await answerSignIn(controlPlane().port, url, 'approve');
    await finish(newOp());
    assert.match(await works(profile), /:assumed-role\/AWSReservedSSO_/);
  });

  it('may be left out for the keys of the environment, which work in all three', async () => {
    const keep = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'] as const;
    const before = keep.map((name) => [name, process.env[name]] as const);
    const policy = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
    const user = await controlPlane().make<MadeUser>('users', { name: newSiteId(), policy });
    try {
      for (const name of keep) delete process.env[name];
      process.env['AWS_ACCESS_KEY_ID'] = user.accessKeyId;
      process.env['AWS_SECRET_ACCESS_KEY'] = user.secretAccessKey;
      assert.equal(await works(undefined), user.arn);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  it('with an endpoint_url reaches every service there, in all three', async () => {
    const profile = newSiteId();
    await addProfile(here, profile, { ...ROOT, endpoint_url: endpoint.url });
    await works(profile);
    assert.deepEqual([...new Set(endpoint.asked)].sort(), ['s3', 'sts']);
    assert.ok(endpoint.asked.filter((service) => service === 'sts').length >= 2, String(endpoint.asked));
  });

  it('with endpoints for some services reaches those there, and the others at AWS', async () => {
    const profile = newSiteId();
    await appendFile(
      here.env['AWS_CONFIG_FILE'] ?? '',
      `\n[services ${profile}]\ns3 =\n  endpoint_url = ${endpoint.url}\n`,
    );
    await addProfile(here, profile, { ...ROOT, services: profile });
    await works(profile);
    assert.deepEqual([...new Set(endpoint.asked)], ['s3']);
  });

  it('signs in at the endpoint that it names for that', async () => {
    const profile = newSiteId();
    const lines = [`sso_oidc =\n  endpoint_url = ${endpoint.url}\n`];
    await appendFile(here.env['AWS_CONFIG_FILE'] ?? '', `\n[services ${profile}]\n${lines.join('')}`);
    await addSsoProfile(here, profile, 'session', { services: profile });
    const session = (await findSsoSession(profile)) ?? assert.fail('no session');
    const { finish, url } = await startSignIn(session, { profile }, newOp());
    await answerSignIn(controlPlane().port, url, 'approve');
    await finish(newOp());
    assert.match(await works(profile), /:assumed-role\/AWSReservedSSO_/);
    assert.deepEqual(new Set(endpoint.asked), new Set(['/client/register', '/device_authorization', '/token']));
  });

  it('that names a section of endpoints which is not there reaches nothing, and says so', async () => {
    const profile = newSiteId();
    await addProfile(here, profile, { ...ROOT, services: 'nowhere' });
    await assert.rejects(
      works(profile),
      /names a section “services nowhere”, which the AWS configuration file does not have/,
    );
    await addProfile(here, `${profile}-2`, {
      ...ROOT,
      endpoint_url: endpoint.url,
      ignore_configured_endpoint_urls: 'true',
    });
    await works(`${profile}-2`);
    assert.deepEqual(endpoint.asked, []);
  });

  it('tells on the command line, which asks nobody, how to sign in', async () => {
    const profile = newSiteId();
    await addSsoProfile(here, profile);
    const args = ['status', '--account', made.site.account, '--folder', work, '--profile', profile];
    const ended = await promisify(execFile)(process.execPath, [join(work, 'dist', 'cli.js'), ...args]).then(
      () => assert.fail('ended well'),
      (error: unknown) => error as { readonly code: number; readonly stderr: string },
    );
    assert.equal(ended.code, 1);
    assert.match(
      ended.stderr,
      new RegExp(`is not signed in.*“aws sso login --profile ${profile}”; then run the command again`),
    );
    assert.equal(home(), process.env['HOME']);
  });
});

describe('kept clients, when profiles are switched', () => {
  it('are dropped with their credentials, but for those of profiles that are in use', async () => {
    const [used, left] = [newSiteId(), newSiteId()];
    const [ofUsed, ofLeft] = [await addCountingProfile(here, used), await addCountingProfile(here, left)];
    const cache = new ClientCache();
    const clientsOf = (profile: string) => cache.clientsFor({ profile, region });
    const [first, second] = [await clientsOf(used), await clientsOf(left)];
    for (const clients of [first, second]) await identify(clients, newOp());
    cache.keepOnly([used, undefined]);
    assert.equal(await clientsOf(used), first);
    assert.notEqual(await clientsOf(left), second);
    await identify(await clientsOf(left), newOp());
    assert.deepEqual([await ofUsed.count(), await ofLeft.count()], [1, 2]);
    cache.keepOnly();
    assert.notEqual(await clientsOf(used), first);
  });
});
