import assert from 'node:assert/strict';
import { CHOOSE_SUBNET } from '../../src/core/aws/explainedStates';
import { createClients, identify } from '../../src/core/aws/clients';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { explain, hasCode, isCredentialProblem, isSignInProblem, statusOf } from '../../src/core/aws/errors';
import { proxyFor } from '../../src/core/aws/http';
import { listProfiles } from '../../src/core/aws/profiles';
import { regionProblem } from '../../src/core/aws/regions';
import { isUserError, UserError } from '../../src/core/op';
import { controlPlane, newOp } from './sandbox';

describe('credentials', () => {
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'];
  const before = names.map((name) => [name, process.env[name]] as const);
  afterEach(() => {
    for (const [name, value] of before) process.env[name] = value;
  });

  it('that are missing are told with a way on', async () => {
    for (const name of names) delete process.env[name];
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = process.env['AWS_CONFIG_FILE'] = '/nonexistent/aws';
    const error = await identify(createClients({ region: 'us-east-1' }), newOp()).then(() => assert.fail(), explain);
    assert.ok(isUserError(error));
    assert.match(error.message, /No usable AWS credentials were found\. .*Run “aws configure”/);
    assert.equal(error.remedy?.command, 'sitelift.selectProfile');
  });

  it('of a profile that does not exist are told by its name', async () => {
    const clients = createClients({ region: 'us-east-1', profile: 'nobody' });
    await assert.rejects(identify(clients, newOp()), /no AWS profile named “nobody”/);
  });

  it('are waited for until the user cancels, however long their process takes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-process-'));
    const begun = join(folder, 'begun');
    try {
      const script = join(folder, 'process.sh');
      await writeFile(script, `touch ${begun}; while [ -e ${begun} ]; do sleep 0.1; done; exit 1\n`);
      await writeFile(join(folder, 'config'), `[profile slow]\ncredential_process = sh ${script}\n`);
      for (const name of names) delete process.env[name];
      process.env['AWS_CONFIG_FILE'] = join(folder, 'config');
      const cancelled = new AbortController();
      const clients = createClients({ region: 'us-east-1', profile: 'slow' });
      const identified = identify(clients, newOp(cancelled.signal));
      while (!existsSync(begun)) await delay(20);
      cancelled.abort();
      await assert.rejects(identified, { name: 'AbortError' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('explain', () => {
  const awsError = (name: string, message = 'said AWS') => Object.assign(new Error(message), { name });
  for (const [codes, sentence, isAboutCredentials] of [
    ['CredentialsProviderError CredentialsError TokenProviderError', /^No usable AWS credentials were found\./, true],
    [
      'ExpiredToken ExpiredTokenException TokenRefreshRequired RequestExpired SSOTokenProviderFailure',
      /^The AWS sign-in has expired\. .* Sign in again/,
      true,
    ],
    [
      'InvalidClientTokenId UnrecognizedClientException AuthFailure SignatureDoesNotMatch InvalidAccessKeyId',
      /^AWS does not accept these credentials\. .* Choose another profile/,
      true,
    ],
    [
      'AccessDenied AccessDeniedException UnauthorizedOperation AccessDeniedFault',
      /^This AWS user or role is not allowed to do that\./,
      false,
    ],
    ['VPCIdNotSpecified MissingDefaultVpc', /^This region has no default VPC, .*“server\.subnet”/, false],
    [
      'InsufficientInstanceCapacity Unsupported InstanceLimitExceeded VcpuLimitExceeded',
      /^AWS cannot start this instance type here now\. .* Choose another “instanceType”/,
      false,
    ],
    [
      'OptInRequired PendingVerification SubscriptionRequiredException',
      /^AWS has not enabled this service for the account yet\./,
      false,
    ],
    [
      'Throttling ThrottlingException RequestLimitExceeded SlowDown TooManyRequestsException',
      /^AWS is slowing this account down\. .* Wait a minute/,
      false,
    ],
    [
      'ENOTFOUND ECONNREFUSED ECONNRESET ETIMEDOUT EAI_AGAIN TimeoutError NetworkingError',
      /^AWS could not be reached\. .* Check the network and the proxy/,
      false,
    ],
    [
      'SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      /^The certificate that answered for AWS is not trusted\. .*NODE_EXTRA_CA_CERTS/,
      false,
    ],
    ['ENOSPC', /^The disk of this computer is full\. .* Free some space/, false],
  ] as const) {
    it(`tells what ${codes} means and keeps what was said`, () => {
      for (const code of codes.split(' ')) {
        const byName = explain(awsError(code));
        assert.ok(isUserError(byName));
        assert.match(byName.message, sentence);
        assert.ok(byName.message.endsWith(` (${code}: said AWS)`));
        assert.equal((byName.cause as Error).name, code);
        assert.match(explain(Object.assign(new Error('said Node'), { code })).message, sentence);
        assert.equal(isCredentialProblem(awsError(code)), isAboutCredentials);
        const mayBeTheProfile = isAboutCredentials || sentence.source.includes('not allowed');
        const way = { title: 'Select Profile…', command: 'sitelift.selectProfile' };
        assert.deepEqual(
          byName.remedy,
          mayBeTheProfile ? way : sentence.source.includes('VPC') ? CHOOSE_SUBNET : undefined,
        );
      }
    });
  }

  it('leaves out the encoded message that EC2 adds, and every line but the first', () => {
    const message =
      'You are not authorized to perform this operation. User: arn:aws:iam::1:user/a is not authorized to perform: ec2:RunInstances. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm-abcdefg';
    assert.equal(
      explain(awsError('UnauthorizedOperation', message)).message,
      'ec2:RunInstances is not allowed to this AWS user or role. Ask for that permission, or choose another profile. (UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:iam::1:user/a is not authorized to perform: ec2:RunInstances.)',
    );
    assert.match(explain(awsError('Throttling', 'slow\ndown')).message, /\(Throttling: slow\)$/);
  });

  it('reads a message of a megabyte of spaces', () => {
    const message = `a${' '.repeat(1_000_000)}b`;
    assert.ok(explain(awsError('Throttling', message)).message.endsWith(`(Throttling: ${message})`));
  });

  it('tells an account that AWS has yet to verify, and what Node says of the network', () => {
    assert.match(
      explain(awsError('AccessDenied', 'Your account must be verified.')).message,
      /must verify this account/,
    );
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    assert.match(explain(reset).message, /^AWS could not be reached\./);
  });

  it('makes an error of anything that was thrown, and leaves a sentence for the user as it is', () => {
    assert.equal(explain('just a text').message, 'just a text');
    const sentence = new UserError('AccessDenied: must be verified.');
    assert.equal(explain(sentence), sentence);
    assert.equal((explain(awsError('AccessDenied', 'It must be verified.')).cause as Error).name, 'AccessDenied');
    const wrongCode = explain(
      awsError('AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code.'),
    );
    assert.match(wrongCode.message, /^AWS did not accept the MFA code\./);
    assert.equal((wrongCode.cause as Error).name, 'AccessDenied');
  });

  it('takes for a problem of the credentials what other ones may solve, and nothing else', () => {
    for (const code of ['ExpiredToken', 'CredentialsProviderError', 'InvalidClientTokenId', 'SignatureDoesNotMatch']) {
      assert.ok(isCredentialProblem(awsError(code)), code);
    }
    for (const code of ['AccessDenied', 'Throttling', 'NoSuchBucket']) {
      assert.ok(!isCredentialProblem(awsError(code)), code);
    }
  });

  it('knows by its text, as it has no code, that a sign-in by IAM Identity Center is wanted', () => {
    const login = "To refresh this SSO session run 'aws sso login' with the corresponding profile.";
    const problem = (message: string, name = 'CredentialsProviderError') =>
      isSignInProblem(Object.assign(new Error(message), { name }));
    for (const message of [
      `The SSO session associated with this profile has expired. ${login}`,
      `The SSO session token associated with profile=a was not found or is invalid. ${login}`,
      `Token is expired. ${login}`,
      'UnauthorizedException: Session token not found or invalid',
    ]) {
      assert.ok(problem(message), message);
      assert.ok(problem(message, 'TokenProviderError'), message);
      assert.ok(!problem(message, 'Error'), message);
    }
    for (const message of ['Could not load credentials from any providers', 'ForbiddenException: No access']) {
      assert.ok(!problem(message), message);
    }
  });

  it('tells what kept the SDK from getting credentials, of which it hands on the text alone', () => {
    for (const [message, told] of [
      ['Error: getaddrinfo ENOTFOUND portal.sso.eu-west-1.amazonaws.com', /^AWS could not be reached\./],
      ['TooManyRequestsException: Rate exceeded', /^AWS is slowing this account down\./],
      ['Could not load credentials from any providers', /^No usable AWS credentials were found\./],
    ] as const) {
      assert.match(explain(Object.assign(new Error(message), { name: 'CredentialsProviderError' })).message, told);
    }
  });

  it('leaves an error that it does not know as it is', () => {
    const error = awsError('Strange');
    assert.equal(explain(error), error);
  });

  it('matches codes by start and end', () => {
    assert.ok(hasCode(awsError('InvalidVolume.NotFound'), '*.NotFound'));
    assert.ok(hasCode(awsError('InvalidVolume.NotFound'), 'InvalidVolume.*'));
    assert.ok(!hasCode(awsError('InvalidVolume'), '*.NotFound'));
    assert.ok(!hasCode(awsError('NotFound'), 'InvalidVolume.*'));
    assert.ok(!hasCode(awsError('InvalidVolume.NotFound.Now'), '*.NotFound', 'InvalidVolume'));
    assert.ok(!hasCode('NotFound', 'NotFound'));
    assert.ok(hasCode(Object.assign(new Error('x'), { Code: 'NoSuchKey' }), 'NoSuchKey'));
    assert.ok(hasCode(Object.assign(new Error('x'), { Code: 7, name: 'NoSuchKey' }), 'NoSuchKey'));
    assert.equal(statusOf(Object.assign(new Error('x'), { $metadata: { httpStatusCode: 418 } })), 418);
    for (const error of [undefined, new Error('x')]) assert.equal(statusOf(error), undefined);
  });
});

describe('a region that an account must switch on', () => {
  const refused = Object.assign(new Error('The security token included in the request is invalid.'), {
    name: 'InvalidClientTokenId',
  });

  const here = 'eu-south-1';
  const ask = (region = here) => identify(createClients({ region }), newOp());
  const told = (work: Promise<unknown>): Promise<UserError> =>
    work.then(
      () => assert.fail('ended well'),
      (error: unknown) => (isUserError(error) ? error : assert.fail(String(error))),
    );
  const fail = (service: string, action: string, code: string) =>
    controlPlane().send('POST', 'faults', { service, action, kind: 'error', code, status: 403, times: 9 });
  const openRegions = (optInRegions: number) => controlPlane().send('POST', 'settings', { optInRegions });
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await openRegions(0);
  });

  it('is told as switched off, which another region knows, with what to do', async () => {
    const { message, remedy } = await told(ask());
    assert.match(
      message,
      /^The region eu-south-1 is not switched on in this AWS account, .* Account → Regions, .* “region”/,
    );
    assert.equal(remedy?.command, 'sitelift.selectProfile');
    await openRegions(1);
    assert.match((await ask()).arn, /./);
  });

  it('is not blamed for keys that no region takes', async () => {
    const secret = process.env['AWS_SECRET_ACCESS_KEY'];
    try {
      process.env['AWS_SECRET_ACCESS_KEY'] = 'a-guess';
      await assert.rejects(ask(), { name: 'InvalidClientTokenId' });
    } finally {
      process.env['AWS_SECRET_ACCESS_KEY'] = secret;
    }
  });

  it('is told as on where it is, and takes other credentials alone', async () => {
    await openRegions(1);
    await fail('sts', 'GetCallerIdentity', refused.name);
    assert.match((await told(ask())).message, /^AWS takes these credentials elsewhere, but not in eu-south-1, which/);
  });

  it('is told as perhaps off where these credentials may not ask', async () => {
    await fail('ec2', 'DescribeRegions', 'UnauthorizedOperation');
    const sentence = /^AWS does not accept these credentials in eu-south-1, a region that .* Account → Regions/;
    assert.match((await told(ask())).message, sentence);
  });

  it('is told by each code that AWS has for refused keys', async () => {
    for (const name of [refused.name, 'UnrecognizedClientException', 'AuthFailure', 'RegionDisabledException']) {
      const error = Object.assign(new Error('no'), { name });
      const problem = await regionProblem(here, error, () => Promise.resolve(false));
      assert.equal(problem?.cause, error);
    }
  });

  it('is not blamed elsewhere, nor for anything else, nor asked for where somebody cancels', async () => {
    const off = () => Promise.resolve(false);
    const always = `ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1
      eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2`;
    for (const region of always.split(/\s+/)) {
      assert.equal(await regionProblem(region, refused, off), undefined);
    }
    await fail('sts', 'GetCallerIdentity', refused.name);
    await assert.rejects(ask('us-east-1'), { name: refused.name });
    const denied = Object.assign(new Error('no'), { name: 'AccessDenied' });
    assert.equal(await regionProblem(here, denied, off), undefined);
    const cancelled = Object.assign(new Error('over'), { name: 'AbortError' });
    await assert.rejects(
      regionProblem(here, refused, () => Promise.reject(cancelled)),
      cancelled,
    );
  });
});

describe('profiles', () => {
  it('are told with how they sign in', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-profiles-'));
    const before = [process.env['AWS_CONFIG_FILE'], process.env['AWS_SHARED_CREDENTIALS_FILE']];
    try {
      process.env['AWS_CONFIG_FILE'] = join(folder, 'config');
      process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'credentials');
      await writeFile(
        join(folder, 'config'),
        [
          '[profile sso]\nsso_session = a\nregion = eu-west-1\n[sso-session a]\nsso_region = eu-west-1',
          '[profile old]\nsso_start_url = https://a.awsapps.com/start',
          '[profile console]\nlogin_session = arn:aws:iam::1:user/a',
          '[profile web]\nrole_arn = arn:aws:iam::1:role/a\nweb_identity_token_file = /t',
          '[profile role]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = keys',
          '[profile mfa]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = keys\nmfa_serial = arn:aws:iam::1:mfa/a',
          '[profile process]\ncredential_process = true',
          '[profile nothing]\nregion = us-east-1',
          '[services s]\ns3 =',
        ].join('\n'),
      );
      await writeFile(join(folder, 'credentials'), '[keys]\naws_access_key_id = A\naws_secret_access_key = B\n');
      assert.deepEqual(
        (await listProfiles()).map(({ name, region, kind }) => [name, region, kind]),
        [
          ['console', undefined, 'console sign-in'],
          ['keys', undefined, 'access key'],
          ['mfa', undefined, 'role with MFA'],
          ['nothing', 'us-east-1', 'settings only'],
          ['old', undefined, 'single sign-on'],
          ['process', undefined, 'credential process'],
          ['role', undefined, 'role'],
          ['sso', 'eu-west-1', 'single sign-on'],
          ['web', undefined, 'web identity'],
        ],
      );
    } finally {
      [process.env['AWS_CONFIG_FILE'], process.env['AWS_SHARED_CREDENTIALS_FILE']] = before;
      await rm(folder, { recursive: true });
    }
  });
});

