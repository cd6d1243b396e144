import assert from 'node:assert/strict';
import type { Release } from '../../src/core/release/ledger';
import type { Releases } from '../../src/core/release/releases';
import type { SiteEntry } from '../../src/shell/siteEntry';
import { agoText, statusView, type StatusOf } from '../../src/shell/views/statusView';

const NOW = Date.parse('2026-11-27T12:00:00.000Z');
const at = '2026-11-27T11:55:00.000Z';
const current = {
  at,
  by: 'arn:aws:iam::123456789012:user/me',
  host: 'desk',
  folder: 'site',
  commit: 'a'.repeat(40),
} as Release;
const shown = (releases: Releases | undefined, others: Partial<StatusOf> = {}) => {
  const entry = { releases } as SiteEntry;
  return statusView(
    { entry, name: 'demo', isOneOfSeveral: false, going: undefined, trouble: undefined, ...others },
    NOW,
  );
};

describe('the status bar', () => {
  it('shows how long ago the site was published, and by whom on hovering', () => {
    const { icon, spoken, text, tooltip } = shown({ current, former: [] });
    assert.deepEqual([icon, text], ['cloud', 'Published 5 min ago']);
    assert.equal(spoken, 'Sitelift: demo, published 5 min ago by arn:aws:iam::123456789012:user/me');
    assert.match(
      tooltip.join('\n'),
      /Last publication of “demo”: .*\nby arn:aws:.*\nfrom “site” on desk, commit aaaaaaa\nClick/,
    );
  });

  it('names the site where there are several', () => {
    assert.equal(shown({ current, former: [] }, { isOneOfSeveral: true }).text, 'demo: Published 5 min ago');
  });

  it('shows what goes on and how far it is, before all else', () => {
    const going = { title: 'Publishing demo', percent: 45 };
    const { icon, spoken, text } = shown({ current, former: [] }, { going, trouble: 'no' });
    assert.deepEqual([icon, text, spoken], ['sync~spin', 'Publishing demo 45 %', 'Sitelift: Publishing demo 45 %']);
    assert.equal(shown(undefined, { going: { ...going, percent: undefined } }).text, 'Publishing demo');
  });

  it('says in words as well that publishing on save failed, and why', () => {
    const { icon, spoken, text, tooltip, warns } = shown(
      { current, former: [] },
      { trouble: 'The server is stopped.' },
    );
    assert.deepEqual([icon, text, warns], ['warning', 'Not published', true]);
    assert.match(spoken, /demo was not published on save\. The server is stopped\./);
    assert.ok(tooltip.includes('The server is stopped.'));
  });

  it('tells what was never published from what was not read, and that somebody publishes', () => {
    assert.equal(shown({ former: [] }).text, 'Not published yet');
    assert.equal(shown(undefined).text, 'Sitelift');
    assert.equal(shown({ former: [], isUnreadable: true }).text, 'Sitelift');
    const publishing = { ...current, isOver: false, processId: 1, renewals: 0, forgets: [] };
    assert.equal(shown({ current, former: [], publishing }).text, 'Somebody is publishing');
    assert.equal(
      shown({ current, former: [], publishing: { ...publishing, isOver: true } }).text,
      'Published 5 min ago',
    );
  });

  it('rounds the time since then down to its largest unit', () => {
    const minute = 60_000;
    for (const [minutes, text] of [
      [-10, 'just now'],
      [0.9, 'just now'],
      [1, '1 min ago'],
      [59.9, '59 min ago'],
      [60, '1 h ago'],
      [23.9 * 60, '23 h ago'],
      [24 * 60, 'yesterday'],
      [48 * 60, '2 days ago'],
    ] as const) {
      assert.equal(agoText(NOW - minutes * minute, NOW), text);
    }
    assert.match(agoText(NOW - 40 * 24 * 60 * minute, NOW), /Oct/);
  });
});
