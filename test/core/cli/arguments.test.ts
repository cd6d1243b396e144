import assert from 'node:assert/strict';
import { readArguments, UsageError } from '../../../src/cli/arguments';

const ACCOUNT = ['--account', '123456789012'];

describe('the arguments of the command line', () => {
  it('name a command, an account and what is asked for, with defaults for the rest', () => {
    assert.deepEqual(readArguments(['publish', ...ACCOUNT]), {
      ...{ command: 'publish', account: '123456789012', folder: '.', profile: undefined, to: undefined },
      ...{ json: false, check: false, everything: false, allowRemovals: false },
    });
    const all = ['--folder', 'my site', '--profile', 'p', '--json', '--everything', '--allow-removals'];
    assert.deepEqual(readArguments(['plan', ...ACCOUNT, ...all, '--check']), {
      ...{ command: 'plan', account: '123456789012', folder: 'my site', profile: 'p', to: undefined },
      ...{ json: true, check: true, everything: true, allowRemovals: true },
    });
    const back = readArguments(['rollback', ...ACCOUNT, '--to', '1']);
    assert.equal(typeof back === 'object' && back.to, '1');
    for (const help of ['--help', '-h']) assert.equal(readArguments([help]), 'help');
    assert.equal(readArguments(['--version']), 'version');
  });

  it('are refused with what is wrong when they are not understood', () => {
    for (const [given, told] of [
      [[], /^Which command\?$/],
      [['deploy', ...ACCOUNT], /^There is no command “deploy”\.$/],
      [['publish', 'now', ...ACCOUNT], /^“now” is not understood\.$/],
      [['publish'], /--account must name .* 12 digits/],
      [['publish', '--account', '12345678901'], /--account must name/],
      [['publish', '--account', '1234567890123'], /--account must name/],
      [['rollback', ...ACCOUNT], /--to must name the release/],
      [['publish', ...ACCOUNT, '--to', '1'], /--to goes with rollback alone/],
      [['publish', ...ACCOUNT, '--check'], /--check goes with plan and verify/],
      [['status', ...ACCOUNT, '--everything'], /--everything goes with plan and publish/],
      [['publish', ...ACCOUNT, '--force'], /^There is no option “--force”\.$/],
      [['publish', ...ACCOUNT, '-x'], /^There is no option “-x”\.$/],
      [['publish', '--account'], /^The option “--account” lacks its value\.$/],
      [['publish', '--account', '--json'], /^The option “--account” lacks its value\.$/],
      [['publish', ...ACCOUNT, '--json=yes'], /^The option “--json” takes no value\.$/],
    ] as const) {
      assert.throws(
        () => readArguments(given),
        (error) => error instanceof UsageError && told.test(error.message),
        given.join(' '),
      );
    }
  });
});
