import { DescribeRegionsCommand } from '@aws-sdk/client-ec2';
import { HeadBucketCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateTokenCommand } from '@aws-sdk/client-sso-oidc';
import { getSSOTokenFilepath, getSSOTokenFromFile } from '@smithy/shared-ini-file-loader';
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ClientCache } from '../../../src/core/aws/clientCache';
import { createClients, createSsoOidcClient, ec2Once, identify, type Clients } from '../../../src/core/aws/clients';
import { explain } from '../../../src/core/aws/errors';
import { startSignIn } from '../../../src/core/aws/signIn';
import { findSsoSession, type SsoSession } from '../../../src/core/aws/ssoSession';
import { placeOf } from '../../../src/core/aws/store';
import { remediesOf } from '../../../src/core/op';
import { run } from '../../../src/core/plan';
import { bucket } from '../../../src/core/resources/bucket/bucket';
import { describeSite } from '../../../src/core/resources/stack';
import { newSiteId } from '../../../src/core/site';
import { addMfaProfile, addProfile, addSsoProfile, answerSignIn } from '../../sandbox/profiles';
import type { MadeUser, SandboxUser } from '../../sandbox/sandbox';
import { callsOf, keysOf, planned, provision, requests } from '../resources/provisioned';
import { ACCOUNT, controlPlane, newContext, newOp } from '../sandbox';
import { inHomeOfItsOwn } from './ssoHome';

const here = { env: process.env as Record<string, string> };
const region = 'us-east-1';
const endSignIns = () => controlPlane().send('DELETE', 'signIns');
const endSessions = () => controlPlane().send('DELETE', 'sessions');
const told = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => assert.fail('ended well'),
    (error: unknown) => explain(error),
  );

/** Clients of a profile, and the sign-ins that they ask for; those are approved at once. */
async function clientsOf(profile: string): Promise<{ readonly clients: Clients; readonly asked: SsoSession[] }> {
  const asked: SsoSession[] = [];
  const signIn = async (session: SsoSession) => {
    asked.push(session);
    const { finish, url } = await startSignIn(session, { profile }, newOp());
    await answerSignIn(controlPlane().port, url, 'approve');
    await finish(newOp());
    return true;
  };
  return { clients: await new ClientCache({ signIn }).clientsFor({ profile, region }), asked };
}

async function newProfile(kind?: 'session' | 'legacy'): Promise<string> {
  const profile = newSiteId();
  await addSsoProfile(here, profile, kind);
  return profile;
}

const unknownIn = async (clients: Clients) =>
  Object.values(await describeSite({ ...newContext(), clients }, newOp())).filter(({ kind }) => kind === 'unknown');

