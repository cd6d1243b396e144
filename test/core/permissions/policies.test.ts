import assert from 'node:assert/strict';
import { docsJson } from '../../setup/workflow';
import { ACTIONS, sentOperations } from './awsActions';

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

const TABLE = 'ACTIONS in test/core/permissions/awsActions.ts';
/** All characters but white space that IAM takes of a managed policy (IAM documentation, “IAM and AWS STS quotas”). */
const LARGEST = 6144;

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);
const statementsOf = (file: string) => (docsJson(file) as { Statement: readonly Statement[] }).Statement;
const actionsOf = (file: string) => new Set(statementsOf(file).flatMap(({ Action }) => listOf(Action)));

describe('the IAM policies of the documentation', () => {
  const sent = sentOperations();

  it('are made from a table that has every operation which the code sends, and no other', () => {
    const unknown = Array.from(sent).flatMap(([operation, file]) =>
      operation in ACTIONS
        ? []
        : `${file} sends ${operation}. Look it up in the Service Authorization Reference and add to ${TABLE}:\n  '${operation}': ['${operation}'],`,
    );
    assert.deepEqual(unknown, [], unknown.join('\n'));
    const unsent = Object.keys(ACTIONS).flatMap((operation) =>
      sent.has(operation) ? [] : `Nothing in src sends ${operation}: take it out of ${TABLE}.`,
    );
    assert.deepEqual(unsent, [], unsent.join('\n'));
  });

  it('allow every action that the code needs', () => {
    const allowed = actionsOf('iam-policy.json');
    const lacking = Array.from(sent).flatMap(([operation, file]) =>
      (ACTIONS[operation] ?? []).flatMap((action) =>
        allowed.has(action)
          ? []
          : `${file} sends ${operation}, which needs ${action}. Add "${action}" to docs/iam-policy.json: under “Look” where it only reads, under “ChangeWhatHasTheTag” where it changes what has the site’s tag, else as narrowly as AWS lets you.`,
      ),
    );
    assert.deepEqual(lacking, [], lacking.join('\n'));
  });

  for (const file of ['iam-policy.json', 'iam-policy-publish.json', 'plan-policy.json']) {
    it(`allow no action that the code never needs: ${file}`, () => {
      const needed = new Set(Array.from(sent.keys()).flatMap((operation) => ACTIONS[operation] ?? []));
      const idle = Array.from(actionsOf(file)).flatMap((action) =>
        needed.has(action) ? [] : `docs/${file} allows ${action}, which nothing in src needs: take it out.`,
      );
      assert.deepEqual(idle, [], idle.join('\n'));
    });

    it(`are of a size that IAM takes, and name each action once: ${file}`, () => {
      const size = JSON.stringify(docsJson(file)).length;
      assert.ok(size <= LARGEST, `docs/${file} has ${size} characters; IAM takes ${LARGEST}.`);
      const ids = statementsOf(file).map(({ Sid }) => Sid);
      assert.equal(new Set(ids).size, ids.length);
      for (const { Action, Effect, Sid } of statementsOf(file)) {
        assert.match(Sid, /^[A-Za-z0-9]+$/);
        assert.equal(Effect, 'Allow');
        assert.ok(
          listOf(Action).every((action) => /^[a-z0-9]+:[A-Za-z]+$/.test(action)),
          Sid,
        );
      }
    });
  }

  it('allow changes only of what has the site’s tag or name, or of what is made with it', () => {
    const isRead = (action: string) => /^[a-z0-9]+:(Describe|Get|List|Simulate)/.test(action);
    // Which of a function, an access control or a network interface is the site’s, AWS lets no policy say; of a running command neither.
    // A server, which must have the tag, may be put into a group of the user’s, which has none.
    const unscoped = [
      ...['cloudfront:CreateFunction', 'cloudfront:CreateOriginAccessControl', 'cloudfront:PublishFunction'],
      ...['cloudfront:DeleteFunction', 'cloudfront:DeleteOriginAccessControl'],
      ...['ec2:AssociateAddress', 'ec2:CreateSecurityGroup', 'ec2:DisassociateAddress', 'ec2:RunInstances'],
      ...['ec2:ModifyInstanceAttribute', 'ssm:CancelCommand', 'ssm:SendCommand'],
    ];
    const wide = statementsOf('iam-policy.json').flatMap(({ Action, Condition, Resource }) => {
      const isNamed = listOf(Resource).every((arn) => /sitelift/.test(arn));
      return isNamed || Condition ? [] : listOf(Action).filter((action) => !isRead(action));
    });
    assert.deepEqual([...new Set(wide)].sort(), [...unscoped].sort());
  });
});
