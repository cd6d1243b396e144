import assert from 'node:assert/strict';
import type { Prices } from '../../src/core/cost/prices';
import { driftOf } from '../../src/core/resources/drift';
import type { SiteHave } from '../../src/core/resources/stack';
import { nextStep, viewOf } from '../../src/shell/views/resourceView';
import { timeText } from '../../src/shell/views/shown';
import { PRICES } from '../core/cost/somePrices';
import { allRows, consoleUrlOf, valueOf, viewOfCost, type SiteNode } from '../../src/shell/views/siteNode';
import { spokenOf } from '../../src/shell/views/spoken';
import { contributes } from '../../package.json';
import { absent, bucket, distribution, inspection, known, server, settled, site, volume } from './someSite';

const rowsOf = (have: SiteHave, prices?: Prices): SiteNode[] => {
  const folder = { name: 'demo' } as SiteNode['entry']['folder'];
  return allRows([{ folder, site, have, releases: undefined, prices, readMs: {}, problem: undefined }]);
};
const shown = (name: keyof SiteHave, change: Partial<SiteHave>) => viewOf(name, { ...settled, ...change }, {});

describe('the rows of a site', () => {
  it('tell of what was there before the site that it was, also to who does not see them', () => {
    const [one, two] = [known({ ...server, isAdopted: true }), known({ ...volume, isAdopted: true })];
    const [three, four] = [known({ ...bucket, isAdopted: true }), known({ ...distribution, isAdopted: true })];
    const older = (have: SiteHave) =>
      rowsOf(have).flatMap((row) =>
        row.kind === 'detail' && row.detail.about?.includes('It was there before the site') ? [spokenOf(row)] : [],
      );
    assert.deepEqual(older(settled), []);
    assert.deepEqual(
      older({ server: one, volume: two, bucket: three, distribution: four }),
      Array<string>(4).fill('Adopted, was there before the site'),
    );
  });

  it('have each something to copy, a place in the AWS console and what it means, when the site is there', () => {
    const rows = rowsOf(settled);
    assert.equal(rows.length, 4 + 6 + 6 + 3 + 4);
    for (const row of rows) {
      assert.ok(valueOf(row)?.value, JSON.stringify(row));
      assert.match(consoleUrlOf(row) ?? '', /^https:\/\/us-east-1\.console\.aws\.amazon\.com\//);
      if (row.kind === 'detail') assert.ok(row.detail.about, row.detail.label);
    }
    assert.deepEqual(
      rows.flatMap((row) => (row.kind === 'resource' ? [valueOf(row)?.value] : [])),
      ['i-01', 'vol-01', 'sitelift-x', 'E1'],
    );
  });

  it('have neither where there is nothing, but the reason to copy where something cannot be read', () => {
    const have = {
      server: absent,
      volume: absent,
      bucket: absent,
      distribution: { kind: 'unknown', reason: 'denied' },
    };
    const rows = rowsOf(have as SiteHave);
    assert.deepEqual(
      rows.map((row) => [row.kind, valueOf(row)?.value, consoleUrlOf(row)]),
      [...Array<unknown>(4).fill(['resource', undefined, undefined]), ['detail', 'denied', undefined]],
    );
  });

  it('are in the menus to copy and to open in the console just where there is something', () => {
    const menu = contributes.menus['view/item/context'];
    const offers = (command: string) => {
      const when = menu.find((item) => item.command === command)?.when ?? assert.fail(command);
      const pattern = new RegExp(/viewItem =~ \/(.*)\/$/.exec(when)?.[1] ?? assert.fail(when));
      const resources = ['server', 'volume', 'bucket', 'distribution'];
      const values = resources.flatMap((name) =>
        ['absent', 'unknown', 'pending', 'ready', 'ready.disabled'].map((how) => `${name}.${how}`),
      );
      return [...values, 'site', 'next', 'detail', 'detail.console'].filter((value) => pattern.test(value)).length;
    };
    assert.deepEqual([offers('sitelift.copyValue'), offers('sitelift.openInConsole')], [4 * 3 + 2, 4 * 3 + 1]);
  });

  it('offer to disable a distribution that is enabled, and to enable one that is disabled', () => {
    const menu = contributes.menus['view/item/context'];
    const offered = (enabled: boolean, deployed: boolean) => {
      const have = known({ ...distribution, enabled, deployed });
      const { condition, mark } = shown('distribution', { distribution: have });
      const value = ['distribution', condition, ...(mark === undefined ? [] : [mark])].join('.');
      return menu.flatMap(({ command, when }) => {
        const pattern = /viewItem =~ \/(.*)\/$/.exec(when)?.[1];
        return /able/.test(command) && pattern !== undefined && new RegExp(pattern).test(value) ? [command] : [];
      });
    };
    for (const deployed of [true, false]) {
      assert.deepEqual(offered(true, deployed), ['sitelift.disableDistribution']);
      assert.deepEqual(offered(false, deployed), ['sitelift.enableDistribution']);
    }
  });

  it('offer to start, stop and reboot the server just in the states in which that makes sense', () => {
    const states = {
      running: {},
      waking: { online: false, inspection: undefined },
      stopping: { state: 'stopping', online: false, inspection: undefined },
      stopped: { state: 'stopped', online: false, inspection: undefined },
    } as const;
    const offered = (change: object) => {
      const { condition } = shown('server', { server: known({ ...server, ...change }) });
      const items = contributes.menus['view/item/context'].filter(({ group }) => group.startsWith('3_power'));
      return items.flatMap(({ command, when }) => {
        const [, equal, pattern] = /viewItem (?:== (\S+)|=~ \/(.*)\/)$/.exec(when) ?? assert.fail(when);
        const isShown = equal ? equal === `server.${condition}` : new RegExp(pattern ?? '').test(`server.${condition}`);
        return isShown ? [command.replace('sitelift.', '')] : [];
      });
    };
    assert.deepEqual(
      Object.values(states).map((state) => offered(state)),
      [['stopServer', 'rebootServer'], ['stopServer', 'rebootServer'], [], ['startServer']],
    );
  });

  it('say of an address whether it stays, and how to get one that does', () => {
    const about = (address: 'changing' | 'elastic') => {
      const rows = rowsOf({ ...settled, server: known({ ...server, address }) });
      const row = rows.find((one) => one.kind === 'detail' && one.detail.label === 'Address');
      return row?.kind === 'detail' ? row.detail.about : undefined;
    };
    assert.match(about('changing') ?? '', /changes when .*Choose Server Address… gives it one that stays/);
    assert.match(about('elastic') ?? '', /stays when .*Elastic IP address/);
  });

  it('show the name that a distribution was given, where it was given one', () => {
    const labels = (alias: string | undefined) =>
      shown('distribution', { distribution: known({ ...distribution, alias }) }).details.map(
        ({ label, value }) => `${label} ${value}`,
      );
    assert.deepEqual(labels(undefined).slice(0, 2), ['Domain d1.cloudfront.net', 'Distribution E1']);
    assert.deepEqual(labels('www.example.com').slice(0, 2), ['Domain d1.cloudfront.net', 'Name www.example.com']);
  });

  it('say of a geo restriction what readers elsewhere get, and of none how to set one', () => {
    const restriction = (change: object) => {
      const { details } = shown('distribution', { distribution: known({ ...distribution, ...change }) });
      const { about, value } = details.find(({ label }) => label === 'Geo restriction') ?? assert.fail('no detail');
      return `${value}: ${about}`;
    };
    assert.match(restriction({}), /^none: Readers of all countries are let in; Set Geo Restriction…/);
    const only = { geoRestriction: { allow: ['DE', 'AT'] } };
    assert.match(restriction(only), /^only Austria, Germany: CloudFront gives readers elsewhere 403 \(Forbidden\)/);
    const whole = { geoRestriction: { block: ['FR'] }, pagesHost: 'ec2.example' };
    assert.match(
      restriction(whole),
      /^all but France: CloudFront gives readers elsewhere 404\.html with the status 404/,
    );
  });

  it('say in tooltips what a resource is for, what is wrong and what to do next', () => {
    const running = (change: object) => ({ server: known({ ...server, ...change }) });
    const cases: (readonly [keyof SiteHave, Partial<SiteHave>, string, RegExp])[] = [
      ['server', {}, 'running', /^Server: running\nThe EC2 instance .*\nLast started: [^\n]*$/],
      [
        'server',
        running({ inspection: { ...inspection, release: undefined } }),
        'running',
        /Last started: .*\nNext: Publish Site… sends the pages\.$/,
      ],
      ['server', { server: absent }, 'not created', /Next: Provision Server… shows what it would create/],
      ['server', { server: { ...absent, doubt: 'Not allowed.' } }, 'not created', /Not allowed\.\nNext: Refresh/],
      ['volume', { server: { ...absent, doubt: 'Not allowed.' }, volume: absent }, 'not created', /Not allowed\./],
      [
        ...(['server', { server: { ...absent, otherRegion: 'eu-west-1' } }, 'lies in eu-west-1'] as const),
        /Next: put “region” in sitelift\.json back to eu-west-1/,
      ],
      [
        'server',
        running({ state: 'stopped', online: false, inspection: undefined }),
        'stopped',
        /Next: Start Server… starts it/,
      ],
      [
        'server',
        running({ online: false, inspection: undefined }),
        'running · agent starting…',
        /answers after a minute/,
      ],
      [
        'server',
        running({ inspection: { ...inspection, webServer: { installed: false, enabled: false, active: false } } }),
        'running · the web server is not installed, wanted running',
        /Differs: the web server is not installed, wanted running\.\nNext: Provision Server… puts it in order/,
      ],
      [
        'server',
        running({ inspection: undefined, inspectionProblem: 'Denied.' }),
        'running · not looked into',
        /Denied\./,
      ],
      [
        'server',
        running({ drift: [{ what: 'the address', is: '192.0.2.1', wanted: 'one that stays' }] }),
        'running · the address is 192.0.2.1, wanted one that stays',
        /Differs: the address is 192\.0\.2\.1, wanted one that stays\.\nNext: Provision Server…/,
      ],
      [
        'server',
        { server: { ...absent, addresses: [{ ip: '192.0.2.7' }] as never } },
        'not created',
        /still has the Elastic IP address 192\.0\.2\.7, which costs\.\nNext: Provision Server…/,
      ],
      ['volume', {}, 'attached · mounted', /The EBS volume/],
      [
        'volume',
        { volume: known({ ...volume, wanted: { sizeGib: 2 } }) },
        'attached · mounted · the size is 1 GiB, wanted 2 GiB',
        /Differs: the size is 1 GiB, wanted 2 GiB\.\nNext: Provision Volume… puts it in order/,
      ],
      [
        'volume',
        { volume: known({ ...volume, sizeGib: 4 }) },
        'attached · mounted · the size is 4 GiB, wanted 1 GiB',
        /has 4 GiB, and .* 1 GiB\. A volume cannot shrink: write 4 as “volume\.sizeGib”\.(?!.*Next: Provision)/s,
      ],
      [
        'volume',
        { volume: known({ ...volume, wanted: { sizeGib: 1 } }) },
        'attached · mounted · the partition is 250 MiB, wanted 1022 MiB',
        /the partition is 250 MiB, wanted 1022 MiB\.\nNext: Provision Volume…/,
      ],
      [
        'server',
        running({ drift: [{ what: 'the type', is: 'a', wanted: 'b', refusal: 'It cannot become b.' }] }),
        'running · the type is a, wanted b',
        /the type is a, wanted b\.\nIt cannot become b\.(?!.*Next: Provision)/s,
      ],
      [
        'volume',
        running({ inspection: { ...inspection, mount: undefined } }),
        'attached · the mount point is none, wanted /var/www/html',
        /Next: Provision Volume…/,
      ],
      ['volume', { volume: known({ ...volume, attachment: undefined, state: 'error' as const }) }, 'error', /Next: /],
      ['bucket', {}, '1 object', /The private S3 bucket/],
      [
        'bucket',
        { bucket: known({ ...bucket, blocksPublicAccess: false }) },
        '1 object · Block Public Access is not all on, wanted all on',
        /wanted all on\.\nNext: Provision Bucket… puts it in order/,
      ],
      ['distribution', {}, 'Deployed', /The CloudFront distribution/],
      ['distribution', { distribution: known({ ...distribution, deployed: false }) }, 'Deploying…', /takes minutes/],
      [
        'distribution',
        { distribution: known({ ...distribution, readsBucket: false, otherRegion: 'eu-west-1' }) },
        'Deployed · the region of its bucket is eu-west-1, wanted the one of sitelift.json',
        /A site cannot move to another region: put “region” in sitelift\.json back to eu-west-1\.(?!.*Next:)/s,
      ],
      [
        'distribution',
        { distribution: known({ ...distribution, drift: [{ what: 'compression', is: 'off', wanted: 'on' }] }) },
        'Deployed · compression is off, wanted on',
        /compression is off, wanted on\.\nNext: Provision Distribution…/,
      ],
    ];
    const off = (change: object) => ({ distribution: known({ ...distribution, enabled: false, ...change }) });
    cases.push(
      ['distribution', off({}), 'disabled', /do not get the site’s images while it is disabled\.\nNext: Enable Distr/],
      ['distribution', off({ deployed: false }), 'Disabling…', /takes minutes.*Next: Enable Distribution…/s],
      ['distribution', off({ pagesHost: 'ec2.example' }), 'disabled', /do not get the whole site while/],
    );
    for (const [name, change, state, tooltip] of cases) {
      const view = shown(name, change);
      assert.equal(view.state, state);
      assert.match(view.tooltip.join('\n'), tooltip);
      assert.ok(view.tooltip.length > 1, state);
    }
  });

  it('are marked as old, with the time and the reason, while something cannot be read any more', () => {
    const old = { ...known({ ...distribution, deployed: false }), old: 'The network is down.' };
    const view = viewOf('distribution', { ...settled, distribution: old }, { distribution: Date.now() });
    assert.match(view.state, /^Deploying… · as of \d\d:\d\d$/);
    assert.deepEqual(view.icon, { id: 'sync-ignored', tone: 'old' });
    assert.match(view.tooltip.join('\n'), /could not be read since then:\nThe network is down\.\n/);
    const long = new Date('2026-03-01T12:34:00').getTime();
    assert.match(timeText(long, new Date('2026-03-02T01:00:00').getTime()), /1.*, 12:34$/);
    assert.equal(timeText(undefined), 'some time ago');
  });

  it('say what the site costs a month, part by part, once the prices were looked up', () => {
    const cost = (have: SiteHave, prices?: Prices) => {
      const rows = rowsOf(have, prices);
      const row = rows.find(({ kind }) => kind === 'cost');
      const view = row && viewOfCost(row.entry);
      return view && { ...view, copied: row && valueOf(row)?.value };
    };
    assert.equal(cost(settled), undefined);
    const whole = { ...settled, volume: known({ ...volume, volumeType: 'gp3' }) };
    const { copied, details, icon, state, tooltip } = cost(whole, PRICES) ?? assert.fail('no row');
    assert.deepEqual([state, copied, icon], ['about $9.66 a month', state, { id: 'credit-card' }]);
    assert.deepEqual(
      details.map(({ label, value }) => `${label}: ${value}`),
      [
        'server t3.micro, running: $7.30 a month',
        'root disk of the server, 8 GiB gp3: $0.80 a month',
        'public IPv4 address: $1.46 a month',
        'volume, 1 GiB gp3: $0.10 a month',
        'bucket, 1.0 MiB below site/: less than $0.01 a month',
      ],
    );
    assert.deepEqual(
      tooltip.slice(1, 6),
      details.map(({ label, value }) => `${label}: ${value}`),
    );
    assert.match(
      tooltip.join('\n'),
      /^Cost: about .*read on 5 March 2026.*Traffic, requests and taxes are not included\.$/s,
    );
    const children = rowsOf(whole, PRICES).filter(
      (row) => row.kind === 'detail' && row.detail.value.endsWith(' a month'),
    );
    assert.equal(children.length, 5);
  });

  it('mark what the site costs when a price is not known or something could not be read', () => {
    const view = (have: SiteHave) => {
      const row = rowsOf(have, PRICES).find(({ kind }) => kind === 'cost');
      return row && viewOfCost(row.entry);
    };
    const unpriced = view(settled) ?? assert.fail('no row');
    assert.deepEqual([unpriced.state, unpriced.icon.tone], ['at least $9.56 a month', 'attention']);
    const disk = unpriced.details.find(({ value }) => value === 'price not known');
    assert.equal(disk?.about, 'AWS tells it at https://aws.amazon.com/ebs/pricing/');
    const unread = view({ ...settled, server: { kind: 'unknown', reason: 'denied' }, volume: absent });
    assert.equal(unread?.icon.tone, 'attention');
    assert.ok(unread?.tooltip.includes('server: could not be read'));
    const images = { ...settled, server: absent, volume: absent, bucket: known({ ...bucket, objects: new Map() }) };
    assert.deepEqual([view(images)?.state, view(images)?.details], ['nothing but traffic and requests', []]);
    assert.equal(view({ server: absent, volume: absent, bucket: absent, distribution: absent }), undefined);
  });

  it('say the next step, and none while something is not known', () => {
    assert.equal(nextStep({ ...settled, bucket: absent })?.command, 'sitelift.provisionAll');
    assert.equal(nextStep({ ...settled, bucket: absent, server: { kind: 'unknown', reason: '' } }), undefined);
    assert.equal(nextStep({ ...settled, bucket: absent, server: { ...absent, otherRegion: 'eu-west-1' } }), undefined);
    assert.equal(nextStep({ ...settled, bucket: absent, server: { ...absent, doubt: 'Not allowed.' } }), undefined);
    const moved = known({ ...distribution, otherRegion: 'eu-west-1' });
    assert.equal(nextStep({ ...settled, server: absent, distribution: moved }), undefined);
    const unpublished = known({ ...server, inspection: { ...inspection, release: undefined } });
    assert.equal(nextStep({ ...settled, server: unpublished })?.command, 'sitelift.publishSite');
    assert.equal(nextStep({ ...settled, server: known({ ...server, inspection: undefined }) }), undefined);
    const off = known({ ...distribution, enabled: false });
    assert.equal(
      nextStep({ ...settled, server: unpublished, distribution: off })?.command,
      'sitelift.enableDistribution',
    );
    assert.equal(nextStep(settled), undefined);
  });

  it('say how far provisioning has come, whoever began it, and what it waits for', () => {
    const next = (change: Partial<SiteHave>) => nextStep({ ...settled, ...change })?.progress;
    const asleep = { ...server, online: false, inspection: undefined };
    const nothing = { server: absent, volume: absent, bucket: absent, distribution: absent };
    assert.deepEqual(nextStep(nothing), { title: 'Provision All…', command: 'sitelift.provisionAll' });
    assert.equal(next({ ...nothing, bucket: known(bucket) }), '1 of 10 done');
    assert.equal(
      next({ server: known({ ...asleep, state: 'pending' }), volume: absent }),
      '4 of 10 done, waits for the server to start',
    );
    assert.equal(next({ server: known(asleep), volume: absent }), '5 of 10 done, waits for the server’s agent');
    assert.equal(
      next({ server: known({ ...asleep, role: 'lacking', portOpen: false }), volume: absent }),
      '3 of 10 done, waits for the server’s agent',
    );
    const bare = { ...inspection, mount: undefined, webServer: { ...inspection.webServer, active: false } };
    const attaching = { ...volume, attachment: { ...volume.attachment, state: 'attaching' as const } };
    assert.equal(
      next({ server: known({ ...server, inspection: bare }), volume: known(attaching) }),
      '7 of 10 done, waits for the volume to be attached',
    );
    assert.equal(next({ server: known({ ...server, inspection: bare }) }), '8 of 10 done');
    assert.equal(next({ distribution: absent }), '9 of 10 done');
    const blind = known({
      ...server,
      online: false,
      inspection: undefined,
      inspectionProblem: 'SSM could not be asked.',
    });
    assert.equal(nextStep({ ...settled, server: blind }), undefined);
    assert.equal(nextStep({ ...settled, server: known({ ...asleep, state: 'stopped' }) }), undefined);
  });

  it('say of what must be read again that it was not read yet, and claim nothing that it needs', () => {
    const due = { server: known({ ...server, inspection: undefined }) };
    const [one, two] = [shown('server', due), shown('volume', due)];
    assert.deepEqual([one.state, two.state], ['running · not looked into yet', 'attached · mount not read yet']);
    assert.deepEqual([one.icon, two.icon], [{ id: 'vm-outline' }, { id: 'database' }]);
    assert.match(two.tooltip.join('\n'), /has not been read since it was attached\. Next: Refresh reads it\./);
    assert.equal(nextStep({ ...settled, ...due }), undefined);
  });

  it('name one next step where something differs, which puts that in order', () => {
    const drift = [{ what: 'the type', is: 'a', wanted: 'b' }];
    const unmounted = known({ ...server, inspection: { ...inspection, mount: undefined } });
    const cases: readonly (readonly [keyof SiteHave, Partial<SiteHave>, string])[] = [
      ['volume', { server: unmounted }, 'Provision Volume…'],
      ['volume', { volume: known({ ...volume, attachment: undefined }) }, 'Provision Volume…'],
      ['server', { server: known({ ...server, drift, state: 'stopped' }) }, 'Provision Server…'],
      ['distribution', { distribution: known({ ...distribution, drift, enabled: false }) }, 'Provision Distribution…'],
    ];
    for (const [name, change, command] of cases) {
      const tooltip = shown(name, change).tooltip.join('\n');
      assert.deepEqual(tooltip.match(/Next: .*/g), [`Next: ${command} puts it in order.`], tooltip);
      assert.ok(!tooltip.includes('\n\n'));
    }
    const [stopped] = cases.filter(([name]) => name === 'server').map(([name, change]) => shown(name, change));
    assert.ok(stopped?.tooltip.includes('It was stopped, and stays so until it is started.'));
  });

  it('compare with each other only what was read at one time', () => {
    const moved = known({ ...volume, attachment: { ...volume.attachment, instanceId: 'i-99' } });
    const served = known({ ...distribution, pagesHost: 'old.example' });
    const open = known({ ...bucket, policy: { Statement: [] } });
    const have = { ...settled, volume: moved, distribution: served, bucket: open };
    const old = { server: { ...have.server, old: 'x' }, distribution: { ...served, old: 'x' } };
    const differs = (name: keyof SiteHave, change: Partial<SiteHave>) => driftOf(name, { ...have, ...change }).length;
    for (const [name, other] of [
      ['volume', 'server'],
      ['distribution', 'server'],
      ['bucket', 'distribution'],
    ] as const) {
      assert.equal(differs(name, {}), 1, name);
      assert.equal(differs(name, { [other]: old[other] }), 0, name);
      assert.equal(differs(name, { [other]: old[other], [name]: { ...have[name], old: 'x' } }), 1, name);
    }
    assert.equal(nextStep({ ...have, server: old.server })?.command, undefined);
  });

  it('mark every difference with a warning and both values, and what is refused with its reason', () => {
    const odd = {
      what: 'the system',
      is: 'ubuntu-24.04',
      wanted: 'amazon-linux-2023',
      refusal: 'It stays.',
      stops: true as const,
    };
    const two = { ...server, drift: [odd, { what: 'the address', is: 'a', wanted: 'b' }] };
    const { icon, state, tooltip } = shown('server', { server: known(two) });
    assert.deepEqual(icon, { id: 'warning', tone: 'attention' });
    assert.equal(state, 'running · the system is ubuntu-24.04, wanted amazon-linux-2023, and 1 more');
    assert.deepEqual(tooltip.slice(2, 5), [
      'Differs: the system is ubuntu-24.04, wanted amazon-linux-2023.',
      'It stays.',
      'Differs: the address is a, wanted b.',
    ]);
    assert.ok(!tooltip.join('\n').includes('Next: Provision'));
    const elsewhere = { ...volume, attachment: { ...volume.attachment, instanceId: 'i-99' } };
    assert.equal(
      shown('volume', { volume: known(elsewhere), server: known({ ...server, inspection: undefined }) }).state,
      'attached · the attachment is i-99, wanted i-01',
    );
    const device = { ...volume, wanted: { ...volume.wanted, device: '/dev/sdg' } };
    const { tooltip: told } = shown('volume', { volume: known(device) });
    assert.match(
      told.join('\n'),
      /the device name is \/dev\/sdf, wanted \/dev\/sdg\.\n.*Detach Volume… and then Provision/,
    );
    const pages = { ...distribution, pagesHost: 'old.example' };
    assert.match(shown('distribution', { distribution: known(pages) }).state, /is old\.example, wanted ec2\.example$/);
    assert.match(
      shown('bucket', { bucket: known({ ...bucket, policy: { Statement: [] } }) }).state,
      /the reader in the bucket policy is nobody, wanted arn$/,
    );
  });

  it('say to who does not see them what they are, their state, what differs, and what their icons say', () => {
    const spoken = (have: SiteHave, more: object = {}) => {
      const folder = { name: 'demo' } as SiteNode['entry']['folder'];
      const entry = {
        folder,
        site,
        have,
        releases: undefined,
        prices: PRICES,
        readMs: {},
        problem: undefined,
        ...more,
      };
      const rows = allRows([entry]);
      const labels = rows.map(spokenOf);
      labels.forEach((label, index) => {
        assert.match(label, /^\S.*\S$/, JSON.stringify(rows[index]));
        assert.doesNotMatch(label, /undefined|·|\$\(/);
      });
      return { kinds: new Set(rows.map(({ kind }) => kind)), labels };
    };
    const current = {
      ...{ id: 'r1', at: '2026-03-01T12:34:00Z', by: 'me', host: 'here', folder: 'demo' },
      counts: { added: 1, changed: 0, removed: 0 },
    } as NonNullable<NonNullable<SiteNode['entry']['releases']>['current']>;
    const all = spoken({ ...settled, distribution: absent }, { releases: { current, former: [] } });
    const kinds = [...all.kinds, ...spoken(settled).kinds];
    assert.deepEqual([...new Set(kinds)].sort(), ['cost', 'detail', 'next', 'release', 'releases', 'resource']);
    assert.ok(
      all.labels.some((label) => /^Release, .*, live, 1 new$/.test(label)),
      all.labels.join('\n'),
    );
    assert.ok(all.labels.includes('Distribution, not created'));
    assert.ok(spoken(settled).labels.includes('Server, running'));
    const drifted = { ...settled, server: known({ ...server, drift: [{ what: 'the type', is: 'a', wanted: 'b' }] }) };
    assert.ok(spoken(drifted).labels.includes('Server, running, the type is a, wanted b, needs attention'));
    const old = { ...settled, bucket: { ...known(bucket), old: 'No network.' } };
    assert.ok(spoken(old).labels.some((label) => /^Bucket, 1 object, as of .*, may be out of date$/.test(label)));
    const pending = { ...settled, distribution: known({ ...distribution, deployed: false }) };
    assert.ok(spoken(pending).labels.includes('Distribution, Deploying…, in progress'));
    const unknown = { ...settled, volume: { kind: 'unknown', reason: 'denied' } as const };
    assert.ok(spoken(unknown).labels.includes('Volume, cannot be read, needs attention'));
    const folder = { name: 'demo' } as SiteNode['entry']['folder'];
    const entry = {
      folder,
      site,
      have: settled,
      releases: undefined,
      prices: undefined,
      readMs: {},
      problem: undefined,
    };
    assert.equal(spokenOf({ kind: 'site', entry }), 'Site, demo, us-east-1');
    const broken = { ...entry, site: undefined, problem: new Error('bad') };
    assert.equal(spokenOf({ kind: 'site', entry: broken }), 'Site, demo, cannot be read');
  });
});
