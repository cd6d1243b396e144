import assert from 'node:assert/strict';
import { ACCOUNT } from '../core/sandbox';
import { newConfirming, Reader } from './confirming';

describe('confirming a plan that removes many files', () => {
  const { confirm, during, proposalOf, ran, reset, step } = newConfirming();
  const options = { account: ACCOUNT };
  beforeEach(reset);

  const files = (count: number) => Array.from({ length: count }, (_, index) => `images/${index}.png`);
  const removal = (count: number) => [[step('a', { loses: 'files', items: files(count) })], [step('b')]];

  it('asks once more, with the names of the first', async () => {
    const reader = new Reader(['Go', 'Remove']);
    assert.deepEqual(await confirm(reader, proposalOf(removal(20))), ['a', 'b']);
    const [first, second] = reader.shown;
    assert.deepEqual([first?.warns, second?.warns, reader.asked], [true, true, []]);
    assert.equal(second?.question, 'Remove 20 published files?');
    assert.deepEqual(second.buttons, ['Remove']);
    assert.match(second.lines[0] ?? '', /will not be any more\. They can be brought back/);
    assert.deepEqual(second.lines.slice(2), [...files(8).map((file) => `– ${file}`), '… and 12 more']);
    const fewer = new Reader(['Go', 'Remove']);
    await confirm(fewer, proposalOf(removal(8)));
    assert.equal(fewer.shown[1]?.lines.at(-1), '– images/7.png');
  });

  it('runs nothing when either is refused', async () => {
    assert.equal(await confirm(new Reader([undefined]), proposalOf(removal(20))), undefined);
    assert.equal(await confirm(new Reader(['Go', undefined]), proposalOf(removal(20))), undefined);
    assert.deepEqual([ran, during()], [[], 0]);
  });

  it('gives each file one line, whatever its name holds', async () => {
    const reader = new Reader(['Go', 'Remove']);
    await confirm(reader, proposalOf([[step('a', { loses: 'files', items: ['a\n– \u202e[x](command:y)'] })]]));
    const lines = reader.shown[1]?.lines ?? [];
    assert.equal(lines.length, 3);
    assert.doesNotMatch(lines.join(), /[\n\u202e]|\]\(/);
  });

  it('is refused for those whom nobody can ask, unless they allow it', async () => {
    await assert.rejects(
      confirm(new Reader([]), proposalOf(removal(20)), { asked: options }),
      /^UserError: More than ten files and more than a tenth of the site would be removed, .*\("removals": true\)\. Nothing was changed\.$/,
    );
    const asked = { ...options, removals: false };
    await assert.rejects(confirm(new Reader([]), proposalOf(removal(20)), { asked }), /Nothing was changed/);
    assert.deepEqual([ran, during()], [[], 0]);
    const allowing = { asked: { ...options, removals: true } };
    assert.deepEqual(await confirm(new Reader([]), proposalOf(removal(20)), allowing), ['a', 'b']);
  });

  it('is not let through by what allows removals where data is lost', async () => {
    const plan = [[step('a', { loses: 'data' })], ...removal(20)];
    const asked = { ...options, removals: true };
    const reader = new Reader([], true, false);
    assert.equal(await confirm(reader, proposalOf(plan), { asked }), undefined);
    assert.deepEqual([ran, reader.asked], [[], ['demo']]);
  });
});
