import assert from 'node:assert/strict';
import { run, type Plan, type Step } from '../../src/core/plan';
import { soFarLines, soFarOf, soFarText } from '../../src/core/soFar';
import { newOp } from './sandbox';

const step = (title: string, work: Step['run'] = () => Promise.resolve(), untouched?: string): Step => ({
  ...{ key: title, title, run: work },
  ...(untouched === undefined ? {} : { untouched }),
});
const endOf = (plan: Plan, signal?: AbortSignal): Promise<unknown> =>
  run(plan, newOp(signal)).then(
    () => assert.fail('it ran through'),
    (error: unknown) => error,
  );
const soFar = (error: unknown) => soFarOf(error) ?? assert.fail('nothing is noted');

describe('a plan that ends before it is done', () => {
  it('tells after a cancel what was done, what was under way and what is as it was', async () => {
    const controller = new AbortController();
    const upload = step('upload 30 assets', ({ report, signal }) => {
      report('Uploaded 12 of 30 assets', 0.4);
      controller.abort();
      signal.throwIfAborted();
      return Promise.resolve();
    });
    const pages = step('put pages in place', undefined, 'no page was changed');
    const plan = [[step('begin')], [upload], [pages], [step('remove', undefined, 'nothing was removed')]];
    const error = await endOf(plan, controller.signal);
    assert.ok(error instanceof Error && error.name === 'AbortError');
    assert.equal(
      soFarText(soFar(error)),
      '1 of 4 steps done; under way: upload 30 assets (Uploaded 12 of 30 assets); no page was changed; nothing was removed.',
    );
    assert.deepEqual(soFarLines(soFar(error)), [
      'Done: begin',
      'Begun, perhaps done: upload 30 assets (Uploaded 12 of 30 assets)',
      'Not begun: put pages in place',
      'Not begun: remove',
    ]);
  });

  it('tells after a failure what had ended beside it', async () => {
    const failing = step('b', () => Promise.reject(new Error('no')), 'b was not touched');
    const error = await endOf([[step('a'), failing, step('c')], [step('d')]]);
    const titles = (steps: readonly { title: string }[]) => steps.map(({ title }) => title);
    const { done, begun, waiting } = soFar(error);
    assert.deepEqual([titles(done), titles(begun), titles(waiting)], [['a', 'c'], ['b'], ['d']]);
    assert.equal(soFarText(soFar(error)), '2 of 4 steps done; under way: b.');
  });

  it('tells that nothing was changed when no step had begun', async () => {
    const error = await endOf([[step('a')]], AbortSignal.abort());
    assert.equal(soFarText(soFar(error)), 'Nothing was changed.');
  });

  it('names two of those under way, and how many more there were', async () => {
    const stage = ['a', 'b', 'c', 'd'].map((title) => step(title, () => Promise.reject(new Error('no'))));
    const gate = Promise.resolve();
    const together = stage.map((one) => ({
      ...one,
      run: (op: Parameters<Step['run']>[0]) => gate.then(() => one.run(op)),
    }));
    assert.equal(
      soFarText(soFar(await endOf([together]))),
      '0 of 4 steps done; under way: a; under way: b; and 2 more under way.',
    );
  });

  it('leaves an error as it is that nothing can be noted on', async () => {
    const frozen = Object.freeze(new Error('frozen'));
    assert.equal(await endOf([[step('a', () => Promise.reject(frozen))]]), frozen);
    assert.equal(soFarOf(frozen), undefined);
    assert.equal(soFarOf('text'), undefined);
    assert.equal(soFarOf(new Error('of something else')), undefined);
  });
});
