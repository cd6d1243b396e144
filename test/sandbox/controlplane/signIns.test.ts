import assert from 'node:assert/strict';
import { request } from 'node:http';
import {
  CreateTokenCommand,
  RegisterClientCommand,
  SSOOIDCClient,
  StartDeviceAuthorizationCommand,
} from '@aws-sdk/client-sso-oidc';
import { answerSignIn, IDENTITY_CENTER } from '../profiles';
import { code, startTestControlPlane, type TestControlPlane } from './testControlPlane';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const START_URL = IDENTITY_CENTER.sso_start_url;

interface Portal {
  readonly error: string | undefined;
  readonly body: { readonly roleCredentials?: { readonly accessKeyId: string; readonly expiration: number } };
}

/** GetRoleCredentials of the portal, for which the SDK has a client of its own only. */
function askPortal(port: number, token: string, roleName: string, region: string): Promise<Portal> {
  const path = `/federation/credentials?role_name=${roleName}&account_id=123456789012`;
  const headers = { host: `portal.sso.${region}.amazonaws.com`, 'x-amz-sso_bearer_token': token };
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const error = response.headers['x-amzn-errortype']?.toString();
      response.on('end', () => resolve({ error, body: JSON.parse(text) as Portal['body'] }));
    });
    asked.on('error', reject).end();
  });
}

describe('the control plane, on sign-ins by IAM Identity Center', () => {
  let plane: TestControlPlane;
  let port: number;
  before(async () => {
    plane = await startTestControlPlane();
    port = Number(new URL(plane.endpoint).port);
  });
  beforeEach(() => plane.admin('POST', 'reset'));
  after(() => plane.stop());

  /** The names of AWS lead to the control plane here. */
  function clientIn(region: string): SSOOIDCClient {
    const client = new SSOOIDCClient({ region, maxAttempts: 1, endpoint: plane.endpoint });
    client.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        headers['host'] = `oidc.${region}.amazonaws.com`;
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    return client;
  }
  const oidc = () => clientIn(IDENTITY_CENTER.sso_region);

  async function register(scopes?: string[]) {
    const asked = { clientName: 'test', clientType: 'public', ...(scopes ? { scopes } : {}) };
    const { clientId = '', clientSecret = '' } = await oidc().send(new RegisterClientCommand(asked));
    return { clientId, clientSecret };
  }
  type Registered = Awaited<ReturnType<typeof register>>;
  const start = (client: Registered, startUrl = START_URL, region: string = IDENTITY_CENTER.sso_region) =>
    clientIn(region).send(new StartDeviceAuthorizationCommand({ ...client, startUrl }));
  const ask = (client: Registered, more: object) =>
    oidc().send(new CreateTokenCommand({ ...client, grantType: DEVICE, ...more }));
  const credentials = (token: string, roleName = 'AdministratorAccess', region: string = IDENTITY_CENTER.sso_region) =>
    askPortal(port, token, roleName, region);

  it('give a token once a person has approved, once, and to the client that asked', async () => {
    const client = await register(['sso:account:access']);
    const { deviceCode, userCode, verificationUri, verificationUriComplete = '', expiresIn } = await start(client);
    assert.equal(verificationUriComplete, `${verificationUri}?user_code=${userCode}`);
    assert.equal(expiresIn, 600);
    await assert.rejects(ask(client, { deviceCode }), code('AuthorizationPendingException'));
    await answerSignIn(port, verificationUriComplete, 'approve');
    await assert.rejects(ask(await register(), { deviceCode }), code('InvalidGrantException'));
    const { accessToken = '', expiresIn: seconds, refreshToken, tokenType } = await ask(client, { deviceCode });
    assert.deepEqual([seconds, tokenType], [8 * 3600, 'Bearer']);
    await assert.rejects(ask(client, { deviceCode }), code('InvalidGrantException'));
    await assert.rejects(answerSignIn(port, verificationUriComplete, 'approve'), /not known, was used or has expired/);
    const renewed = await ask(client, { grantType: 'refresh_token', refreshToken });
    assert.notEqual(renewed.accessToken, accessToken);
    await assert.rejects(ask(client, { grantType: 'refresh_token', refreshToken }), code('InvalidGrantException'));
  });

  it('are slowed down when they are asked for too often', async () => {
    const client = await register();
    await plane.admin('POST', 'settings', { signInIntervalSeconds: 1000 });
    const { deviceCode, interval } = await start(client);
    await plane.admin('POST', 'settings', { signInIntervalSeconds: 0 });
    assert.equal(interval, 1000);
    await assert.rejects(ask(client, { deviceCode }), code('AuthorizationPendingException'));
    await assert.rejects(ask(client, { deviceCode }), code('SlowDownException'));
  });

  it('are denied by the person, and end', async () => {
    const client = await register();
    const denied = await start(client);
    await answerSignIn(port, denied.verificationUriComplete ?? '', 'deny');
    await assert.rejects(ask(client, { deviceCode: denied.deviceCode }), code('AccessDeniedException'));
    const ended = await start(client);
    await plane.admin('DELETE', 'signIns');
    await assert.rejects(ask(client, { deviceCode: ended.deviceCode }), code('ExpiredTokenException'));
  });

  it('are refused to strangers, for other start URLs and in other regions', async () => {
    const client = await register();
    const { clientId } = client;
    await assert.rejects(start({ clientId, clientSecret: 'x' }), code('InvalidClientException'));
    await assert.rejects(start(client, 'https://other.awsapps.com/start'), code('InvalidRequestException'));
    await assert.rejects(start(client, START_URL, 'us-east-1'), code('InvalidRequestException'));
    await assert.rejects(ask(client, { deviceCode: 'x' }), code('InvalidGrantException'));
    await assert.rejects(ask(client, { grantType: 'password' }), code('UnsupportedGrantTypeException'));
    const metadata = { clientName: 'test', clientType: 'confidential' };
    await assert.rejects(oidc().send(new RegisterClientCommand(metadata)), code('InvalidClientMetadataException'));
    const scoped = { clientName: 'test', clientType: 'public', scopes: ['openid'] };
    await assert.rejects(oidc().send(new RegisterClientCommand(scoped)), code('InvalidScopeException'));
  });

  it('give nothing that renews to a client without a scope, and keys of the one role while the token holds', async () => {
    const client = await register();
    const { deviceCode, verificationUriComplete = '' } = await start(client);
    await answerSignIn(port, verificationUriComplete, 'approve');
    const { accessToken = '', refreshToken } = await ask(client, { deviceCode });
    assert.equal(refreshToken, undefined);
    const { roleCredentials } = (await credentials(accessToken)).body;
    assert.match(roleCredentials?.accessKeyId ?? '', /^ASIA/);
    assert.ok((roleCredentials?.expiration ?? 0) > Date.now());
    assert.equal((await credentials(accessToken, 'Nobody')).error, 'ForbiddenException');
    assert.equal((await credentials(accessToken, undefined, 'us-east-1')).error, 'UnauthorizedException');
    assert.equal((await credentials('unknown')).error, 'UnauthorizedException');
    await plane.admin('DELETE', 'signIns');
    assert.equal((await credentials(accessToken)).error, 'UnauthorizedException');
  });
});
