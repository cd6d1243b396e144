import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClients, identify } from '../../../src/core/aws/clients';
import { startSignIn } from '../../../src/core/aws/signIn';
import { findSsoSession, type SsoSession } from '../../../src/core/aws/ssoSession';
import { isAbort, isUserError } from '../../../src/core/op';
import { newSiteId } from '../../../src/core/site';
import { addProfile, addSsoProfile, answerSignIn, IDENTITY_CENTER } from '../../sandbox/profiles';
import { callsOf, requests } from '../resources/provisioned';
import { controlPlane, newOp } from '../sandbox';
import { inHomeOfItsOwn } from './ssoHome';

const here = { env: process.env as Record<string, string> };
const region = 'us-east-1';
const SIGNED_IN = /:assumed-role\/AWSReservedSSO_AdministratorAccess_/;

async function newSession(kind?: 'session' | 'legacy'): Promise<SsoSession & { readonly profile: string }> {
  const profile = newSiteId();
  await addSsoProfile(here, profile, kind);
  const session = (await findSsoSession(profile)) ?? assert.fail('no session');
  return { ...session, profile };
}

const answer = (url: string, how: 'approve' | 'deny') => answerSignIn(controlPlane().port, url, how);
const timesAsked = async () => requests(await controlPlane().calls(), 'CreateToken').length;
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => assert.fail('ended well'),
    (error: unknown) => error,
  );

