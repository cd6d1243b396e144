import assert from 'node:assert/strict';
import { addressCharge, diskCharge, ended, instanceCharge } from '../../src/core/cost/charge';
import type { Plan, Step } from '../../src/core/plan';
import { sizeText } from '../../src/core/sizeText';
import { PRICES } from '../core/cost/somePrices';
import { planDocument, planLines, summaryLines } from '../../src/shell/planText';

const step = (title: string, extra: Partial<Step> = {}): Step => ({
  ...{ key: title, title, run: () => Promise.resolve() },
  ...extra,
});
const where = ['Account 123456789012, region eu-central-1', 'as arn:aws:iam::123456789012:user/me'];
const shown = (plan: Plan, about: readonly string[] = []) => ({ where, about, plan });
const uploads = (count: number) =>
  Array.from({ length: count }, (_, index) => step(`upload images/${index}.png (new)`, { sizeBytes: 1024 }));

describe('the text of a plan', () => {
  it('says account, region and totals before the first step', () => {
    const { lines } = planLines(shown([uploads(3)], ['Root folder: public in demo']));
    assert.deepEqual(lines, [
      ...where,
      '',
      'Root folder: public in demo',
      '',
      '3 steps, 3.0 KiB to send:',
      ...[0, 1, 2].map((index) => `• upload images/${index}.png (new), 1.0 KiB`),
    ]);
  });

  it('names each step with the single files that it is about, or all steps before as many of their files as fit', () => {
    const items = (count: number) => Array.from({ length: count }, (_, index) => `upload images/${index}.png (new)`);
    const plan = (count: number) => [
      [step('begin')],
      [step(`upload ${count} assets`, { sizeBytes: 40 * 1024, items: items(count) })],
      [step('put 7 pages in place', { sizeBytes: 2048 })],
      [step('remove 2 assets', { items: ['remove a.png', 'remove b.png'] })],
    ];
    const { lines, hidden } = planLines(shown(plan(40)));
    assert.deepEqual(lines.slice(3), [
      '4 steps, 42 KiB to send:',
      ...['• begin', '• upload 40 assets, 40 KiB', '• put 7 pages in place, 2.0 KiB', '• remove 2 assets'],
      ...items(6).map((item) => `– ${item}`),
      '… and 36 more',
    ]);
    assert.equal(hidden, 36);
    const few = planLines(shown(plan(4)));
    assert.equal(few.hidden, 0);
    assert.deepEqual(few.lines.slice(-6), [
      ...['– upload images/2.png (new)', '– upload images/3.png (new)', '• put 7 pages in place, 2.0 KiB'],
      ...['• remove 2 assets', '– remove a.png', '– remove b.png'],
    ]);
  });

  it('says what each step costs and all of them together, and whence the prices are', () => {
    const plan = [
      [step('create role')],
      [step('launch', { charges: [instanceCharge('t3.micro')] })],
      [step('allocate', { charges: [addressCharge(), ended(addressCharge())] })],
      [step('make io2', { charges: [diskCharge('io2', 1, 'volume')] })],
    ];
    const steps = ['create role', 'launch, +$7.30 a month', 'allocate, the same cost', 'make io2, price not known'];
    const notes = [
      'Prices: AWS’s list for us-east-1, read on 5 March 2026; a month has 730 hours.',
      'Price not known; AWS tells it at https://aws.amazon.com/ebs/pricing/',
      'Traffic, requests and taxes are not included.',
    ];
    const { lines } = planLines({ ...shown(plan), prices: PRICES });
    assert.deepEqual(lines.slice(3), [
      '4 steps, +$7.30 a month and what has no known price:',
      ...steps.map((line) => `• ${line}`),
      '',
      ...notes,
    ]);
    const text = planDocument('?', { ...shown(plan), prices: PRICES }).split('\n');
    assert.ok(
      steps.every((line, index) => text.includes(`${index + 1}.   ${line}`)),
      text.join('\n'),
    );
    assert.deepEqual(text.slice(-5), ['', ...notes, '']);
    const free = planLines({ ...shown([[step('create role')]]), prices: PRICES });
    assert.deepEqual(free.lines.slice(3), ['1 step:', '• create role']);
  });

  it('never hides a step that loses something', () => {
    const plan = [
      uploads(40),
      [step('delete the volume', { loses: 'data' })],
      [step('stop it', { loses: 'uptime' })],
      [step('replace it', { loses: 'files', items: ['index.html'] })],
    ];
    const steps = planLines(shown(plan)).lines.filter((line) => line.startsWith('•'));
    assert.deepEqual(steps.slice(0, 3), [
      ...['• LOSES DATA: delete the volume', '• Interrupts the site: stop it', '• REMOVES MANY FILES: replace it'],
    ]);
  });

  it('is shown whole when one step more would be hidden', () => {
    assert.equal(planLines(shown([uploads(11)])).hidden, 0);
    assert.equal(planLines(shown([uploads(12)])).hidden, 2);
    const items = (count: number) => Array.from({ length: count }, String);
    assert.equal(planLines(shown([[step('one', { items: items(10) })]])).hidden, 0);
    assert.equal(planLines(shown([[step('one', { items: items(11) })]])).hidden, 2);
  });

  it('gives every step and every file one line, whatever its name holds', () => {
    const forged = 'upload a.png\n• delete nothing at all\u2028\u202e[x](command:y) (new)';
    const plans = [[[step(forged)]], [[step('upload', { items: [forged] })]]];
    const texts = plans.flatMap((plan) => [planLines(shown(plan)).lines.join('\n'), planDocument('?', shown(plan))]);
    for (const text of texts) {
      assert.equal(text.split('\n').filter((line) => line.includes('delete nothing')).length, 1);
      assert.ok(text.split('\n').every((line) => !/^• delete/.test(line)));
      assert.doesNotMatch(text, /\]\(command|\u202e|\u2028/);
    }
  });

  it('has all steps in the order in which they run as a document', () => {
    const plan = [
      uploads(30),
      [step('send 7 pages', { sizeBytes: 5 }), step('remove', { loses: 'files', items: ['a.png', 'b.png'] })],
    ];
    const lines = planDocument('Publish “demo”?', shown(plan, ['About it'])).split('\n');
    assert.equal(lines[0], 'Publish “demo”?');
    assert.ok(lines.includes(where[0] ?? '') && lines.includes('About it'));
    const steps = lines.filter((line) => /^(\d+\.)? +\S/.test(line));
    assert.equal(steps.length, 34);
    assert.equal(steps[0], '1.   upload images/0.png (new), 1.0 KiB');
    assert.equal(steps[1], '     upload images/1.png (new), 1.0 KiB');
    assert.deepEqual(steps.slice(30), [
      ...['2.   send 7 pages, 5 bytes', '     REMOVES MANY FILES: remove', '     – a.png', '     – b.png'],
    ]);
  });

  it('of a publication says what is to be heeded first, then the root folder, sizes and what is left out', () => {
    const pages = { count: 7, sizeBytes: 2048, added: [], changed: [], removed: undefined };
    const assets = { added: 2, changed: 1, unchanged: 4, uploadBytes: 3 * 1024 * 1024, removed: [] };
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

  it('of a publication says how many files it removes, each once', () => {
    const pages = { count: 7, sizeBytes: 2048, added: [], changed: [], removed: ['a.html', 'b.svg'] };
    const assets = { added: 0, changed: 0, unchanged: 4, uploadBytes: 0, removed: ['b.svg', 'c.png'] };
    const lines = summaryLines({ pages, assets, left: [], notes: [] }, 'public');
    assert.deepEqual(lines.slice(3), ['To remove, as they are not among the files any more: 3']);
  });

  it('says sizes in units that people read', () => {
    const sizes = [0, 1, 1023, 1024, 10_239, 10_240, 1_048_524, 1_048_576, 5_000_000, 3_000_000_000];
    assert.deepEqual(sizes.map(sizeText), [
      ...['0 bytes', '1 byte', '1023 bytes', '1.0 KiB', '10 KiB', '10 KiB', '1.0 MiB', '1.0 MiB', '4.8 MiB', '2.8 GiB'],
    ]);
  });
});
