import assert from 'node:assert/strict';
import { IAMClient } from '@aws-sdk/client-iam';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { loadSharedConfigFiles } from '@smithy/shared-ini-file-loader';
import { createRequestHandler } from '../../src/core/aws/http';
import { enterSandbox } from './enterSandbox';
import { addCountingProfile, addMfaProfile, ADMINISTRATOR } from './profiles';
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
    const iam = new IAMClient({ region: 'us-east-1', requestHandler: createRequestHandler({}) });
    const { source, profile, user, roleName } = await addMfaProfile(sandbox, sandbox.createUser, iam, 's3:*');
    await seeChanges();
    assert.equal(await arnOf(new STSClient(settingsOf(source))), user.arn);
    const withCode = (code: string) => ({
      ...settingsOf(profile),
      mfaCodeProvider: () => Promise.resolve(code),
    });
    await assert.rejects(arnOf(new STSClient(withCode('000000'))), /invalid MFA one time pass code/);
    assert.match(
      (await arnOf(new STSClient(withCode('123456')))) ?? '',
      new RegExp(`^arn:aws:sts::${ACCOUNT}:assumed-role/${roleName}/`),
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
