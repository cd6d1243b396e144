import assert from 'node:assert/strict';
import { ClientCache } from '../../../src/core/aws/clientCache';
import { createClients, identify, requireAccount } from '../../../src/core/aws/clients';
import { explain } from '../../../src/core/aws/errors';
import { isUserError } from '../../../src/core/op';
import { requestTrail } from '../../../src/core/requestTrail';
import { newSiteId } from '../../../src/core/site';
import { describeSite } from '../../../src/core/resources/stack';
import type { MadeUser, SandboxUser } from '../../sandbox/sandbox';
import { addCountingProfile, addMfaProfile, addProfile, ADMINISTRATOR } from '../../sandbox/profiles';
import { callsOf, keysOf, planned, provision, requests } from '../resources/provisioned';
import { ACCOUNT, controlPlane, deny, newContext, newOp } from '../sandbox';

const here = { env: process.env as Record<string, string> };
const region = 'us-east-1';
const timesAsked = async (work: () => Promise<unknown>) => requests(await callsOf(work), 'GetCallerIdentity').length;

describe('kept clients', () => {
  it('ask a credential process once in five readings', async () => {
    const profile = newSiteId();
    const { count } = await addCountingProfile(here, profile);
    const cache = new ClientCache();
    for (let reading = 0; reading < 5; reading += 1) {
      const clients = await cache.clientsFor({ profile, region });
      await requireAccount(clients, ACCOUNT, newOp());
      await describeSite({ ...newContext(), clients }, newOp());
    }
    assert.equal(await count(), 1);
  });

  it('ask STS again only when its answer is too old', async () => {
    const clients = await new ClientCache().clientsFor({ region });
    assert.equal(
      await timesAsked(async () => {
        for (let reading = 0; reading < 5; reading += 1) await requireAccount(clients, ACCOUNT, newOp(), 300);
      }),
      1,
    );
    assert.equal(await timesAsked(() => requireAccount(clients, ACCOUNT, newOp())), 1);
    const others = createClients({ region });
    assert.equal(await timesAsked(() => requireAccount(others, ACCOUNT, newOp(), 300)), 1);
  });

  it('tell of each request that failed, with the id by which AWS finds it, also where that ends nothing', async () => {
    const told: string[] = [];
    const onFailure = (error: unknown, operation: string) => void told.push(operation, ...requestTrail(error));
    const clients = await new ClientCache({ onFailure }).clientsFor({ region });
    await deny('ec2', 'DescribeVolumes');
    try {
      const { volume } = await describeSite({ ...newContext(), clients }, newOp());
      assert.equal(volume.kind, 'unknown');
    } finally {
      await controlPlane().send('DELETE', 'faults');
    }
    const index = told.indexOf('ec2:DescribeVolumes');
    assert.match(told[index + 1] ?? '', /^AWS: AccessDenied, HTTP 403, request id \S+$/);
  });

  it('are the same for the same profile, region and proxy, and others for others', async () => {
    const cache = new ClientCache();
    const settings = { profile: 'sitelift', region, proxyUrl: 'http://proxy:1', noProxy: ['example.com'] };
    const clients = await cache.clientsFor(settings);
    assert.equal(await cache.clientsFor({ ...settings }), clients);
    for (const change of [
      { profile: 'default' },
      { profile: undefined },
      { region: 'eu-west-1' },
      { proxyUrl: 'http://proxy:2' },
      { noProxy: [] },
    ]) {
      assert.notEqual(await cache.clientsFor({ ...settings, ...change }), clients, JSON.stringify(change));
    }
    assert.equal(await cache.clientsFor(settings), clients);
  });

  it('are made anew, with what the files say now, when a configuration file changed', async () => {
    const cache = new ClientCache();
    const profile = newSiteId();
    const before = await cache.clientsFor({ region, profile });
    await assert.rejects(identify(before, newOp()), /no AWS profile named/);
    const { name, arn, accessKeyId, secretAccessKey } = await controlPlane().make<MadeUser>('users', {
      name: newSiteId(),
    });
    assert.ok(name);
    await addProfile(here, profile, { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey });
    const after = await cache.clientsFor({ region, profile });
    assert.notEqual(after, before);
    assert.equal((await identify(after, newOp())).arn, arn);
  });

  it('are made anew after AWS refused their credentials or none could be had', async () => {
    const profile = newSiteId();
    const { answer, count } = await addCountingProfile(here, profile, { ...ADMINISTRATOR, secretAccessKey: 'old' });
    const cache = new ClientCache();
    const refused = await cache.clientsFor({ profile, region });
    await assert.rejects(identify(refused, newOp()), { name: 'SignatureDoesNotMatch' });
    await answer(ADMINISTRATOR);
    const accepted = await cache.clientsFor({ profile, region });
    assert.notEqual(accepted, refused);
    assert.equal((await identify(accepted, newOp())).account, ACCOUNT);
    assert.equal(await cache.clientsFor({ profile, region }), accepted);
    assert.equal(await count(), 2);
    const none = newSiteId();
    await addProfile(here, none, { credential_process: 'false' });
    const empty = await cache.clientsFor({ profile: none, region });
    await assert.rejects(identify(empty, newOp()));
    assert.notEqual(await cache.clientsFor({ profile: none, region }), empty);
  });

  it('stay when AWS refuses an action only', async () => {
    const profile = newSiteId();
    const user = await controlPlane().make<MadeUser>('users', { name: newSiteId() });
    await addProfile(here, profile, {
      aws_access_key_id: user.accessKeyId,
      aws_secret_access_key: user.secretAccessKey,
    });
    const cache = new ClientCache();
    const clients = await cache.clientsFor({ profile, region });
    const site = await describeSite({ ...newContext(), clients }, newOp());
    assert.equal(site.server.kind, 'unknown');
    assert.equal(await cache.clientsFor({ profile, region }), clients);
  });

  it('ask for the code of an MFA device once, tell one that is not right, and provision with it', async () => {
    const createUser = (user: SandboxUser) => controlPlane().make<MadeUser>('users', user);
    const { profile, user, roleName } = await addMfaProfile(here, createUser, createClients({ region }).iam, '*');
    const asked: string[] = [];
    let code = '000000';
    const cache = new ClientCache({
      mfaCodeProvider(serial) {
        asked.push(serial);
        return Promise.resolve(code);
      },
    });
    const wrong = await identify(await cache.clientsFor({ profile, region }), newOp()).then(
      () => assert.fail('a wrong code was taken'),
      explain,
    );
    assert.ok(isUserError(wrong));
    assert.match(wrong.message, /^AWS did not accept the MFA code\. Wait until your device shows the next one/);
    code = '123456';
    for (let reading = 0; reading < 3; reading += 1) {
      const clients = await cache.clientsFor({ profile, region });
      assert.match((await identify(clients, newOp())).arn, new RegExp(`:assumed-role/${roleName}/`));
      await describeSite({ ...newContext(), clients }, newOp());
    }
    const context = { ...newContext(), clients: await cache.clientsFor({ profile, region }) };
    assert.ok((await provision(context, 'all')).includes('instance'));
    assert.deepEqual(keysOf(await planned(context, 'all')), []);
    assert.deepEqual(asked, [user.mfaSerial, user.mfaSerial]);
  });
});

describe('an account other than the site’s', () => {
  it('is refused with both numbers and a way on', async () => {
    const error: unknown = await requireAccount(createClients({ region }), '210987654321', newOp()).then(
      () => assert.fail('was taken'),
      (thrown: unknown) => thrown,
    );
    assert.ok(isUserError(error));
    assert.equal(
      error.message,
      `The AWS credentials belong to account ${ACCOUNT}, but this site belongs to 210987654321 (sitelift.json). Nothing was changed. Choose a profile of account 210987654321.`,
    );
    assert.equal(error.remedy?.command, 'sitelift.selectProfile');
  });
});
