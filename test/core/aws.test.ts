import assert from 'node:assert/strict';
import { createClients, identify } from '../../src/core/aws/clients';
import { explain, hasCode } from '../../src/core/aws/errors';
import { proxyFor } from '../../src/core/aws/http';
import { isUserError } from '../../src/core/op';
import { newOp } from './sandbox';

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
    assert.match(error.message, /No usable AWS credentials were found\. Run “aws configure”/);
    assert.equal(error.remedy?.command, 'sitelift.selectProfile');
  });

  it('of a profile that does not exist are told by its name', async () => {
    const clients = createClients({ region: 'us-east-1', profile: 'nobody' });
    await assert.rejects(identify(clients, newOp()), /no AWS profile named “nobody”/);
  });
});

describe('explain', () => {
  const awsError = (name: string, message = 'said AWS') => Object.assign(new Error(message), { name });
  for (const [code, sentence] of [
    ['ExpiredToken', /sign-in has expired/],
    ['UnauthorizedOperation', /not allowed/],
    ['VPCIdNotSpecified', /no default VPC/],
    ['ThrottlingException', /slowing this account down/],
  ] as const) {
    it(`tells what ${code} means and keeps what AWS said`, () => {
      const told = explain(awsError(code));
      assert.ok(isUserError(told) && sentence.test(told.message) && told.message.includes(`${code}: said AWS`));
    });
  }

  it('leaves an error that it does not know as it is', () => {
    const error = awsError('Strange');
    assert.equal(explain(error), error);
  });

  it('matches codes by start and end', () => {
    assert.ok(hasCode(awsError('InvalidVolume.NotFound'), '*.NotFound'));
    assert.ok(hasCode(awsError('InvalidVolume.NotFound'), 'InvalidVolume.*'));
    assert.ok(!hasCode(awsError('InvalidVolume'), '*.NotFound'));
  });
});

describe('proxyFor', () => {
  it('takes VS Code’s proxy before the environment’s, and honours both exceptions', () => {
    const proxyUrl = 'http://proxy:1';
    assert.equal(proxyFor('ec2.us-east-1.amazonaws.com', { proxyUrl }), proxyUrl);
    assert.equal(proxyFor('a.example.com', { proxyUrl, noProxy: ['*.example.com'] }), undefined);
    assert.equal(proxyFor('ec2.us-east-1.amazonaws.com', {}), process.env['HTTPS_PROXY']);
    assert.equal(proxyFor('localhost', {}), undefined);
  });
});
