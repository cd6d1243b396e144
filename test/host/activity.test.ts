import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { UserError } from '../../src/core/op';
import { run, type Step } from '../../src/core/plan';
import { newSiteId, parseSite, siteFileText } from '../../src/core/site';
import { followed, quiet, type Activities } from '../../src/shell/activity';
import { logTo } from '../../src/shell/log';
import { tellingErrors, withOp } from '../../src/shell/operation';
import { showProgress } from '../../src/shell/tell';

const site = parseSite(
  siteFileText({ name: 'demo', id: newSiteId(), account: '123456789012', region: 'eu-west-1', root: '.' }),
);
const folder = vscode.Uri.file('/somewhere/site');
const of = `site “demo” (${site.id}), account 123456789012, region eu-west-1`;
const step = (title: string, run: Step['run'] = () => Promise.resolve()): Step => ({ key: title, title, run });

describe('what goes on for a site', () => {
  let activities: Activities;
  let lines: string[];
  let percents: (number | undefined)[];
  const note = (text: string) => void lines.push(text);
  const log = logTo({
    ...{ debug: () => undefined, info: note, warn: note, error: note },
    ...{ show: () => undefined, dispose: () => undefined },
  });
  const working = <Result>(title: string, work: Parameters<typeof withOp<Result>>[2]) =>
    withOp(log, title, work, followed({ activities, log }, folder, site, showProgress));

  beforeEach(() => {
    activities = { going: new Map(), troubles: new Map(), changed: new vscode.EventEmitter() };
    lines = [];
    percents = [];
    activities.changed.event(() => percents.push(...Array.from(activities.going.values(), ({ percent }) => percent)));
  });
  afterEach(() => activities.changed.dispose());

  it('is seen while it goes on, with how far it is, and not any more afterwards', async () => {
    await working('Publishing demo', async (op) => {
      const [{ folder: where, title } = assert.fail('nothing goes on')] = [...activities.going.values()];
      assert.deepEqual([where, title], [folder.toString(), 'Publishing demo']);
      op.report('a', 0.25);
      op.report('b', 0.5);
      op.report('c');
    });
    assert.deepEqual(percents, [undefined, 25, 50]);
    assert.equal(activities.going.size, 0);
  });

  it('leaves a line at its begin and one at its end, with site, account, region, result, time and release', async () => {
    await working('Publishing demo', () => Promise.resolve({ release: 'abc', steps: ['a', 'b'] }));
    await working('Publishing demo', () => Promise.resolve(undefined));
    await working('Verifying demo', () => Promise.resolve({ isWhole: true }));
    await assert.rejects(Promise.resolve(working('Verifying demo', () => Promise.reject(new Error('no')))));
    const times = lines.map((line) => line.replace(/[\d.]+ s$/, 'n s'));
    assert.deepEqual(times, [
      `Begin: Publishing demo, ${of}`,
      `End: Publishing demo, ${of}: done, 2 steps, release abc after n s`,
      `Begin: Publishing demo, ${of}`,
      `End: Publishing demo, ${of}: nothing done after n s`,
      `Begin: Verifying demo, ${of}`,
      `End: Verifying demo, ${of}: done after n s`,
      `Begin: Verifying demo, ${of}`,
      `End: Verifying demo, ${of}: failed (no) after n s`,
    ]);
  });

  it('is cancelled by whoever sees it, and leaves in the log what was done and what was not', async () => {
    const plan = [
      [step('one')],
      [
        step('two', ({ signal }) => {
          for (const activity of activities.going.values()) activity.cancel();
          signal.throwIfAborted();
          return Promise.resolve();
        }),
      ],
      [step('three')],
    ];
    await assert.rejects(Promise.resolve(working('Publishing demo', (op) => run(plan, op))), { name: 'AbortError' });
    assert.deepEqual(lines.slice(1, -1), ['Done: one', 'Begun, perhaps done: two', 'Not begun: three']);
    assert.match(lines.at(-1) ?? '', /: cancelled after /);
  });

  it('can be waited for', async () => {
    let end = () => undefined as void;
    const work = working('Publishing demo', () => new Promise<void>((resolve) => (end = resolve)));
    let isQuiet = false;
    const waiting = quiet(activities, folder.toString()).then(() => (isQuiet = true));
    await quiet(activities, 'file:///another');
    assert.equal(isQuiet, false);
    end();
    await Promise.all([work, waiting]);
    assert.ok(isQuiet);
  });

  describe('and ends early', () => {
    const { showErrorMessage, showInformationMessage } = vscode.window;
    let shown: string[];
    beforeEach(() => {
      shown = [];
      const show = (text: string) => Promise.resolve(void shown.push(text));
      Object.assign(vscode.window, { showErrorMessage: show, showInformationMessage: show });
    });
    afterEach(() => Object.assign(vscode.window, { showErrorMessage, showInformationMessage }));
    const publish = (error: unknown, first = false, signal = new AbortController().signal) => {
      const failing = step('upload', ({ report }) => {
        report('Uploaded 12 of 30 assets');
        return Promise.reject(error as Error);
      });
      const pages: Step = { ...step('pages'), untouched: 'no page was changed' };
      const plan = [...(first ? [] : [[step('begin')]]), [failing], [pages]];
      return () => run(plan, { signal, report: () => undefined });
    };

    it('tells after a cancel what was done and what was not, and how to go on', async () => {
      const cancel = new DOMException('cancelled', 'AbortError');
      await tellingErrors(log, 'publish the site', false, publish(cancel));
      assert.deepEqual(shown, [
        'Cancelled: 1 of 3 steps done; under way: upload (Uploaded 12 of 30 assets); no page was changed. To go on, publish the site again.',
      ]);
    });

    it('tells the same after a failure, unless its first step failed', async () => {
      await tellingErrors(log, 'publish the site', false, publish(new UserError('S3 is gone.')));
      await tellingErrors(log, 'publish the site', false, publish(new UserError('Nothing was changed.'), true));
      assert.deepEqual(shown, [
        'S3 is gone. 1 of 3 steps done; under way: upload (Uploaded 12 of 30 assets); no page was changed.',
        'Nothing was changed.',
      ]);
    });

    it('is silent after a cancel before anything was planned', async () => {
      const cancelled = () => Promise.reject(new DOMException('cancelled', 'AbortError'));
      assert.equal(await tellingErrors(log, 'publish the site', false, cancelled), undefined);
      assert.deepEqual(shown, []);
    });

    it('logs alone what is no news', async () => {
      const fail = () => Promise.reject(new UserError('The same.'));
      await tellingErrors(log, 'publish on save', false, fail, () => false);
      assert.deepEqual(shown, []);
      assert.match(lines.join('\n'), /Could not publish on save: The same\./);
    });
  });
});
