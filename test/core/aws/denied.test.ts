import { DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { GetPublicAccessBlockCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { createClients } from '../../../src/core/aws/clients';
import { actionOf, deniedAction, noteOperation } from '../../../src/core/aws/denied';
import { explain } from '../../../src/core/aws/errors';
import { isUserError } from '../../../src/core/op';
import { ACTIONS, sentOperations } from '../permissions/awsActions';
import { controlPlane, refuse } from '../sandbox';

const awsError = (name: string, message: string) => Object.assign(new Error(message), { name });
const USER = 'User: arn:aws:iam::123456789012:user/ann is not authorized to perform:';
const waysOf = (error: unknown) => {
  const told = explain(error);
  assert.ok(isUserError(told));
  return told.remedies.map(({ title }) => title);
};

describe('what AWS refuses', () => {
  afterEach(async () => {
    await controlPlane().send('DELETE', 'faults');
    await controlPlane().send('DELETE', 'denies');
  });

  it('is named first, as each service tells it', () => {
    const messages: readonly (readonly [string, string, string])[] = [
      [
        'AccessDenied',
        `${USER} iam:CreateRole on resource: arn:aws:iam::123456789012:role/x because no`,
        'iam:CreateRole',
      ],
      [
        'UnauthorizedOperation',
        `You are not authorized to perform this operation. ${USER} ec2:RunInstances on`,
        'ec2:RunInstances',
      ],
      ['AccessDeniedException', `${USER} ssm:SendCommand on resource: arn:aws:ec2:x`, 'ssm:SendCommand'],
      ['AccessDenied', `${USER} s3:GetBucketPolicy on resource: "arn:aws:s3:::b"`, 's3:GetBucketPolicy'],
    ];
    for (const [code, message, action] of messages) {
      const { message: told } = explain(awsError(code, message));
      assert.ok(told.startsWith(`${action} is not allowed to this AWS user or role. Ask for that permission`), told);
    }
  });

  it('comes with the ways on: another profile, or the policy to be copied', () => {
    assert.deepEqual(waysOf(awsError('AccessDenied', `${USER} iam:CreateRole`)), ['Select Profile…', 'Copy Policy']);
    assert.deepEqual(waysOf(awsError('ExpiredToken', 'no')), ['Select Profile…']);
  });

  it('by a policy that forbids it is told so, since no permission helps, and none is offered', () => {
    const error = awsError(
      'AccessDenied',
      `${USER} s3:PutBucketPolicy on resource: "b" with an explicit deny in a service control policy`,
    );
    assert.match(
      explain(error).message,
      /^s3:PutBucketPolicy is forbidden to this AWS user or role by a service control policy, so no permission helps/,
    );
    assert.deepEqual(waysOf(error), ['Select Profile…']);
  });

  it('is known by what was asked where AWS does not say it', async () => {
    const { ec2, iam, s3 } = createClients({ region: 'us-east-1' });
    const cases = [
      [
        'ec2',
        'DescribeVolumes',
        'UnauthorizedOperation',
        () => ec2.send(new DescribeVolumesCommand({})),
        'ec2:DescribeVolumes',
      ],
      ['iam', 'GetRole', 'AccessDenied', () => iam.send(new GetRoleCommand({ RoleName: 'x' })), 'iam:GetRole'],
      [
        ...(['s3', 'GetPublicAccessBlock', 'AccessDenied'] as const),
        () => s3.send(new GetPublicAccessBlockCommand({ Bucket: 'sitelift-nowhere' })),
        's3:GetBucketPublicAccessBlock',
      ],
    ] as const;
    for (const [service, operation, code, call, action] of cases) {
      await refuse(service, operation, code);
      const error: unknown = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.match(explain(error).message, new RegExp(`^${action} is not allowed .*\\(${code}: not now\\)$`));
    }
  });

  it('is what the sandbox’s organisation denies, in its words', async () => {
    await controlPlane().send('POST', 'denies', { action: 'iam:GetRole' });
    const { iam } = createClients({ region: 'us-east-1' });
    const error: unknown = await iam.send(new GetRoleCommand({ RoleName: 'x' })).catch((reason: unknown) => reason);
    assert.match(
      explain(error).message,
      /^iam:GetRole is forbidden to this AWS user or role by a service control policy/,
    );
  });

  it('is known also where the answer has no body', async () => {
    await controlPlane().send('POST', 'denies', { action: 's3:GetObject' });
    const { s3 } = createClients({ region: 'us-east-1' });
    const command = new HeadObjectCommand({ Bucket: 'sitelift-nowhere', Key: 'a' });
    const error: unknown = await s3.send(command).catch((reason: unknown) => reason);
    assert.match(explain(error).message, /^s3:GetObject is not allowed to this AWS user or role/);
  });

  it('is not known of an error that nothing was noted on', () => {
    assert.equal(deniedAction(awsError('AccessDenied', 'Access Denied')), undefined);
    assert.match(
      explain(awsError('AccessDenied', 'Access Denied')).message,
      /^This AWS user or role is not allowed to do that/,
    );
    const frozen = Object.freeze(awsError('AccessDenied', 'Access Denied'));
    noteOperation(frozen, 'S3Client', 'GetObjectCommand');
    assert.equal(deniedAction(frozen), undefined);
  });

  it('is named as policies name it, for every operation that the code sends', () => {
    const wrong = Array.from(sentOperations().keys()).flatMap((operation) => {
      const needed = ACTIONS[operation] ?? [];
      // The SDK's clients have the names of their packages without hyphens.
      return needed.length === 0 || needed.includes(actionOf(operation.replaceAll('-', '')))
        ? []
        : `OTHERWISE_NAMED in src/core/aws/denied.ts lacks\n  '${operation}': '${needed[0]}',`;
    });
    assert.deepEqual(wrong, [], wrong.join('\n'));
  });
});
