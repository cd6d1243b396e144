import assert from 'node:assert/strict';
import type { Plan, Step } from '../../src/core/plan';
import { planDocument, planLines, sizeText, summaryLines } from '../../src/shell/planText';

const step = (title: string, extra: Partial<Step> = {}): Step => ({
  ...{ key: title, title, run: () => Promise.resolve() },
  ...extra,
});
const where = ['Account 123456789012, region eu-central-1', 'as arn:aws:iam::123456789012:user/me'];
const isSingle = ({ key }: Step) => key.startsWith('upload ');
const shown = (plan: Plan, about: readonly string[] = []) => ({ where, about, plan, isSingle });
const uploads = (count: number) =>
  Array.from({ length: count }, (_, index) => step(`upload images/${index}.png (new)`, { sizeBytes: 1024 }));

describe('the text of a plan', () => {
  it('says account, region and totals before the first step', () => {
    const { lines } = planLines(shown([uploads(3)], ['Root folder: public in demo']));
    assert.deepEqual(lines, [
      ...where,
      '',
      'Root folder: public in demo',
      '3 steps, 3.0 KiB to send:',
      '',
      ...[0, 1, 2].map((index) => `• upload images/${index}.png (new), 1.0 KiB`),
    ]);
  });

  it('names the pages before single images, which run first', () => {
    const plan = [
      [step('note 1 path')],
      uploads(40),
      [step('send 7 pages', { sizeBytes: 2048 })],
      [step('invalidate')],
    ];
    const { lines, hidden } = planLines(shown(plan));
    assert.deepEqual(lines.slice(3, 9), [
      '43 steps, 42 KiB to send:',
      '',
      '• note 1 path',
      '• send 7 pages, 2.0 KiB',
      '• invalidate',
      '• upload images/0.png (new), 1.0 KiB',
    ]);
    assert.equal(hidden, 33);
    assert.equal(lines.at(-1), '… and 33 more');
  });

  it('never hides a step that loses something', () => {
    const plan = [uploads(40), [step('delete the volume', { loses: 'data' })], [step('stop it', { loses: 'uptime' })]];
    const steps = planLines(shown(plan)).lines.filter((line) => line.startsWith('•'));
    assert.deepEqual(steps.slice(0, 2), ['• LOSES DATA: delete the volume', '• Interrupts the site: stop it']);
  });

  it('is shown whole when one step more would be hidden', () => {
    assert.equal(planLines(shown([uploads(11)])).hidden, 0);
    assert.equal(planLines(shown([uploads(12)])).hidden, 2);
  });

  it('gives every step one line, whatever its name holds', () => {
    const forged = 'upload a.png\n• delete nothing at all\u2028\u202e[x](command:y) (new)';
    const { lines } = planLines(shown([[step(forged)]]));
    const document = planDocument('Publish?', shown([[step(forged)]]));
    for (const text of [lines.join('\n'), document]) {
      assert.equal(text.split('\n').filter((line) => line.includes('delete nothing')).length, 1);
      assert.ok(text.split('\n').every((line) => !/^• delete/.test(line)));
      assert.doesNotMatch(text, /\]\(command|\u202e|\u2028/);
    }
  });

  it('has all steps in the order in which they run as a document', () => {
    const plan = [uploads(30), [step('send 7 pages', { sizeBytes: 5 })]];
    const lines = planDocument('Publish “demo”?', shown(plan, ['About it'])).split('\n');
    assert.equal(lines[0], 'Publish “demo”?');
    assert.ok(lines.includes(where[0] ?? '') && lines.includes('About it'));
    const steps = lines.filter((line) => /^(\d+\.)? +\S/.test(line));
    assert.equal(steps.length, 31);
    assert.equal(steps[0], '1.   upload images/0.png (new), 1.0 KiB');
    assert.equal(steps[1], '     upload images/1.png (new), 1.0 KiB');
    assert.equal(steps.at(-1), '2.   send 7 pages, 5 bytes');
  });

  it('of a publication says what is to be heeded first, then the root folder, sizes and what is left out', () => {
    const pages = { count: 7, sizeBytes: 2048, added: [], changed: [] };
    const assets = { added: 2, changed: 1, unchanged: 4, uploadBytes: 3 * 1024 * 1024 };
    const left = [
      { reason: 'backup copies are left out', count: 2 },
      { reason: 'logs are left out', count: 1 },
    ];
    const totals = [
      'Root folder: public (in demo)',
      'Pages and other files: 7, 2.0 KiB',
      'Images and other assets: 7; to upload: 3, 3.0 MiB',
    ];
    const said = (notes: readonly string[], leftOut = left) =>
      summaryLines({ pages, assets, left: leftOut, notes }, 'public (in demo)');
    assert.deepEqual(said([], []), totals);
    const last = 'Left out: 2 (backup copies are left out), 1 (logs are left out)';
    assert.deepEqual(said(['This replaces a release.']), ['This replaces a release.', '', ...totals, last]);
    const notes = Array.from({ length: 7 }, (_, index) => `note ${index}`);
    assert.deepEqual(said(notes.slice(0, 6)), [...notes.slice(0, 6), '', ...totals, last]);
    assert.deepEqual(said(notes), [...notes.slice(0, 5), '… and 2 more, in the log', '', ...totals, last]);
  });

  it('says sizes in units that people read', () => {
    const sizes = [0, 1, 1023, 1024, 10_239, 10_240, 1_048_524, 1_048_576, 5_000_000, 3_000_000_000];
    assert.deepEqual(sizes.map(sizeText), [
      ...['0 bytes', '1 byte', '1023 bytes', '1.0 KiB', '10 KiB', '10 KiB', '1.0 MiB', '1.0 MiB', '4.8 MiB', '2.8 GiB'],
    ]);
  });
});
