import assert from 'node:assert/strict';
import { addressCharge, diskCharge, ended, idleAddressCharge, instanceCharge } from '../../src/core/cost/charge';
import type { Prices } from '../../src/core/cost/prices';
import type { SiteCharges } from '../../src/core/cost/siteCharges';
import type { Plan, Step } from '../../src/core/plan';
import { planTable } from '../../src/shell/planTable';
import { PRICES } from '../core/cost/somePrices';

const step = (title: string, extra: Partial<Step> = {}): Step => ({
  ...{ key: title, title, run: () => Promise.resolve() },
  ...extra,
});
const where = ['Account 123456789012, region us-east-1', 'as arn:aws:iam::123456789012:user/me'];
const nothing: SiteCharges = { charges: [], unread: [] };
const table = (plan: Plan, now = nothing, prices: Prices = PRICES) =>
  planTable({ name: 'demo', where, plan, now, prices }).split('\n');

describe('a plan as a table', () => {
  it('has each step in its stage with what it loses and costs, the sum, and what the site costs before and after', () => {
    const lines = table(
      [
        [step('create role'), step('open port 80')],
        [step('launch t3.micro server', { charges: [instanceCharge('t3.micro'), diskCharge('gp3', 8, 'disk')] })],
        [step('give it an address', { loses: 'uptime', charges: [addressCharge(), ended(addressCharge())] })],
        [step('delete the volume', { loses: 'data', charges: [ended(diskCharge('gp3', 5, 'volume'))] })],
      ],
      { charges: [diskCharge('gp3', 5, 'volume')], unread: [] },
    );
    assert.deepEqual(lines, [
      'Plan for “demo”',
      '',
      ...where,
      '',
      '5 steps, which “Provision All…” would run; those of one stage run together. Nothing has been changed.',
      '',
      'Stage  Step                    Loses    Cost a month',
      '─────  ──────────────────────  ──────  ─────────────',
      '1      create role             –                   –',
      '       open port 80            –                   –',
      '2      launch t3.micro server  –              +$8.10',
      '3      give it an address      uptime  the same cost',
      '4      delete the volume       DATA           −$0.50',
      '─────  ──────────────────────  ──────  ─────────────',
      '       in all                                 +$7.60',
      '',
      'Cost now: about $0.50 a month',
      '  – volume, 5 GiB gp3: $0.50 a month',
      'Cost afterwards: about $8.10 a month',
      '',
      'Prices: AWS’s list for us-east-1, read on 5 March 2026; a month has 730 hours.',
      'Traffic, requests and taxes are not included.',
      '',
    ]);
  });

  it('tells between the steps and the cost what was found out before the first change', () => {
    const findings = ['Not checked (quota): Not told.'];
    const plan = [[step('create role')]];
    const lines = planTable({ name: 'demo', where, findings, plan, now: nothing, prices: PRICES }).split('\n');
    const at = lines.indexOf('Not checked (quota): Not told.');
    assert.deepEqual([lines[at - 1], lines[at + 1], lines[at + 2]], ['', '', 'Cost now: nothing']);
  });

  it('says that there is nothing to do, and what the site costs', () => {
    const now = { charges: [instanceCharge('t3.micro'), addressCharge()], unread: [] };
    assert.deepEqual(table([], now).slice(5, 10), [
      'There is nothing to do: all that sitelift.json asks for is there.',
      '',
      'Cost now: about $8.76 a month',
      '  – server t3.micro, running: $7.30 a month',
      '  – public IPv4 address: $1.46 a month',
    ]);
    assert.ok(!table([], now).some((line) => /Cost afterwards|Stage/.test(line)));
  });

  it('says where a price is told that is not known, and never sums it up as nothing', () => {
    const none: Prices = { region: 'us-east-1', tiers: new Map(), readMs: undefined };
    const lines = table([[step('launch', { charges: [instanceCharge('t3.micro')] })]], nothing, none);
    assert.ok(lines.includes('1      launch  –      price not known'), lines.join('\n'));
    assert.ok(lines.includes('       in all         price not known'));
    assert.ok(lines.includes('Cost now: nothing') && lines.includes('Cost afterwards: price not known'));
    assert.match(
      lines.join('\n'),
      /^Price not known; AWS tells it at https:\/\/aws\.amazon\.com\/ec2\/pricing\/on-demand\/$/m,
    );
    const partly = table([[step('go', { charges: [addressCharge(), idleAddressCharge()] })]]);
    assert.match(partly.join('\n'), /^Cost afterwards: at least \$1\.46 a month$/m);
  });

  it('names what could not be read', () => {
    const lines = table([], { charges: [addressCharge()], unread: ['bucket'] });
    assert.ok(lines.includes('Cost now: at least $1.46 a month') && lines.includes('  – bucket: could not be read'));
  });

  it('breaks long titles at spaces, in one column, and gives each step its own lines whatever it holds', () => {
    const words = Array.from({ length: 40 }, (_, index) => `word${index}`).join(' ');
    const forged = 'a\n2      delete nothing  –  −$99\u2028[x](command:y)';
    const lines = table([[step(words, { charges: [addressCharge()] }), step(forged)]]);
    const first = lines.findIndex((line) => line.startsWith('1 '));
    const last = lines.findIndex((line) => line.includes('[x]'));
    assert.ok(
      lines.slice(first, last + 1).every((line) => line.length <= 7 + 72 + 2 + 5 + 2 + 12),
      lines.join('\n'),
    );
    assert.equal(
      lines
        .slice(first, last)
        .join(' ')
        .replace(/ {2,}|–|\+\$1\.46/g, ' ')
        .replace(/ +/g, ' ')
        .trim(),
      `1 ${words}`,
    );
    assert.ok(!lines.some((line) => line.startsWith('2  ')));
    assert.doesNotMatch(lines.join('\n'), /\]\(command|\u2028/);
  });
});
