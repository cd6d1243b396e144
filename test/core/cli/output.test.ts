import assert from 'node:assert/strict';
import { tellSoFar } from '../../../src/cli/output';
import { run, type Step } from '../../../src/core/plan';
import { newOp } from '../sandbox';

describe('what the command line tells of a plan that ended early', () => {
  const { error: write } = console;
  let told: string[];
  beforeEach(() => {
    told = [];
    console.error = (line: string) => void told.push(line);
  });
  afterEach(() => (console.error = write));

  it('is each step, done, begun or not, in one line', async () => {
    const step = (title: string, work: Step['run'] = () => Promise.resolve()) => ({ key: title, title, run: work });
    const failing = step('upload \u001b[2J2\nassets', ({ report }) => {
      report('Uploaded 1 of 2 assets');
      return Promise.reject(new Error('no'));
    });
    await run([[step('begin')], [failing], [step('pages')]], newOp()).catch(tellSoFar);
    assert.deepEqual(told, [
      'Done: begin',
      'Begun, perhaps done: upload  [2J2 assets (Uploaded 1 of 2 assets)',
      'Not begun: pages',
    ]);
  });

  it('is nothing when no plan ran', () => {
    tellSoFar(new Error('no credentials'));
    assert.deepEqual(told, []);
  });
});
