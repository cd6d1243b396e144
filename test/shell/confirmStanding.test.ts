import assert from 'node:assert/strict';
import { turnKey } from '../../src/core/publish/unseen';
import type { Proposal, Standing } from '../../src/shell/confirm';
import { ACCOUNT } from '../core/sandbox';
import { newConfirming, Reader } from './confirming';

const ALWAYS = 'Go and Don’t Ask Again';

describe('not being asked again before a plan runs', () => {
  const { confirm, noted, proposalOf, ran, reset, step } = newConfirming();
  let given: number;
  beforeEach(() => {
    reset();
    given = 0;
  });

  const standing = (isGiven: boolean, defer?: Standing['defer']): Standing => ({
    ...{ isGiven, give: () => Promise.resolve(void (given += 1)) },
    ...(defer ? { defer } : {}),
  });
  const under = (proposal: Proposal, agreed: Standing): Proposal => ({ ...proposal, standing: agreed });
  const usual = [[step(turnKey('r1', false)), step('a')]];
  const unseen = [
    [step(turnKey('r1', true), { title: 'replace the release published by somebody else' })],
    [step('a')],
  ];

  it('is offered where somebody may choose it, and holds once the plan was agreed to', async () => {
    const reader = new Reader([ALWAYS]);
    assert.equal((await confirm(reader, under(proposalOf(usual), standing(false))))?.length, 2);
    assert.deepEqual(reader.shown[0]?.buttons, ['Go', ALWAYS]);
    assert.match(
      reader.shown[0]?.lines.at(-1) ?? '',
      /holds for this site and account .* but never for many removals /,
    );
    assert.equal(given, 1);
    assert.equal(ran.length, 2);
  });

  it('is not chosen by agreeing once, nor by refusing', async () => {
    await confirm(new Reader(['Go']), under(proposalOf(usual), standing(false)));
    await confirm(new Reader([undefined]), under(proposalOf(usual), standing(false)));
    assert.equal(given, 0);
  });

  it('is not kept when what is shown next is refused', async () => {
    const proposal = under(proposalOf(usual, [[step('b')]]), standing(false));
    assert.equal(await confirm(new Reader([ALWAYS, undefined]), proposal), undefined);
    assert.deepEqual([given, ran], [0, []]);
  });

  it('runs the plan at once, and keeps in the log what runs where', async () => {
    const proposal = proposalOf(usual);
    assert.equal((await confirm(new Reader([]), under(proposal, standing(true))))?.length, 2);
    assert.equal(proposal.made(), 1);
    assert.match(noted[0] ?? '', /^Account 123456789012, region us-east-1 as arn:aws:/);
    assert.deepEqual(noted.slice(1), ['• do turn r1', '• do a']);
  });

  for (const [what, plan] of [
    ['replaces a release that this folder has not seen', unseen],
    ['removes many files', [[step('a', { loses: 'files', items: ['x.png'] })]]],
    ['interrupts the site', [[step('a', { loses: 'uptime' })]]],
    ['loses data', [[step('a', { loses: 'data' })]]],
  ] as const) {
    it(`never covers a plan that ${what}`, async () => {
      const reader = new Reader([undefined]);
      assert.equal(await confirm(reader, under(proposalOf(plan), standing(true))), undefined);
      assert.deepEqual(ran, []);
      assert.match(reader.shown[0]?.lines[0] ?? '', /^You chose not to be asked .* must be answered each time\.$/);
      assert.deepEqual(reader.shown[0]?.buttons, ['Go']);
    });

    it(`defers a plan that ${what}, where nobody is to be interrupted`, async () => {
      const deferred: (readonly string[])[] = [];
      const agreed = standing(true, (reasons) => void deferred.push(reasons));
      assert.equal(await confirm(new Reader([]), under(proposalOf(plan), agreed)), undefined);
      assert.deepEqual(ran, []);
      assert.equal(deferred.length, 1);
      assert.match(deferred[0]?.join() ?? '', /replace the release published by|do a/);
    });
  }

  it('cannot be chosen for a plan that must always be asked about', async () => {
    const reader = new Reader(['Go']);
    await confirm(reader, under(proposalOf(unseen), standing(false)));
    assert.deepEqual(reader.shown[0]?.buttons, ['Go']);
    assert.doesNotMatch(reader.shown[0]?.lines.join() ?? '', /You chose/);
  });

  it('is not offered where there is nothing to choose it for', async () => {
    const reader = new Reader(['Go']);
    await confirm(reader, proposalOf(usual));
    assert.deepEqual(reader.shown[0]?.buttons, ['Go']);
    assert.doesNotMatch(reader.shown[0]?.lines.join() ?? '', /Ask Again/);
  });

  it('is no way past the account of the credentials', async () => {
    const asked = { account: '999999999999' };
    await assert.rejects(
      confirm(new Reader([]), under(proposalOf(usual), standing(true)), { asked }),
      /Nothing was changed/,
    );
    await confirm(new Reader([]), under(proposalOf(usual), standing(true)), { asked: { account: ACCOUNT } });
    assert.equal(ran.length, 2);
  });
});
