import assert from 'node:assert/strict';
import { SIGN_IN } from '../../src/core/aws/errors';
import { UserError } from '../../src/core/op';
import type { SiteHave } from '../../src/core/resources/stack';
import { releasesView } from '../../src/shell/views/releaseView';
import { viewOf } from '../../src/shell/views/resourceView';
import { allRows, childrenOf, viewOfCost, viewOfRelease, type SiteNode } from '../../src/shell/views/siteNode';
import { spokenOf } from '../../src/shell/views/spoken';
import { PRICES } from '../core/cost/somePrices';
import { absent, bucket, distribution, inspection, known, server, settled, site, volume } from './someSite';

type Entry = SiteNode['entry'];

const unknown = { kind: 'unknown', reason: 'denied' } as const;
const asleep = { online: false, inspection: undefined };
const drift = [{ what: 'the type', is: 'a', wanted: 'b' }];
const other = { kind: 'former', instanceId: 'i-02', state: 'running', instanceType: 't3.micro' } as const;
const former = { kind: 'former', volumeId: 'vol-02', state: 'available', sizeGib: 1, volumeType: 'gp3' } as const;
const release = {
  ...{ id: 'r1', at: '2026-03-01T12:34:00Z', by: 'me', host: 'here', folder: 'demo' },
  counts: { added: 1, changed: 0, removed: 0 },
} as NonNullable<NonNullable<Entry['releases']>['current']>;
const publishing = { id: 'p1', at: '2026-03-01T12:34:00Z', by: 'me', host: 'here', folder: 'demo' } as NonNullable<
  NonNullable<Entry['releases']>['publishing']
>;

/** What one resource may be like, by what that is called. */
const STATES: { readonly [Name in keyof SiteHave]: Readonly<Record<string, Partial<SiteHave>>> } = {
  server: {
    ...seenStates('server'),
    ...serversWith({
      adopted: { isAdopted: true },
      pending: { ...asleep, state: 'pending' },
      waking: asleep,
      stopping: { ...asleep, state: 'stopping' },
      stopped: { ...asleep, state: 'stopped' },
      'stopped and adopted': { ...asleep, state: 'stopped', isAdopted: true },
      'not looked into': { inspection: undefined, inspectionProblem: 'Denied.' },
      'without a web server': { inspection: { ...inspection, webServer: { installed: false } } },
      'with another type': { drift },
      'with an address that stays': { address: 'elastic' },
      'replaced in part': { others: [{ ...other, kind: 'successor' }] },
      'replaced, with the former one': { others: [other, { ...other, instanceId: 'i-03' }] },
    }),
    'gone, with what it left': { server: { ...absent, addresses: [{ ip: '192.0.2.7' }], others: [other] } as never },
    'in doubt': { server: { ...absent, doubt: 'Not allowed.' } },
  },
  volume: {
    ...seenStates('volume'),
    ...volumesWith({
      adopted: { isAdopted: true },
      creating: { state: 'creating', attachment: undefined },
      broken: { state: 'error', attachment: undefined },
      detached: { state: 'available', attachment: undefined },
      detaching: { attachment: { ...volume.attachment, state: 'detaching' } },
      'from a snapshot': { snapshotId: 'snap-01' },
      'with another size': { wanted: { sizeGib: 2 } },
      'with what was there before a restoration': {
        others: [
          former,
          { ...former, volumeId: 'vol-03', isAdopted: true },
          { ...former, volumeId: 'vol-04', kind: 'restored', snapshotId: 'snap-01' },
        ],
      },
    }),
  },
  bucket: {
    ...seenStates('bucket'),
    adopted: { bucket: known({ ...bucket, isAdopted: true }) },
    public: { bucket: known({ ...bucket, blocksPublicAccess: false }) },
    'half read': { bucket: known({ ...bucket, blocksPublicAccess: undefined, problems: ['Denied.'] } as never) },
    going: { bucket: known({ ...bucket, destroyingSince: '2026-03-01T12:34:00Z' }) },
  },
  distribution: {
    ...seenStates('distribution'),
    adopted: { distribution: known({ ...distribution, isAdopted: true }) },
    deploying: { distribution: known({ ...distribution, deployed: false }) },
    disabling: { distribution: known({ ...distribution, enabled: false, deployed: false }) },
    disabled: { distribution: known({ ...distribution, enabled: false }) },
    restricted: { distribution: known({ ...distribution, geoRestriction: { block: ['FR'] } }) },
    'with a name': { distribution: known({ ...distribution, alias: 'www.example.com' }) },
    'of another region': { distribution: known({ ...distribution, otherRegion: 'eu-west-1' } as never) },
  },
};

/** What else is known of a site, by what that is called. */
const ENTRIES: Readonly<Record<string, Partial<Entry>>> = {
  'signed out': { problem: new UserError('over', { remedy: [SIGN_IN] }) },
  'with another problem': { problem: new Error('no network') },
  'without prices': { prices: undefined },
  'with prices that are not known': { prices: { ...PRICES, tiers: new Map() } },
  'published twice': {
    releases: { current: release, former: [{ ...release, at: '2026-02-01T12:34:00Z', restores: release.at }] },
  },
  'being published': { releases: { current: undefined, former: [], publishing } },
  'half published': { releases: { current: release, former: [], publishing: { ...publishing, isOver: true } } },
  'with releases that cannot be read': { releases: { current: undefined, former: [], isUnreadable: true } },
};

