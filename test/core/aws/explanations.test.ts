import assert from 'node:assert/strict';
import { contributes } from '../../../package.json';
import { explain } from '../../../src/core/aws/errors';
import { EXPLANATIONS } from '../../../src/core/aws/explanations';
import { isUserError } from '../../../src/core/op';

const commands = new Set(contributes.commands.map(({ command }) => command));
const thrown = (name: string) => Object.assign(new Error('said AWS'), { name });
/** A code that a row’s pattern stands for. */
const codeOf = (pattern: string) => pattern.replace('*', 'Anything');

describe('the table of errors', () => {
  it('has each code once, also where a pattern stands for several', () => {
    const codes = EXPLANATIONS.flatMap((row) => row.codes);
    assert.equal(new Set(codes).size, codes.length);
    for (const code of codes) {
      const rows = EXPLANATIONS.filter((row) =>
        row.codes.some((one) => (one.endsWith('*') ? codeOf(code).startsWith(one.slice(0, -1)) : one === code)),
      );
      assert.equal(rows.length, 1, code);
    }
  });

  it('tells by each code what happened, why and what to do, in whole sentences, and then what AWS said', () => {
    for (const row of EXPLANATIONS) {
      const { codes, happened, next, why } = row;
      for (const sentence of [happened, why, next]) assert.match(sentence, /^[A-Z][^\n]{10,}\.$/, codes[0]);
      for (const code of codes.map(codeOf)) {
        const told = explain(thrown(code));
        assert.ok(isUserError(told), code);
        assert.equal(told.message, `${happened} ${why} ${next} (${code}: said AWS)`);
        assert.deepEqual(told.remedy, row.remedy);
      }
    }
  });

  it('offers as ways on only commands that there are', () => {
    const ways = EXPLANATIONS.flatMap(({ remedy }) => remedy ?? []);
    assert.ok(ways.length > 0);
    for (const { command } of ways) assert.ok(commands.has(command), command);
  });

  it('knows what AWS answers when an account has no room, and when what it needs is not as it should be', () => {
    for (const code of [
      ...['VolumeLimitExceeded', 'SnapshotLimitExceeded', 'TooManyBuckets', 'TooManyDistributions', 'VpcLimitExceeded'],
      ...['TooManyOriginAccessControls', 'RulesPerSecurityGroupLimitExceeded', 'LimitExceeded', 'VcpuLimitExceeded'],
      ...[
        'InvalidSubnetID.NotFound',
        'InsufficientFreeAddressesInSubnet',
        'InvalidAMIID.NotFound',
        'KMS.DisabledException',
      ],
      ...[
        'RequestTimeTooSkewed',
        'PreconditionFailed',
        'EntityAlreadyExists',
        'InvalidInstanceID.NotFound',
        'ENOTFOUND',
      ],
    ]) {
      assert.ok(isUserError(explain(thrown(code))), code);
    }
  });

  it('leaves to AWS’s own words what it does not know', () => {
    const error = thrown('InvalidLocationCode');
    assert.equal(explain(error), error);
  });
});
