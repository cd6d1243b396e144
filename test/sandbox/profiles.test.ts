import assert from 'node:assert/strict';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { loadSharedConfigFiles } from '@smithy/shared-ini-file-loader';
import { createRequestHandler } from '../../src/core/aws/http';
import { enterSandbox } from './enterSandbox';
import { addCountingProfile, addProfile, ADMINISTRATOR } from './profiles';
import { startSandbox, type Sandbox } from './sandbox';

const ACCOUNT = '123456789012';

describe('the profiles of a sandbox', () => {
  let sandbox: Sandbox;
  let leave: () => void;
  before(async () => {
    sandbox = await startSandbox();
    leave = enterSandbox(sandbox);
  });
  after(async () => {
    leave();
    await sandbox.stop();
  });

  const settingsOf = (profile: string) => ({
    ...{ profile, region: 'us-east-1', maxAttempts: 1 },
    requestHandler: createRequestHandler({}),
  });
  /** Makes the SDK read the configuration files anew, which it otherwise does once. */
  const seeChanges = () => loadSharedConfigFiles({ ignoreCache: true });
  const arnOf = async (client: STSClient) => (await client.send(new GetCallerIdentityCommand({}))).Arn;

  it('assume a role with the code of an MFA device, until the session ends', async () => {
    const statement = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' };
    const ann = await sandbox.createUser({ name: 'ann', policy: [statement], mfa: true });
    const iam = new IAMClient({ region: 'us-east-1', requestHandler: createRequestHandler({}) });
    const trust = {
      ...{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' },
      Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    };
    const document = (one: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [one] });
    const role = { RoleName: 'publisher', PolicyName: 'publish' };
    await iam.send(new CreateRoleCommand({ ...role, AssumeRolePolicyDocument: document(trust) }));
    const PolicyDocument = document({ Effect: 'Allow', Action: 's3:*', Resource: '*' });
    await iam.send(new PutRolePolicyCommand({ ...role, PolicyDocument }));
    await addProfile(sandbox, 'ann', {
      aws_access_key_id: ann.accessKeyId,
      aws_secret_access_key: ann.secretAccessKey,
    });
    await addProfile(sandbox, 'publisher', {
      role_arn: `arn:aws:iam::${ACCOUNT}:role/publisher`,
      source_profile: 'ann',
      mfa_serial: ann.mfaSerial ?? '',
    });
    await seeChanges();
    assert.equal(await arnOf(new STSClient(settingsOf('ann'))), ann.arn);
    const withCode = (code: string) => ({
      ...settingsOf('publisher'),
      mfaCodeProvider: () => Promise.resolve(code),
    });
    await assert.rejects(arnOf(new STSClient(withCode('000000'))), /invalid MFA one time pass code/);
    assert.match(
      (await arnOf(new STSClient(withCode('123456')))) ?? '',
      new RegExp(`^arn:aws:sts::${ACCOUNT}:assumed-role/publisher/`),
    );
    const s3 = new S3Client(withCode('123456'));
    await s3.send(new CreateBucketCommand({ Bucket: 'by-the-publisher' }));
    await sandbox.endSessions();
    await assert.rejects(s3.send(new CreateBucketCommand({ Bucket: 'by-the-publisher' })), { name: 'ExpiredToken' });
  });

  it('count how often their credential process is asked', async () => {
    const { count, answer } = await addCountingProfile(sandbox, 'counted');
    await seeChanges();
    assert.equal(await count(), 0);
    const sts = new STSClient(settingsOf('counted'));
    assert.equal(await arnOf(sts), `arn:aws:iam::${ACCOUNT}:user/administrator`);
    await arnOf(sts);
    assert.equal(await count(), 1);
    await answer({ ...ADMINISTRATOR, secretAccessKey: 'changed' });
    await assert.rejects(arnOf(new STSClient(settingsOf('counted'))), { name: 'SignatureDoesNotMatch' });
    assert.equal(await count(), 2);
  });
});