describe('a sign-in by IAM Identity Center', () => {
  const home = inHomeOfItsOwn();
  const cache = () => join(home(), '.aws', 'sso', 'cache');

  for (const kind of ['session', 'legacy'] as const) {
    it(`is kept as the AWS CLI and the SDK look for it, for this user alone (${kind})`, async () => {
      const session = await newSession(kind);
      const { finish, url, userCode } = await startSignIn(session, {}, newOp());
      assert.match(await answer(url, 'approve'), new RegExp(`the code <strong>${userCode}</strong>`));
      await finish(newOp());
      const id = kind === 'legacy' ? IDENTITY_CENTER.sso_start_url : session.profile;
      const name = `${createHash('sha1').update(id).digest('hex')}.json`;
      assert.deepEqual(await readdir(cache()), [name]);
      const [file, folder] = [await stat(join(cache(), name)), await stat(cache())];
      if (process.platform !== 'win32') assert.deepEqual([file.mode & 0o777, folder.mode & 0o777], [0o600, 0o700]);
      const token = JSON.parse(await readFile(join(cache(), name), 'utf8')) as Record<string, string>;
      const fields = [
        'startUrl',
        'region',
        'accessToken',
        'expiresAt',
        'clientId',
        'clientSecret',
        'registrationExpiresAt',
      ];
      // Only who asked for a scope is given what renews a token.
      assert.deepEqual(Object.keys(token), kind === 'legacy' ? fields : [...fields, 'refreshToken']);
      assert.deepEqual([token['startUrl'], token['region']], Object.values(IDENTITY_CENTER));
      for (const time of ['expiresAt', 'registrationExpiresAt']) {
        assert.match(token[time] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        assert.ok(Date.parse(token[time] ?? '') > Date.now() + 7 * 3600_000, token[time]);
      }
      const clients = createClients({ profile: session.profile, region });
      assert.match((await identify(clients, newOp())).arn, SIGNED_IN);
    });
  }

  it('takes the place of the one before it', async () => {
    const session = await newSession();
    for (let time = 0; time < 2; time += 1) {
      const { finish, url } = await startSignIn(session, {}, newOp());
      await answer(url, 'approve');
      await finish(newOp());
      assert.match((await identify(createClients({ profile: session.profile, region }), newOp())).arn, SIGNED_IN);
      await controlPlane().send('DELETE', 'signIns');
    }
    assert.equal((await readdir(cache())).length, 1);
  });

  it('is told where it cannot be kept, with the way on, and nothing of it is left', async () => {
    const session = await newSession();
    const file = `${createHash('sha1').update(session.profile).digest('hex')}.json`;
    await mkdir(join(cache(), file), { recursive: true });
    const { finish, url } = await startSignIn(session, {}, newOp());
    await answer(url, 'approve');
    const error = await failure(finish(newOp()));
    assert.ok(isUserError(error) && error.remedy?.command === 'sitelift.signIn', String(error));
    assert.match(error.message, new RegExp(`^You signed in, but the sign-in could not be kept in \\S+${file}: \\w`));
    assert.deepEqual(await readdir(cache()), [file]);
  });

  it('takes the place of one that nobody can read any more', async () => {
    const session = await newSession();
    const file = join(cache(), `${createHash('sha1').update(session.profile).digest('hex')}.json`);
    await mkdir(cache(), { recursive: true });
    await writeFile(file, '{"accessToken": "cut o');
    const { finish, url } = await startSignIn(session, {}, newOp());
    await answer(url, 'approve');
    await finish(newOp());
    assert.match((await identify(createClients({ profile: session.profile, region }), newOp())).arn, SIGNED_IN);
  });

  it('is begun at a page of HTTPS alone', async () => {
    const session = await newSession();
    await controlPlane().send('POST', 'settings', { signInAtHttp: 1 });
    await assert.rejects(startSignIn(session, {}, newOp()), /AWS gave no page to sign in at/);
  });

  it('is renewed by the SDK with what was kept, without anybody', async () => {
    await controlPlane().send('POST', 'settings', { signInSeconds: 200 });
    const session = await newSession();
    const { finish, url } = await startSignIn(session, {}, newOp());
    await answer(url, 'approve');
    await finish(newOp());
    const read = () =>
      readFile(join(cache(), `${createHash('sha1').update(session.profile).digest('hex')}.json`), 'utf8');
    const kept = await read();
    const calls = await callsOf(() => identify(createClients({ profile: session.profile, region }), newOp()));
    assert.equal(requests(calls, 'CreateToken')[0]?.['grantType'], 'refresh_token');
    assert.notEqual(await read(), kept);
  });

  it('asks for the scopes that the session names, and for the one that renews when it names none', async () => {
    const session = await newSession();
    const scoped = { ...session, scopes: ['sso:account:access', 'sso:other'] };
    const calls = await callsOf(async () => {
      await startSignIn(session, {}, newOp());
      await startSignIn(scoped, {}, newOp());
      await startSignIn({ ...session, scopes: [] }, {}, newOp());
    });
    const asked = requests(calls, 'RegisterClient').map(({ clientName, clientType, scopes }) => [
      clientName,
      clientType,
      scopes,
    ]);
    const who = ['sitelift', 'public'];
    assert.deepEqual(asked, [
      [...who, ['sso:account:access']],
      [...who, scoped.scopes],
      [...who, undefined],
    ]);
  });

  it('tells a start URL that its region does not know', async () => {
    const session = await newSession();
    const error = await failure(startSignIn({ ...session, region }, {}, newOp()));
    assert.ok(isUserError(error));
    assert.match(error.message, /^IAM Identity Center in us-east-1 does not know https:\/\/sandbox\./);
  });

  describe('while it is waited for', () => {
    /** Asks until AWS was asked so often whether the sign-in is done. */
    async function untilAsked(times: number): Promise<void> {
      while ((await timesAsked()) < times) await new Promise((resolve) => setImmediate(resolve));
    }

    async function started() {
      const session = await newSession();
      const pending = await startSignIn(session, {}, newOp());
      await controlPlane().send('DELETE', 'calls');
      return pending;
    }

    it('is asked for as often as AWS allows, and five seconds less often once that was too often', async () => {
      const { finish, url } = await started();
      await answer(url, 'approve');
      for (const [nth, code] of [
        [1, 'AuthorizationPendingException'],
        [2, 'SlowDownException'],
      ] as const) {
        const fault = { service: 'sso-oidc', action: 'CreateToken', kind: 'error', code, status: 400, nth };
        await controlPlane().send('POST', 'faults', fault);
      }
      const begin = performance.now();
      await finish(newOp());
      // The second question a second after the first, the third six seconds after that; timers may be a moment early.
      assert.equal(await timesAsked(), 3);
      const took = performance.now() - begin;
      assert.ok(took >= 6900, String(took));
    });

    it('is waited for further when the way to AWS is broken for a while', async () => {
      const { finish, url } = await started();
      await answer(url, 'approve');
      const fault = { service: 'sso-oidc', action: 'CreateToken' };
      // As often as the SDK tries by itself, so that it gives up, each time.
      await controlPlane().send('POST', 'faults', { ...fault, kind: 'cut', times: 3 });
      await controlPlane().send('POST', 'faults', {
        ...fault,
        kind: 'error',
        code: 'InternalServerException',
        nth: 4,
        times: 3,
      });
      await finish(newOp());
      assert.equal(await timesAsked(), 7);
    });

    for (const [what, sentence, end] of [
      ['denied', /^The sign-in to AWS was denied in the browser\.$/, (url: string) => answer(url, 'deny')],
      [
        'not finished in time',
        /was not finished in time\. Sign in again\.$/,
        () => controlPlane().send('DELETE', 'signIns'),
      ],
    ] as const) {
      it(`ends with a way on when it is ${what}`, async () => {
        const { finish, url } = await started();
        const failed = failure(finish(newOp()));
        await untilAsked(1);
        await end(url);
        const error = await failed;
        assert.ok(isUserError(error) && error.remedy?.command === 'sitelift.signIn', String(error));
        assert.match(error.message, sentence);
        assert.deepEqual(await readdir(home()), []);
      });
    }

    it('ends at once when it is cancelled', async () => {
      const { finish } = await started();
      const controller = new AbortController();
      const failed = failure(finish(newOp(controller.signal)));
      await untilAsked(1);
      controller.abort();
      assert.ok(isAbort(await failed));
      assert.deepEqual(await readdir(home()), []);
    });
  });
});

describe('the sign-in of a profile', () => {
  it('is that of its session, of itself, or of the profile whose credentials it takes', async () => {
    const [session, legacy, role, further, loop, keys] = Array.from({ length: 6 }, newSiteId) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    await addSsoProfile(here, session);
    await addSsoProfile(here, legacy, 'legacy');
    const role_arn = 'arn:aws:iam::123456789012:role/a';
    await addProfile(here, role, { role_arn, source_profile: session });
    await addProfile(here, further, { role_arn, source_profile: role });
    await addProfile(here, loop, { role_arn, source_profile: loop });
    await addProfile(here, keys, { aws_access_key_id: 'a', aws_secret_access_key: 'b' });
    const [url, ssoRegion] = [IDENTITY_CENTER.sso_start_url, IDENTITY_CENTER.sso_region];
    const ofSession = { key: session, startUrl: url, region: ssoRegion, scopes: ['sso:account:access'] };
    for (const name of [session, role, further]) assert.deepEqual(await findSsoSession(name), ofSession, name);
    assert.deepEqual(await findSsoSession(legacy), { key: url, startUrl: url, region: ssoRegion, scopes: [] });
    for (const name of [loop, keys, newSiteId()]) assert.equal(await findSsoSession(name), undefined);
  });
});