function seenStates(name: keyof SiteHave): Readonly<Record<string, Partial<SiteHave>>> {
  const seen = settled[name];
  return {
    there: {},
    absent: { [name]: absent },
    elsewhere: { [name]: { ...absent, otherRegion: 'eu-west-1' } },
    unknown: { [name]: unknown },
    old: { [name]: { ...seen, old: 'No network.' } },
  };
}

function serversWith(changes: Readonly<Record<string, object>>): Readonly<Record<string, Partial<SiteHave>>> {
  const of = (change: object) => ({ server: known({ ...server, ...change } as typeof server) });
  return Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, of(change)]));
}

function volumesWith(changes: Readonly<Record<string, object>>): Readonly<Record<string, Partial<SiteHave>>> {
  const of = (change: object) => ({ volume: known({ ...volume, ...change } as typeof volume) });
  return Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, of(change)]));
}

function entryOf(have: Partial<SiteHave>, more: Partial<Entry> = {}): Entry {
  const folder = { name: 'demo' } as Entry['folder'];
  const usual = { folder, site, releases: undefined, prices: PRICES, readMs: {}, problem: undefined };
  return { ...usual, have: { ...settled, ...have }, ...more };
}

/** The words that a row shows, and the icon that says more. */
function seenOf(node: SiteNode): { readonly words: readonly string[]; readonly icon?: { id: string; tone?: string } } {
  const { entry } = node;
  switch (node.kind) {
    case 'site':
      return { words: [entry.site?.name ?? ''] };
    case 'next':
      return { words: [`Next: ${node.title}`, node.progress ?? ''] };
    case 'detail':
      return { words: [node.detail.label, node.detail.value] };
    case 'release': {
      const { label, state } = viewOfRelease(node);
      return { words: [label, state] };
    }
    case 'resource': {
      const { icon, label, state } = viewOf(node.name, entry.have ?? assert.fail(), entry.readMs);
      return { words: [label, state], icon };
    }
    case 'releases': {
      const { icon, label, state } = releasesView(entry.releases ?? assert.fail());
      return { words: [label, state], icon };
    }
    case 'cost': {
      const { icon, label, state } = viewOfCost(entry) ?? assert.fail();
      return { words: [label, state], icon };
    }
  }
}

function requireSpoken(entry: Entry): readonly string[] {
  const rows = allRows([entry, { ...entry, folder: { name: 'other' } as Entry['folder'] }]);
  for (const row of rows) {
    const label = spokenOf(row);
    const { icon, words } = seenOf(row);
    for (const word of words) assert.ok(label.includes(word.replaceAll(' · ', ', ')), `“${word}” in “${label}”`);
    assert.doesNotMatch(label, /undefined|·|\$\(|^\s*$/);
    if (icon?.tone === 'attention' && !icon.id.endsWith('~spin')) assert.match(label, /, needs attention$/);
    if (icon?.tone === 'old') assert.match(label, /, may be out of date$/);
    if (icon?.id.endsWith('~spin')) assert.match(label, /, in progress$/);
    const beneath = childrenOf(row).map(spokenOf);
    assert.equal(new Set(beneath).size, beneath.length, `rows beneath “${label}” sound alike: ${beneath.join('; ')}`);
  }
  return rows.map(spokenOf);
}

describe('what every row of the tree says to who does not see it', () => {
  for (const [name, states] of Object.entries(STATES)) {
    for (const [state, have] of Object.entries(states)) {
      it(`is all that is seen of it, and told from the rows beside it, where a ${name} is ${state}`, () => {
        const labels = requireSpoken(entryOf(have));
        const start = name.charAt(0).toUpperCase() + name.slice(1);
        assert.ok(labels.some((label) => label.startsWith(`${start}, `)));
      });
    }
  }

  for (const [name, more] of Object.entries(ENTRIES)) {
    it(`is all that is seen of it, and told from the rows beside it, where a site is ${name}`, () => {
      requireSpoken(entryOf({}, more));
    });
  }

  it('tells what was adopted, what is kept beside a volume or a server, and that one is to sign in', () => {
    const said = (have: Partial<SiteHave>, more?: Partial<Entry>) => requireSpoken(entryOf(have, more));
    for (const name of ['server', 'volume', 'bucket', 'distribution'] as const) {
      assert.ok(said(STATES[name]['adopted'] ?? {}).includes('Adopted, was there before the site'), name);
    }
    const kept = said(STATES.volume['with what was there before a restoration'] ?? {});
    for (const label of [
      'Kept beside, vol-02, 1 GiB',
      'Kept beside, vol-03, 1 GiB, adopted',
      'Restored beside, vol-04, 1 GiB',
    ])
      assert.ok(kept.includes(label));
    assert.ok(said({}, ENTRIES['signed out']).includes('Next: Sign In to AWS…'));
    const halfway = said(STATES.server['replaced in part'] ?? {});
    assert.ok(
      halfway.includes('Server, running, the server that was to take its place is i-02, wanted none, needs attention'),
    );
  });
});