describe('the credentials of a profile that signs in by IAM Identity Center', () => {
  inHomeOfItsOwn();

  for (const kind of ['session', 'legacy'] as const) {
    it(`wait for one sign-in, whoever needs them, and go on by themselves (${kind})`, async () => {
      const { asked, clients } = await clientsOf(await newProfile(kind));
      assert.deepEqual(await unknownIn(clients), []);
      assert.equal(asked.length, 1);
      assert.equal((await identify(clients, newOp())).account, ACCOUNT);
    });

    it(`are told to be signed out, with what to do, where nobody can be asked (${kind})`, async () => {
      const profile = await newProfile(kind);
      const calls = await callsOf(async () => {
        for (const hooks of [{}, { signIn: () => Promise.resolve(false) }]) {
          const { message, ...error } = await told(identify(createClients({ profile, region }, hooks), newOp()));
          assert.match(
            message,
            new RegExp(
              `^The AWS profile “${profile}” is not signed in, or its sign-in .* has expired\\. Sign in, .*“Sitelift: Sign In to AWS…”, .*“aws sso login --profile ${profile}”; then run`,
            ),
          );
          assert.deepEqual(
            remediesOf(Object.assign(new Error(message), error, { name: 'UserError' })).map(({ command }) => command),
            ['sitelift.signIn', 'sitelift.selectProfile'],
          );
        }
      });
      assert.deepEqual(calls, []);
    });
  }

  it('are those of the token that another window has renewed at the same moment, and nobody is asked to sign in', async () => {
    const profile = await newProfile();
    await identify((await clientsOf(profile)).clients, newOp());
    const session = (await findSsoSession(profile)) ?? assert.fail('no session');
    const file = getSSOTokenFilepath(session.key);
    const { clientId, clientSecret, refreshToken, ...token } = await getSSOTokenFromFile(session.key);
    const ended = { clientId, clientSecret, refreshToken, ...token, expiresAt: new Date(0).toISOString() };
    await writeFile(file, JSON.stringify(ended));
    const winner = createSsoOidcClient({ profile, region: session.region });
    const renewal = new CreateTokenCommand({ grantType: 'refresh_token', clientId, clientSecret, refreshToken });
    const won = await winner.send(renewal);
    const { asked, clients } = await clientsOf(profile);
    await controlPlane().send('DELETE', 'calls');
    const identity = identify(clients, newOp());
    const renewals = async () => requests(await controlPlane().calls(), 'CreateToken').length;
    while ((await renewals()) === 0) await new Promise((resolve) => setImmediate(resolve));
    const { accessToken = '', refreshToken: next } = won;
    const fresh = {
      ...ended,
      accessToken,
      refreshToken: next,
      expiresAt: new Date(Date.now() + 3600_000).toISOString(),
    };
    await writeFile(file, JSON.stringify(fresh));
    assert.match((await identity).arn, /:assumed-role\/AWSReservedSSO_/);
    assert.deepEqual([asked, await renewals()], [[], 1]);
  });

  it('are asked for where nobody has renewed them and AWS refuses to', async () => {
    const profile = await newProfile();
    await identify((await clientsOf(profile)).clients, newOp());
    const session = (await findSsoSession(profile)) ?? assert.fail('no session');
    const token = await getSSOTokenFromFile(session.key);
    const file = getSSOTokenFilepath(session.key);
    await writeFile(file, JSON.stringify({ ...token, expiresAt: new Date(0).toISOString() }));
    await endSignIns();
    const { asked, clients } = await clientsOf(profile);
    assert.match((await identify(clients, newOp())).arn, /:assumed-role\/AWSReservedSSO_/);
    assert.equal(asked.length, 1);
  });

  it('are renewed, and what AWS refused is sent again, when they end before their time', async () => {
    const { asked, clients } = await clientsOf(await newProfile());
    await identify(clients, newOp());
    await endSessions();
    const calls = await callsOf(async () => assert.deepEqual(await unknownIn(clients), []));
    // One renewal for all of the calls that were refused.
    assert.equal(requests(calls, 'GetRoleCredentials').length, 1);
    assert.equal(asked.length, 1);
  });

  it('are renewed also for a request that is sent once whatever comes of it', async () => {
    const { clients } = await clientsOf(await newProfile());
    await identify(clients, newOp());
    await endSessions();
    const ask = () => ec2Once(clients).send(new DescribeRegionsCommand({}));
    const answered = await callsOf(ask);
    assert.equal(requests(answered, 'DescribeRegions').length, 2);
    const fault = { service: 'ec2', action: 'DescribeRegions', kind: 'error', code: 'InternalError', status: 500 };
    await controlPlane().send('POST', 'faults', fault);
    assert.equal(requests(await callsOf(() => assert.rejects(ask())), 'DescribeRegions').length, 1);
  });

  it('are not tried anew with a body that is gone once it was sent', async () => {
    const { clients } = await clientsOf(await newProfile());
    const context = { ...newContext(), clients };
    await run(bucket.plan(context, { bucket: { kind: 'absent' } }), newOp());
    const object = placeOf(context, 'site/a');
    await endSessions();
    const put = new PutObjectCommand({ ...object, Body: Readable.from([Buffer.from('a')]), ContentLength: 1 });
    await assert.rejects(clients.s3.send(put), { name: 'ExpiredToken' });
    await assert.rejects(clients.s3.send(new HeadObjectCommand(object)), { name: 'NotFound' });
    await clients.s3.send(new PutObjectCommand({ ...object, Body: Buffer.from('a') }));
  });

  it('are asked about once, where what answers for AWS refuses everything without a word', async () => {
    const { clients } = await clientsOf(await newProfile());
    await identify(clients, newOp());
    const fault = { service: '*', action: '*', kind: 'error', code: 'Unknown', status: 400, times: 30 };
    await controlPlane().send('POST', 'faults', fault);
    for (const [ask, actions] of [
      [() => clients.ec2.send(new DescribeRegionsCommand({})), ['DescribeRegions']],
      [() => clients.s3.send(new HeadBucketCommand({ Bucket: 'some' })), ['HeadBucket', 'GetCallerIdentity']],
    ] as const) {
      const calls = await callsOf(() => assert.rejects(ask()));
      assert.deepEqual(
        calls.map(({ action }) => action),
        actions,
      );
    }
  });

  it('wait for a new sign-in in the middle of an operation, which then does the rest', async () => {
    const { asked, clients } = await clientsOf(await newProfile());
    const context = { ...newContext(), clients };
    await identify(clients, newOp());
    const { ec2 } = clients;
    let isOver = false;
    ec2.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (!isOver && commandName === 'RunInstancesCommand') {
            isOver = true;
            await Promise.all([endSignIns(), endSessions()]);
          }
          return next(args);
        },
      { step: 'initialize', priority: 'high', name: 'ending' },
    );
    assert.ok((await provision(context, 'all')).includes('instance'));
    assert.ok(isOver);
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
    assert.equal(asked.length, 2);
  });

  it('are those of a role that the profile takes them for', async () => {
    const source = await newProfile();
    const role = newSiteId();
    await addMfaProfile(
      here,
      (user: SandboxUser) => controlPlane().make<MadeUser>('users', user),
      createClients({ region }).iam,
      '*',
    ).then(({ roleName }) =>
      addProfile(here, role, { role_arn: `arn:aws:iam::${ACCOUNT}:role/${roleName}`, source_profile: source }),
    );
    const { asked, clients } = await clientsOf(role);
    // Whose trust wants an MFA code, which a sign-in by IAM Identity Center does not count as: it was asked with the sign-in's keys.
    const { message } = await told(identify(clients, newOp()));
    assert.match(
      message,
      /AWSReservedSSO_AdministratorAccess_.*is not authorized to perform: sts:AssumeRole|sts:AssumeRole is not allowed/,
    );
    assert.equal(asked[0]?.key, source);
  });

  it('are not asked for by another sign-in when IAM Identity Center does not give the role', async () => {
    const profile = newSiteId();
    await addSsoProfile(here, profile, 'session', { sso_role_name: 'Nobody' });
    const { asked, clients } = await clientsOf(profile);
    const { message } = await told(identify(clients, newOp()));
    assert.match(
      message,
      /^IAM Identity Center does not give you the role .*\(CredentialsProviderError: .*No access\)$/,
    );
    assert.equal(asked.length, 1);
  });
});

describe('the credentials of a role with an MFA device', () => {
  it('are asked for once more when the session ends, and the operation goes on', async () => {
    const createUser = (user: SandboxUser) => controlPlane().make<MadeUser>('users', user);
    const { profile } = await addMfaProfile(here, createUser, createClients({ region }).iam, '*');
    let asked = 0;
    const mfaCodeProvider = () => Promise.resolve((asked += 1) > 0 ? '123456' : '');
    const clients = createClients({ profile, region }, { mfaCodeProvider });
    await identify(clients, newOp());
    await endSessions();
    assert.deepEqual(await unknownIn(clients), []);
    assert.equal(asked, 2);
  });
});
