import assert from 'node:assert/strict';
import { addressCharge } from '../../src/core/cost/charge';
import type { Unattended } from '../../src/shell/options';
import type { Person } from '../../src/shell/person';
import { ACCOUNT, newContext, newOp } from '../core/sandbox';
import { newConfirming, Reader } from './confirming';

describe('confirming a plan', () => {
  const { changed, confirm, during, priced, proposalOf, ran, reset, step } = newConfirming();
  const options: Unattended = { account: ACCOUNT };
  beforeEach(reset);

  it('runs what was shown, once it was agreed to', async () => {
    const reader = new Reader(['Go']);
    assert.deepEqual(await confirm(reader, proposalOf([[step('a'), step('b')], [step('c')]])), ['a', 'b', 'c']);
    assert.deepEqual(ran, ['a', 'b', 'c']);
    assert.equal(during(), 1);
    const [{ question, lines, buttons, warns } = assert.fail('nothing was shown')] = reader.shown;
    assert.equal(question, 'Go?');
    assert.deepEqual(buttons, ['Go']);
    assert.equal(warns, false);
    assert.match(lines[0] ?? '', /^Account 123456789012, region us-east-1$/);
    assert.match(lines[1] ?? '', /^as arn:aws:/);
    assert.deepEqual(lines.slice(3), ['Made 1', '', '3 steps:', '• do a', '• do b', '• do c']);
  });

  it('tells what it costs where a step has a price, and looks prices up for nobody else', async () => {
    const costly = step('a', { charges: [addressCharge()] });
    const reader = new Reader(['Go']);
    assert.deepEqual(await confirm(reader, proposalOf([[costly]])), ['a']);
    const [{ lines } = assert.fail('nothing was shown')] = reader.shown;
    assert.ok(lines.includes('1 step, +$1.46 a month:') && lines.includes('• do a, +$1.46 a month'), lines.join('\n'));
    assert.equal(priced(), 1);
    await confirm(new Reader(['Go']), proposalOf([[step('a')]]));
    await confirm(new Reader([]), proposalOf([[costly]]), { asked: options });
    assert.equal(priced(), 1);
  });

  it('runs nothing when it is refused', async () => {
    assert.equal(await confirm(new Reader([undefined]), proposalOf([[step('a')]])), undefined);
    assert.deepEqual([ran, during()], [[], 0]);
  });

  it('asks nobody when there is nothing to do', async () => {
    assert.deepEqual(await confirm(new Reader([]), proposalOf([])), []);
    assert.deepEqual([ran, during()], [[], 0]);
  });

  it('makes the plan again after the answer, and runs that one', async () => {
    const proposal = proposalOf(
      [[step('a', { title: 'first' })]],
      [[step('a', { run: async () => void ran.push('second') })]],
    );
    assert.deepEqual(await confirm(new Reader(['Go']), proposal), ['a']);
    assert.deepEqual(ran, ['second']);
    assert.equal(proposal.made(), 2);
    assert.deepEqual(changed(), ['bucket']);
  });

  for (const [change, before, after] of [
    ['has another step', [[step('a')]], [[step('a')], [step('b')]]],
    ['has another order', [[step('a')], [step('b')]], [[step('b')], [step('a')]]],
    ['loses something', [[step('a')]], [[step('a', { loses: 'uptime' })]]],
    ['loses data instead of uptime', [[step('a', { loses: 'uptime' })]], [[step('a', { loses: 'data' })]]],
    ['loses other data', [[step('a', { loses: 'data' })]], [[step('a', { loses: 'data', title: 'do a to another' })]]],
    ['loses many files', [[step('a')]], [[step('a', { loses: 'files' })]]],
  ] as const) {
    it(`shows a plan again that ${change} after the answer, and says so`, async () => {
      const refusing = new Reader(['Go', undefined]);
      assert.equal(await confirm(refusing, proposalOf(before, after)), undefined);
      assert.deepEqual(ran, []);
      assert.equal(refusing.shown.length, 2);
      assert.match(refusing.shown[1]?.lines[0] ?? '', /has changed since you agreed/);
      assert.ok(after.flat().every(({ title }) => refusing.shown[1]?.lines.some((line) => line.endsWith(title))));
      const agreeing = new Reader(['Go', 'Go']);
      assert.deepEqual(
        await confirm(agreeing, proposalOf(before, after)),
        after.flat().map(({ key }) => key),
      );
    });
  }

  it('shows plans until one stays as it is', async () => {
    const reader = new Reader(['Go', 'Go', 'Go']);
    const [a, b, c] = [[[step('a')]], [[step('b')]], [[step('c')]]];
    assert.deepEqual(await confirm(reader, proposalOf(a, b, c)), ['c']);
    assert.equal(reader.shown.length, 3);
  });

  it('runs nothing when nothing is left to do after the answer', async () => {
    assert.deepEqual(await confirm(new Reader(['Go']), proposalOf([[step('a')]], [])), []);
    assert.deepEqual(ran, []);
  });

  describe('that is long', () => {
    const steps = Array.from({ length: 40 }, (_, index) => step(`step ${index}`));

    it('opens all of it on request, and asks again', async () => {
      const reader = new Reader(['Show All', 'Go']);
      assert.equal((await confirm(reader, proposalOf([steps])))?.length, 40);
      assert.equal(reader.documents.length, 1);
      for (const { title } of steps) assert.ok(reader.documents[0]?.includes(title), title);
      assert.match(reader.documents[0] ?? '', /Account 123456789012, region us-east-1/);
      assert.deepEqual(reader.shown[0]?.buttons, ['Go', 'Show All']);
    });

    it('runs nothing when who has read it does not go on', async () => {
      assert.equal(await confirm(new Reader(['Show All'], false), proposalOf([steps])), undefined);
      assert.equal(await confirm(new Reader(['Show All', undefined]), proposalOf([steps])), undefined);
      assert.deepEqual(ran, []);
    });
  });

  describe('that loses something', () => {
    it('warns of an interruption, without asking for the name', async () => {
      const reader = new Reader(['Go']);
      await confirm(reader, proposalOf([[step('a', { loses: 'uptime' })]]));
      assert.equal(reader.shown[0]?.warns, true);
      assert.deepEqual(reader.asked, []);
    });

    it('runs only once the site’s name was typed', async () => {
      const plan = [[step('a', { loses: 'data' })]];
      const reader = new Reader(['Go']);
      assert.deepEqual(await confirm(reader, proposalOf(plan)), ['a']);
      assert.deepEqual(reader.asked, ['demo']);
      assert.equal(reader.shown[0]?.warns, true);
      ran.length = 0;
      assert.equal(await confirm(new Reader(['Go'], true, false), proposalOf(plan)), undefined);
      assert.deepEqual(ran, []);
    });

    it('is not asked for a name that nobody agreed to lose anything of', async () => {
      const reader = new Reader([undefined]);
      await confirm(reader, proposalOf([[step('a', { loses: 'data' })]]));
      assert.deepEqual(reader.asked, []);
    });

    it('asks for the name again when more is lost than was agreed to', async () => {
      const reader = new Reader(['Go', 'Go']);
      const [one, two] = [step('a', { loses: 'data' }), step('b', { loses: 'data' })];
      assert.deepEqual(await confirm(reader, proposalOf([[one]], [[one, two]])), ['a', 'b']);
      assert.deepEqual(reader.asked, ['demo', 'demo']);
    });
  });

  describe('with options', () => {
    it('runs without asking', async () => {
      const proposal = proposalOf([[step('a', { loses: 'uptime' })]]);
      assert.deepEqual(await confirm(new Reader([]), proposal, { asked: options }), ['a']);
      assert.equal(proposal.made(), 1);
    });

    it('that name another account runs and plans nothing', async () => {
      const proposal = proposalOf([[step('a')]]);
      await assert.rejects(
        confirm(new Reader(['Go']), proposal, { asked: { account: '999999999999' } }),
        /expects account 999999999999, but this site belongs to 123456789012\. Nothing was changed/,
      );
      assert.deepEqual([ran, proposal.made()], [[], 0]);
    });

    it('never answers for the typed name', async () => {
      const proposal = proposalOf([[step('a', { loses: 'data' })]]);
      const reader = new Reader([], true, false);
      assert.equal(await confirm(reader, proposal, { asked: options }), undefined);
      assert.deepEqual([reader.asked, ran], [['demo'], []]);
      assert.deepEqual(await confirm(new Reader([]), proposal, { asked: options }), ['a']);
    });
  });

  it('plans and runs nothing with the credentials of another account', async () => {
    const foreign = newContext((file) => (file['account'] = '999999999999'));
    for (const asked of [undefined, { account: '999999999999' }]) {
      const proposal = proposalOf([[step('a')]]);
      await assert.rejects(
        confirm(new Reader(['Go']), proposal, { site: foreign, ...(asked ? { asked } : {}) }),
        /credentials belong to account 123456789012, but this site belongs to 999999999999/,
      );
      assert.deepEqual([ran, proposal.made()], [[], 0]);
    }
  });

  it('runs nothing once it was cancelled, whatever was answered', async () => {
    const controller = new AbortController();
    const reader = new Reader(['Go']);
    const proposal = proposalOf([[step('a')]]);
    const answering: Person = {
      ...{ reads: reader.reads.bind(reader), types: reader.types.bind(reader) },
      chooses(question, buttons) {
        controller.abort();
        return reader.chooses(question, buttons);
      },
    };
    await assert.rejects(confirm(answering, proposal, { op: newOp(controller.signal) }), { name: 'AbortError' });
    assert.deepEqual([ran, proposal.made()], [[], 1]);
  });

  it('tells a failed step, after which nothing more runs', async () => {
    const failing = step('b', { run: () => Promise.reject(new Error('it broke')) });
    await assert.rejects(confirm(new Reader(['Go']), proposalOf([[step('a')], [failing], [step('c')]])), /it broke/);
    assert.deepEqual(ran, ['a']);
  });
});