describe('proxyFor', () => {
  const proxyUrl = 'http://proxy:1';

  it('takes VS Code’s proxy before the environment’s, and honours both exceptions', () => {
    assert.equal(proxyFor('ec2.us-east-1.amazonaws.com', { proxyUrl }), proxyUrl);
    assert.equal(proxyFor('a.example.com', { proxyUrl, noProxy: ['*.example.com'] }), undefined);
    assert.equal(proxyFor('ec2.us-east-1.amazonaws.com', {}), process.env['HTTPS_PROXY']);
    assert.equal(proxyFor('localhost', {}), undefined);
  });

  it('takes an exception for a host and all below it, however it is written, and for no other', () => {
    for (const entry of ['*.example.com', '.example.com', 'example.com', 'Example.COM']) {
      const settings = { proxyUrl, noProxy: ['other.invalid', entry] };
      for (const host of ['example.com', 'a.example.com', 'a.b.example.com']) {
        assert.equal(proxyFor(host, settings), undefined, `${host} by ${entry}`);
      }
      for (const host of ['myexample.com', 'example.com.evil', 'com']) {
        assert.equal(proxyFor(host, settings), proxyUrl, `${host} by ${entry}`);
      }
    }
    assert.equal(proxyFor('example.com', { proxyUrl, noProxy: [] }), proxyUrl);
  });
});
