import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { REGION_TAG, SITE_TAG, stackName, tagsFor } from '../../../src/core/names';
import { stepsOf } from '../../../src/core/plan';
import {
  AGENT_POLICY_DOCUMENT,
  AGENT_POLICY_NAME,
  BROAD_POLICY_ARN,
  isAgentPolicy,
} from '../../../src/core/resources/server/agentPolicy';
import { describeRole, ensureRole, profileName } from '../../../src/core/resources/server/role';
import { controlPlane, newContext, newOp, refuse } from '../sandbox';
import { callsOf, cancelledAt, changesOf, planned, provision } from './provisioned';

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const nameOf = ({ site }: Context) => ({ RoleName: profileName(site) });
const attached = async (context: Context) =>
  (await context.clients.iam.send(new ListAttachedRolePoliciesCommand(nameOf(context)))).AttachedPolicies ?? [];

const profileOf = ({ site }: Context) => ({ InstanceProfileName: profileName(site) });
const arm = (fault: Record<string, unknown>) =>
  controlPlane().send('POST', 'faults', { service: 'iam', kind: 'error', message: 'sandbox', ...fault });

describe('the server’s role', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.1 }));
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  it('may do what its agent needs, and neither read parameters nor anything but Systems Manager’s', () => {
    const { Statement } = JSON.parse(AGENT_POLICY_DOCUMENT) as { Statement: { Action: string[]; Effect: string }[] };
    const actions = Statement.flatMap(({ Action }) => Action);
    assert.deepEqual(
      actions.filter((action) => /Parameter|\*|^(?!ssm:|ssmmessages:|ec2messages:)/.test(action)),
      [],
    );
    for (const action of [
      'ssm:UpdateInstanceInformation',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
      'ec2messages:GetMessages',
      'ec2messages:SendReply',
    ]) {
      assert.ok(actions.includes(action), action);
    }
    assert.equal(Statement.length, 1);
  });

  it('is recognised by what its policy says', () => {
    const encoded = (document: unknown) => encodeURIComponent(JSON.stringify(document));
    const document = JSON.parse(AGENT_POLICY_DOCUMENT) as { Version: string; Statement: object[] };
    assert.ok(isAgentPolicy(encodeURIComponent(AGENT_POLICY_DOCUMENT)));
    assert.ok(isAgentPolicy(encodeURIComponent(JSON.stringify(document, null, 2))));
    assert.ok(!isAgentPolicy(encoded({ ...document, Statement: [...document.Statement, { Effect: 'Allow' }] })));
    assert.ok(!isAgentPolicy(encoded({ ...document, Statement: [] })));
    assert.ok(!isAgentPolicy(''));
    assert.ok(!isAgentPolicy('%'));
  });

  it('is waited for while somebody else changes it, but not at a limit', async () => {
    for (const action of ['CreateRole', 'CreateInstanceProfile', 'PutRolePolicy']) {
      const context = newContext();
      await refuse('iam', action, 'ConcurrentModification', 409);
      await ensureRole(context, newOp());
      assert.equal(await describeRole(context, newOp()), 'ready', action);
    }
    const full = newContext();
    await arm({ action: 'PutRolePolicy', code: 'LimitExceeded', status: 409, times: 10 });
    await assert.rejects(ensureRole(full, newOp()), { name: 'LimitExceededException' });
  });

  it('is made with that policy alone, once', async () => {
    const context = newContext();
    assert.equal(await describeRole(context, newOp()), 'lacking');
    await ensureRole(context, newOp());
    assert.equal(await describeRole(context, newOp()), 'ready');
    assert.deepEqual(await attached(context), []);
    const { PolicyNames } = await context.clients.iam.send(new ListRolePoliciesCommand(nameOf(context)));
    assert.deepEqual(PolicyNames, [AGENT_POLICY_NAME]);
    assert.deepEqual(changesOf(await callsOf(() => ensureRole(context, newOp()))), []);
  });

  it('can be taken by servers alone, and says in the console what it is for', async () => {
    const context = newContext();
    await ensureRole(context, newOp());
    const { Role } = await context.clients.iam.send(new GetRoleCommand(nameOf(context)));
    const profile = await context.clients.iam.send(new GetInstanceProfileCommand(profileOf(context)));
    assert.equal(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), TRUST);
    assert.equal(Role?.Description, `Lets the server of ${stackName(context.site)} be managed by SSM`);
    for (const made of [Role, profile.InstanceProfile]) assert.equal(made?.Path, '/sitelift/');
    const tags = tagsFor(context.site, 'server-role');
    assert.deepEqual(profile.InstanceProfile?.Tags, tags);
    assert.deepEqual(Role?.Tags, [...tags, { Key: REGION_TAG, Value: 'us-east-1' }]);
  });

  it('is lacking while its profile carries no role, or another', async () => {
    const context = newContext();
    const { iam } = context.clients;
    await ensureRole(context, newOp());
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ ...nameOf(context), ...profileOf(context) }));
    assert.equal(await describeRole(context, newOp()), 'lacking');
    const RoleName = `${profileName(context.site)}-other`;
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
    await iam.send(new AddRoleToInstanceProfileCommand({ RoleName, ...profileOf(context) }));
    assert.equal(await describeRole(context, newOp()), 'lacking');
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ RoleName, ...profileOf(context) }));
    await ensureRole(context, newOp());
    assert.equal(await describeRole(context, newOp()), 'ready');
  });

  it('keeps a policy that somebody attached to it', async () => {
    const context = newContext();
    await ensureRole(context, newOp());
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
    await context.clients.iam.send(new AttachRolePolicyCommand({ ...nameOf(context), PolicyArn }));
    assert.equal(await describeRole(context, newOp()), 'ready');
    assert.deepEqual(changesOf(await callsOf(() => ensureRole(context, newOp()))), []);
  });

  it('that exists but is not seen yet is waited for', async () => {
    const context = newContext();
    await ensureRole(context, newOp());
    await arm({ action: 'GetRole', code: 'NoSuchEntity', status: 404 });
    await ensureRole(context, newOp());
    assert.equal(await describeRole(context, newOp()), 'ready');
  });

  it('that may not be made is not waited for, and who may not is told that a profile can be named', async () => {
    await refuse('iam', 'CreateRole');
    await assert.rejects(
      ensureRole(newContext(), newOp()),
      /^(UserError: )?iam:CreateRole is not allowed to .*\(AccessDenied: .*\) Otherwise ask an administrator .*AmazonSSMManagedInstanceCore.*“server\.instanceProfile”/,
    );
  });

  it('is neither asked for nor made any more once that was cancelled', async () => {
    const made = newContext();
    await ensureRole(made, newOp());
    const cases = [
      [ensureRole, newContext(), 'GetRoleCommand', []],
      [ensureRole, newContext(), 'CreateRoleCommand', ['GetRole']],
      [describeRole, newContext(), 'GetInstanceProfileCommand', []],
      [describeRole, made, 'ListAttachedRolePoliciesCommand', ['GetInstanceProfile']],
    ] as const;
    for (const [work, context, command, actions] of cases) {
      const op = cancelledAt(context.clients.iam, command);
      const calls = await callsOf(() => assert.rejects(work(context, op), { name: 'AbortError' }));
      assert.deepEqual(
        calls.map(({ action }) => action),
        actions,
        command,
      );
    }
  });

  it('that was made with AWS’s broad policy is narrowed, as the plan says', async () => {
    const context = newContext();
    await provision(context, 'server');
    const { iam } = context.clients;
    await iam.send(new AttachRolePolicyCommand({ ...nameOf(context), PolicyArn: BROAD_POLICY_ARN }));
    await iam.send(new DeleteRolePolicyCommand({ ...nameOf(context), PolicyName: AGENT_POLICY_NAME }));
    assert.deepEqual(
      stepsOf(await planned(context, 'server')).map(({ title }) => title),
      [
        `narrow role ${profileName(context.site)} to what the server’s agent needs (it may also read SSM parameters now)`,
      ],
    );
    const calls = await callsOf(() => provision(context, 'server'));
    // First the new rights, then without the old ones: the agent is never without any.
    assert.deepEqual(
      changesOf(calls).map(({ action }) => action),
      ['PutRolePolicy', 'DetachRolePolicy'],
    );
    assert.deepEqual(await attached(context), []);
    assert.equal(await describeRole(context, newOp()), 'ready');
  });

  it('is put in order when somebody changed its policy', async () => {
    const context = newContext();
    await ensureRole(context, newOp());
    const { iam } = context.clients;
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    });
    await iam.send(new PutRolePolicyCommand({ ...nameOf(context), PolicyName: AGENT_POLICY_NAME, PolicyDocument }));
    assert.equal(await describeRole(context, newOp()), 'lacking');
    await ensureRole(context, newOp());
    const answer = await iam.send(new GetRolePolicyCommand({ ...nameOf(context), PolicyName: AGENT_POLICY_NAME }));
    assert.ok(isAgentPolicy(answer.PolicyDocument ?? ''));
  });

  it('of somebody else’s with our name is left alone, and so is a profile', async () => {
    const context = newContext();
    const { iam } = context.clients;
    await iam.send(new CreateRoleCommand({ ...nameOf(context), AssumeRolePolicyDocument: TRUST }));
    await iam.send(new AttachRolePolicyCommand({ ...nameOf(context), PolicyArn: BROAD_POLICY_ARN }));
    const calls = await callsOf(() =>
      assert.rejects(
        ensureRole(context, newOp()),
        /An IAM role named .* exists that does not carry the tag sitelift:site with .*, so it is left alone\. If it is this site’s, give it that tag/,
      ),
    );
    assert.deepEqual(changesOf(calls), []);
    const other = newContext();
    await iam.send(new CreateInstanceProfileCommand(profileOf(other)));
    await assert.rejects(ensureRole(other, newOp()), /An IAM instance profile named .* is left alone/);
  });

  it('is put into its profile once although the answer about that is lost, and beside no other role', async () => {
    const context = newContext();
    const lost = { service: 'iam', action: 'AddRoleToInstanceProfile', kind: 'cut', when: 'after' };
    await controlPlane().send('POST', 'faults', lost);
    await ensureRole(context, newOp());
    assert.equal(await describeRole(context, newOp()), 'ready');
    const { iam } = context.clients;
    const InstanceProfileName = profileName(context.site);
    const other = `other-${context.site.id}`;
    await iam.send(new CreateRoleCommand({ RoleName: other, AssumeRolePolicyDocument: TRUST }));
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, ...nameOf(context) }));
    await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: other }));
    await assert.rejects(
      ensureRole(context, newOp()),
      new RegExp(`UserError: .* holds the role ${other}, and can hold one`),
    );
  });

  it('of another site, by its tags, is left alone, also when it is seen only later', async () => {
    const context = newContext();
    const Tags = [
      { Key: SITE_TAG, Value: 'abcd1234' },
      { Key: 'copied-from', Value: context.site.id },
    ];
    await context.clients.iam.send(
      new CreateRoleCommand({ ...nameOf(context), AssumeRolePolicyDocument: TRUST, Tags }),
    );
    await assert.rejects(ensureRole(context, newOp()), /does not carry the tag sitelift:site/);
    await arm({ action: 'GetRole', code: 'NoSuchEntity', status: 404 });
    await assert.rejects(ensureRole(context, newOp()), /does not carry the tag sitelift:site/);
  });
});
