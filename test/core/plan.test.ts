import assert from 'node:assert/strict';
import { isParked, parkedError, run, sequence, samePlan, together, type Step } from '../../src/core/plan';
import { soFarOf } from '../../src/core/soFar';
import type { Op } from '../../src/core/op';
import { newOp } from './sandbox';

const step = (key: string, work: () => Promise<void> = () => Promise.resolve()): Step => ({
  key,
  title: key,
  run: work,
});

describe('run', () => {
  it('does the stages in order and the steps of one stage together', async () => {
    const log: string[] = [];
    let release = () => undefined as void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await run(
      [
        [
          step('a', async () => {
            log.push('a starts');
            await gate;
            log.push('a ends');
          }),
          step('b', () => {
            log.push('b');
            release();
            return Promise.resolve();
          }),
        ],
        [step('c', () => Promise.resolve(void log.push('c')))],
      ],
      newOp(),
    );
    assert.deepEqual(log, ['a starts', 'b', 'a ends', 'c']);
  });

  it('starts nothing more after a failure, but waits for what is in flight', async () => {
    const log: string[] = [];
    const many = Array.from({ length: 100 }, (_, index) =>
      step(`later ${index}`, () => Promise.resolve(void log.push('later'))),
    );
    const slow = step('slow', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      log.push('slow ended');
    });
    const failing = step('failing', () => Promise.reject(new Error('no')));
    await assert.rejects(
      run([[failing, slow, ...many], [step('next', () => Promise.resolve(void log.push('next')))]], newOp()),
      /no/,
    );
    assert.ok(log.includes('slow ended'));
    assert.ok(!log.includes('next'));
    assert.ok(log.filter((entry) => entry === 'later').length < 100);
  });

  it('tells what it does, and the share of the steps that are done and of what one tells of itself', async () => {
    const told: unknown[] = [];
    const op: Op = { ...newOp(), report: (...report) => void told.push(report) };
    const half: Step = { ...step('two'), run: ({ report }) => Promise.resolve(report('half of two', 0.5)) };
    await run([[step('one')], [half, step('three')], [step('four')]], op);
    assert.deepEqual(told, [
      ['one', 0],
      ['one', 0.25],
      ['two', 0.25],
      ['half of two', 0.375],
      ['three', 0.25],
      ['two', 0.5],
      ['three', 0.75],
      ['four', 0.75],
      ['four', 1],
    ]);
  });

  it('does the rest without a step that is parked and what follows it, and then tells what that waits for', async () => {
    const log: string[] = [];
    const noted = (key: string) => step(key, () => Promise.resolve(void log.push(key)));
    const parked = step('parked', () => Promise.reject(parkedError('Not verified.', new Error('no'))));
    const plan = [
      [parked, noted('beside')],
      [
        { ...noted('follower'), follows: 'parked' },
        { ...noted('other'), follows: 'beside' },
      ],
      [noted('later')],
    ];
    const error: unknown = await run(plan, newOp()).catch((thrown: unknown) => thrown);
    assert.ok(isParked(error) && error instanceof Error && error.message === 'Not verified.');
    assert.deepEqual(log, ['beside', 'other', 'later']);
    const { begun, done, waiting } = soFarOf(error) ?? assert.fail('nothing noted');
    const titles = [done, begun, waiting].map((steps) => steps.map(({ title }) => title));
    assert.deepEqual(titles, [['beside', 'other', 'later'], [], ['parked', 'follower']]);
    const failing = step('failing', () => Promise.reject(new Error('worse')));
    await assert.rejects(run([[parked], [failing], [noted('never')]], newOp()), /worse/);
    assert.ok(!log.includes('never'));
  });

  it('ends with an abort when it is cancelled between stages', async () => {
    const controller = new AbortController();
    const plan = [[step('one', () => Promise.resolve(controller.abort()))], [step('two', () => assert.fail('ran'))]];
    await assert.rejects(run(plan, newOp(controller.signal)), { name: 'AbortError' });
  });
});

describe('plans', () => {
  it('are put side by side stage by stage, and one behind the other', () => {
    const keys = (plan: ReturnType<typeof sequence>) => plan.map((stage) => stage.map(({ key }) => key));
    assert.deepEqual(keys(together([[step('a')], [step('b')]], [[step('c')]])), [['a', 'c'], ['b']]);
    assert.deepEqual(keys(sequence([[step('a')]], [], [[step('b')]])), [['a'], ['b']]);
  });

  it('are the same when their steps have the same keys in the same stages', () => {
    assert.ok(samePlan([[step('a')]], [[step('a')]]));
    assert.ok(!samePlan([[step('a')]], [[step('b')]]));
    assert.ok(!samePlan([[step('a')], [step('b')]], [[step('b')], [step('a')]]));
    assert.ok(!samePlan([[step('a'), step('b')]], [[step('a')], [step('b')]]));
  });
});
