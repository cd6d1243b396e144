import { RebootInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { waitFor } from '../../src/core/aws/wait';
import { encodePath } from '../../src/core/html/assetUrl';
import { bucketName } from '../../src/core/names';
import { run } from '../../src/core/plan';
import { waitUntilDeployed } from '../../src/core/resources/distribution/distribution';
import { known } from '../../src/core/resources/resource';
import type { ServerHave } from '../../src/core/resources/server/server';
import { planProvision } from '../../src/core/resources/planProvision';
import { describeSite, type SiteHave } from '../../src/core/resources/stack';
import { controlPlane, newOp } from '../core/sandbox';
import { eventually, fetched, newSite, type SiteDriver } from './siteDriver';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const CREATING = /^(Run|Create|Put|Attach|Add|Authorize|Start|Allocate|Associate|Modify|Update|Delete)/;

/** Names and contents that a careless script would turn into code or lose. */
const HOSTILE: Readonly<Record<string, string>> = {
  'index.html': '<!doctype html><title>demo</title><img src="images/a.png"><link rel=stylesheet href=css/style.css>\n',
  'css/style.css': 'body { background: url("../images/a.png") }\n',
  'with space.html': 'space\n',
  'it\'s “quoted” "twice".html': 'quotes\n',
  '$(touch PWNED) `id` ;&|.html': 'substitution\n',
  'Grüße/überall/ÄÖÜ ß.html': 'umlauts\n',
  'emoji 🏔️.html': 'emoji\n',
  '-rf.html': 'dash\n',
  '*.html': 'star\n',
  'back\\slash.txt': 'backslash\n',
  'lines.txt': 'one\n\n$(id)\r\n\ttwo\n',
  [`${'deep/'.repeat(20)}page.html`]: 'deep\n',
  [`${'long-name-'.repeat(20)}.html`]: 'long\n',
  'empty.txt': '',
};

describe('a site on a real server', function () {
  this.timeout(900_000);
  let site: SiteDriver;
  let firstSteps: readonly string[];
  let domain: string;
  const host = async () => (await site.server()).host;

  before(async () => {
    site = await newSite((file) => {
      file['volume'] = { sizeGib: 1, partitionMib: 250 };
    });
    await site.put('images/a.png', PNG);
    for (const [path, content] of Object.entries(HOSTILE)) await site.put(path, content);
    await site.provision();
    firstSteps = await site.publish();
    domain = (await waitUntilDeployed(site.context, newOp())).domain;
  });
  after(() => site.remove());

  it('has a 250 MiB ext4 partition of the attached disk as its document root', async () => {
    const have = await site.describe();
    const volume = known(have.volume) ?? assert.fail('no volume');
    const mount = known(have.server)?.inspection?.mount ?? assert.fail('nothing is mounted');
    assert.equal(mount.serial, volume.volumeId.replace('-', ''));
    assert.equal(mount.fileSystem, 'ext4');
    assert.equal(mount.sizeBytes, 250 * 1024 * 1024);
    assert.match(await site.inside('systemctl is-enabled httpd; findmnt -no FSTYPE /var/www/html'), /^enabled\next4/);
  });

  it('is provisioned a second time without any change', async () => {
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await site.provision(), []);
    const made = (await controlPlane().calls()).filter(({ action }) => CREATING.test(action));
    assert.deepEqual(made, []);
  });

  it('publishes hostile names and contents byte for byte, images by CDN URL', async () => {
    assert.deepEqual(words(firstSteps), ['turn', 'upload', 'pages', 'release']);
    const address = await host();
    for (const [path, content] of Object.entries(HOSTILE)) {
      const answer = fetched(address, encodePath(path));
      const wanted = content
        .replace('src="images/a.png"', `src="https://${domain}/images/a.png"`)
        .replace('url("../images/a.png")', `url("https://${domain}/images/a.png")`);
      assert.equal(answer.status, '200', path);
      assert.equal(answer.body, wanted, path);
    }
    assert.equal(await site.inside('find / -name PWNED -not -path "/proc/*" 2>/dev/null || true'), '');
  });

  it('redirects a request for an image to the CDN and denies its own folder', async () => {
    const address = await host();
    const head = (path: string) => execFileSync('curl', ['-sI', `http://${address}/${path}`], { encoding: 'utf8' });
    const redirect = head('images/Gr%C3%BC%C3%9Fe%20%3F.png?x=1');
    assert.match(redirect, /^HTTP\/1.1 302/);
    assert.ok(redirect.includes(`https://${domain}/images/Gr%C3%BC%C3%9Fe%20%3F.png`), redirect);
    assert.match(head('.sitelift/release'), /^HTTP\/1.1 403/);
  });

  it('serves images through the CDN: first Miss, then Hit; the bucket itself denies', async () => {
    const name = bucketName(site.context.site);
    await site.put('images/unseen.png', PNG);
    await site.publish();
    const cache = (url: string) => execFileSync('curl', ['-sD-', '-o', '/dev/null', url], { encoding: 'utf8' });
    assert.match(cache(`https://${domain}/images/unseen.png`), /x-cache: Miss from cloudfront/i);
    assert.match(cache(`https://${domain}/images/unseen.png`), /x-cache: Hit from cloudfront/i);
    assert.match(cache(`https://${name}.s3.us-east-1.amazonaws.com/site/images/unseen.png`), /HTTP\/1.1 403/);
  });

  it('has nothing to publish when nothing has changed, and sends what has', async () => {
    await site.publish();
    assert.deepEqual(await site.publish(), []);
    await site.put('images/a.png', Buffer.concat([PNG, Buffer.from([0])]));
    await site.put('lines.txt', 'sent\n');
    const steps = await site.publish();
    assert.deepEqual(words(steps), ['turn', 'keep', 'upload', 'pages', 'invalidate', 'release']);
    assert.equal(await eventually(await host(), 'lines.txt'), 'sent\n');
  });

  it('changes nothing on the server where a file would replace a folder or go through a link', async () => {
    await site.put('lines.txt', 'before\n');
    await site.publish();
    await site.inside('mkdir /var/www/html/clash.html; ln -s /etc /var/www/html/linked');
    await site.put('clash.html', 'page\n');
    await site.put('lines.txt', 'after\n');
    await assert.rejects(
      site.publish(),
      /has a file where you have a folder, or the reverse: “clash.html”.*No page was changed/,
    );
    await site.inside('rmdir /var/www/html/clash.html');
    await site.put('linked/page.html', 'page\n');
    await assert.rejects(site.publish(), /has a symbolic link where .*: “linked”\. .*no page was changed/);
    assert.equal(await eventually(await host(), 'lines.txt'), 'before\n');
    await site.inside('rm /var/www/html/linked');
    await site.publish();
    assert.equal(await eventually(await host(), 'linked/page.html'), 'page\n');
  });

  it('sends all pages when others are on the server than was believed, also after placing was cut short', async () => {
    await site.publish();
    await site.inside('cd /var/www/html; echo other >lines.txt; echo other >.sitelift/placing');
    await site.put('empty.txt', 'no more');
    assert.deepEqual(words(await site.publish()), ['turn', 'pages', 'release']);
    assert.notEqual(await eventually(await host(), 'lines.txt'), 'other\n');
    assert.equal(await eventually(await host(), 'empty.txt'), 'no more');
    assert.deepEqual(await site.publish(), []);
  });

  it('tells on demand what other hands have changed, and puts it right', async () => {
    assert.equal((await site.verify()).isWhole, true);
    await site.inside('cd /var/www/html; echo other >lines.txt; rm empty.txt; echo theirs >theirs.txt');
    const found = await site.verify();
    assert.deepEqual(
      [found.isWhole, found.isOtherRelease, found.changed.paths, found.missing.paths, found.other.paths],
      [false, false, ['lines.txt'], ['empty.txt'], ['theirs.txt']],
    );
    assert.deepEqual(await site.publish(), []);
    assert.deepEqual(words(await site.publishEverything()), ['turn', 'pages', 'release']);
    const { isWhole, other } = await site.verify();
    assert.deepEqual([isWhole, other.paths], [true, ['theirs.txt']]);
    assert.equal(await eventually(await host(), 'empty.txt'), 'no more');
    await site.inside('rm /var/www/html/theirs.txt');
  });

  it('removes what is gone from the folder, and brings it back with the release that had it', async () => {
    await site.put('news/today.html', 'today\n');
    await site.put('images/today.png', PNG);
    await site.publish();
    const { current } = await site.ledger();
    await site.drop('news/today.html');
    await site.drop('images/today.png');
    assert.deepEqual(words(await site.publish()), ['turn', 'keep', 'pages', 'remove', 'invalidate', 'release']);
    assert.equal(fetched(await host(), 'news/today.html').status, '404');
    assert.equal(await site.inside('ls -d /var/www/html/news 2>/dev/null || true'), '');
    const image = () =>
      execFileSync('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', `https://${domain}/images/today.png`], {
        encoding: 'utf8',
      });
    assert.equal(image(), '403');
    const steps = await site.rollback(current?.at ?? assert.fail('nothing was published'));
    assert.deepEqual(words(steps), ['turn', 'upload', 'pages', 'invalidate', 'release']);
    assert.equal(await eventually(await host(), 'news/today.html'), 'today\n');
    // The edges have been told to forget that it is gone, and need a moment.
    const isBack = () => Promise.resolve(image() === '200' ? true : undefined);
    await waitFor('the image to be back', isBack, { limitSeconds: 60 }, newOp());
    assert.equal((await site.verify()).isWhole, true);
  });

  it('publishes one changed page with one command on the server, in eight calls and a few looks at it', async () => {
    await site.publish();
    await site.put('lines.txt', 'counted\n');
    await controlPlane().send('DELETE', 'calls');
    await site.publish();
    const actions = (await controlPlane().calls()).map(({ action }) => action);
    assert.equal(actions.filter((action) => action === 'SendCommand').length, 1);
    // How often the command is looked at hangs on how fast the machine is; see ssm.test.ts.
    const others = actions.filter((action) => action !== 'GetCommandInvocation');
    assert.ok(others.length <= 8, actions.join(' '));
  });

  it('tells what a look inside the server would find after a publication, and that the bucket has other objects', async () => {
    await site.publish();
    const before = await site.describe();
    await site.put('large.txt', '1234567\n'.repeat(1_000_000));
    await site.publish();
    const after = await site.describe();
    assert.notDeepEqual(before.server, after.server);
    const told = site.effect()(before);
    assert.deepEqual(withoutSpace(told.site), withoutSpace(after));
    const differenceBytes = Math.abs(freeBytes(told.site) - freeBytes(after));
    assert.ok(differenceBytes < 64 * 1024, `${differenceBytes}`);
    assert.deepEqual(told.reread, []);
    const { server } = before;
    const have = { ...known(server), inspection: undefined } as ServerHave;
    assert.deepEqual(site.effect()({ ...before, server: { kind: 'known', have } }).reread, ['server']);
    await site.put('images/more.png', PNG);
    await site.publish();
    assert.deepEqual(site.effect()(before), { site: before, reread: ['bucket'] });
    await site.drop('large.txt');
    await site.drop('images/more.png');
    await site.publish();
    assert.deepEqual(site.effect()(before).reread, ['bucket']);
  });

  it('tells with a publication that the web server is down', async () => {
    await site.publish();
    const before = await site.describe();
    assert.equal(known(before.server)?.inspection?.webServer.active, true);
    await site.inside('systemctl stop httpd 2>/dev/null || systemctl stop apache2');
    await site.put('lines.txt', 'down\n');
    await site.publish();
    const { server } = site.effect()(before).site;
    assert.equal(known(server)?.inspection?.webServer.active, false);
    await site.inside('systemctl start httpd 2>/dev/null || systemctl start apache2');
  });

  it('comes back by itself after a reboot, with the same settings in force', async () => {
    await site.put('lines.txt', 'before the reboot\n');
    await site.publish();
    const settings = async () => known((await site.describe()).server)?.inspection?.settings;
    const before = await settings();
    assert.match(before ?? '', /^[\da-f]{64}$/);
    const { instanceId } = await site.server();
    const boot = (await site.inside('cat /proc/sys/kernel/random/boot_id')).trim();
    await site.context.clients.ec2.send(new RebootInstancesCommand({ InstanceIds: [instanceId] }));
    for (let attempt = 0; attempt < 90; attempt += 1) {
      const now = await site.inside('cat /proc/sys/kernel/random/boot_id').catch(() => boot);
      if (now.trim() !== boot) break;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    assert.notEqual((await site.inside('cat /proc/sys/kernel/random/boot_id')).trim(), boot);
    assert.equal(await eventually(await host(), 'lines.txt'), 'before the reboot\n');
    assert.match(await site.inside('findmnt -no FSTYPE /var/www/html'), /^ext4/);
    assert.equal(await settings(), before);
  });

  it('keeps its pages when the server is replaced: same volume, not formatted again', async () => {
    await site.put('lines.txt', 'before the replacement\n');
    await site.publish();
    const before = await site.describe();
    const uuid = await site.inside('findmnt -no UUID /var/www/html');
    const { instanceId } = known(before.server) ?? assert.fail('no server');
    await site.context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    const steps = await site.provision();
    assert.ok(steps.includes('instance') && !steps.includes('volume'));
    const after = await site.describe();
    assert.notEqual(known(after.server)?.instanceId, instanceId);
    assert.equal(known(after.volume)?.volumeId, known(before.volume)?.volumeId);
    assert.equal(await site.inside('findmnt -no UUID /var/www/html'), uuid);
    assert.equal(await eventually(await host(), 'lines.txt'), 'before the replacement\n');
    // Pages and settings came with the volume, so that only the server is noted anew.
    assert.deepEqual(words(await site.publish()), ['turn', 'release']);
    assert.deepEqual(await site.publish(), []);
  });

  it('is published to and answers at an address that stays, once it was asked for one', async () => {
    const { clients, site: file } = site.context;
    const asking = { clients, site: { ...file, server: { ...file.server, address: 'elastic' as const } } };
    const former = await host();
    await run(planProvision('server', asking, await describeSite(asking, newOp())), newOp());
    assert.notEqual(await host(), former);
    await site.put('lines.txt', 'at an address that stays\n');
    await site.publish();
    assert.equal(await eventually(await host(), 'lines.txt'), 'at an address that stays\n');
  });
});

/** The first words of steps' keys. */
function words(keys: readonly string[]): string[] {
  return keys.map((key) => key.split(' ')[0] ?? '');
}

/** A site as it was read, without how much room its volume has. */
function withoutSpace(site: SiteHave): unknown {
  return JSON.parse(JSON.stringify(site, (key, value: unknown) => (key === 'freeBytes' ? undefined : value)));
}

function freeBytes({ server }: SiteHave): number {
  return known(server)?.inspection?.mount?.freeBytes ?? assert.fail('nothing is mounted');
}
