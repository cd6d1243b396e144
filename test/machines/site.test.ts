import { RebootInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rewriteBytes } from '../../src/core/html/encoding';
import { rewritePage, rewriteStylesheet } from '../../src/core/html/rewrite';
import { assetUrl, encodePath } from '../../src/core/html/assetUrl';
import { run, stepsOf } from '../../src/core/plan';
import { scan } from '../../src/core/publish/localFiles';
import { planPublish } from '../../src/core/publish/planPublish';
import { runScript } from '../../src/core/remote/ssm';
import { known, type Context, type SiteHave } from '../../src/core/resources/resource';
import { describeSite, planProvision } from '../../src/core/resources/stack';
import { controlPlane, newContext, newOp } from '../core/sandbox';

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
  let folder: string;
  let context: Context;

  const put = async (path: string, content: string | Buffer) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  const describe_ = () => describeSite(context, newOp());
  const provisionAll = async () => {
    const plan = planProvision('all', context, await describe_());
    await run(plan, newOp());
    return stepsOf(plan).map(({ key }) => key);
  };
  const publish = async () => {
    const [have, local] = await Promise.all([describe_(), scan(folder, newOp())]);
    const domain = known(have.distribution)?.domain ?? '';
    const assets = new Set(local.assets.map(({ path }) => path));
    const resolve = (path: string) => (assets.has(path) ? assetUrl(domain, path) : undefined);
    const work = await mkdtemp(join(tmpdir(), 'sitelift-work-'));
    try {
      const rewrite = (bytes: Uint8Array, path: string) =>
        rewriteBytes(bytes, (text) =>
          path.endsWith('.css') ? rewriteStylesheet(text, path, resolve) : rewritePage(text, path, resolve),
        );
      const { plan } = await planPublish(context, have, local, rewrite, work, newOp());
      await run(plan, newOp());
      return stepsOf(plan).map(({ key }) => key);
    } finally {
      await rm(work, { recursive: true });
    }
  };
  const server = (have: SiteHave) => known(have.server) ?? assert.fail('no server');
  const inside = async (script: string) => {
    const { instanceId } = server(await describe_());
    return runScript(context, instanceId, { name: 'test', script, timeoutSeconds: 60 }, newOp());
  };
  const hostName = async () => server(await describe_()).host ?? assert.fail('no address');
  const fetched = (host: string, path: string): { status: string; body: string } => {
    const url = `http://${host}/${path}`;
    // curl fails while the server is away; the status is 000 then.
    const { stdout: out } = spawnSync('curl', ['-s', '--max-time', '60', '-w', '\n%{http_code}', url], {
      encoding: 'utf8',
    });
    const cut = out.lastIndexOf('\n');
    return { status: out.slice(cut + 1), body: out.slice(0, cut) };
  };
  const eventually = async (path: string): Promise<string> => {
    const host = await hostName();
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const answer = fetched(host, path);
      if (answer.status === '200') return answer.body;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    return assert.fail(`${path} does not come`);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-site-'));
    context = newContext((file) => {
      file['volume'] = { sizeGib: 1, partitionMib: 250 };
    });
    await put('images/a.png', PNG);
    for (const [path, content] of Object.entries(HOSTILE)) await put(path, content);
    await provisionAll();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('has a 250 MiB ext4 partition of the attached disk as its document root', async () => {
    const have = await describe_();
    const volume = known(have.volume) ?? assert.fail('no volume');
    const mount = server(have).inspection?.mount ?? assert.fail('nothing is mounted');
    assert.equal(mount.serial, volume.volumeId.replace('-', ''));
    assert.equal(mount.fileSystem, 'ext4');
    assert.equal(mount.sizeBytes, 250 * 1024 * 1024);
    assert.match(await inside('systemctl is-enabled httpd; findmnt -no FSTYPE /var/www/html'), /^enabled\next4/);
  });

  it('is provisioned a second time without any change', async () => {
    await controlPlane().send('DELETE', 'calls');
    assert.deepEqual(await provisionAll(), []);
    const made = (await controlPlane().calls()).filter(({ action }) => CREATING.test(action));
    assert.deepEqual(made, []);
  });

  it('publishes hostile names and contents byte for byte, images by CDN URL', async () => {
    const steps = await publish();
    assert.ok(steps.includes('upload images/a.png'));
    const have = await describe_();
    const { domain } = known(have.distribution) ?? assert.fail('no distribution');
    const host = server(have).host ?? assert.fail('no address');
    for (const [path, content] of Object.entries(HOSTILE)) {
      const answer = fetched(host, encodePath(path));
      const wanted = content
        .replace('src="images/a.png"', `src="https://${domain}/images/a.png"`)
        .replace('url("../images/a.png")', `url("https://${domain}/images/a.png")`);
      assert.equal(answer.status, '200', path);
      assert.equal(answer.body, wanted, path);
    }
    assert.equal(await inside('find / -name PWNED -not -path "/proc/*" 2>/dev/null || true'), '');
  });

  it('redirects a request for an image to the CDN and denies its own folder', async () => {
    const have = await describe_();
    const { domain } = known(have.distribution) ?? assert.fail('no distribution');
    const { host } = server(have);
    const head = (path: string) => execFileSync('curl', ['-sI', `http://${host}/${path}`], { encoding: 'utf8' });
    const redirect = head('images/Gr%C3%BC%C3%9Fe%20%3F.png?x=1');
    assert.match(redirect, /^HTTP\/1.1 302/);
    assert.ok(redirect.includes(`https://${domain}/images/Gr%C3%BC%C3%9Fe%20%3F.png`), redirect);
    assert.match(head('.sitelift/release'), /^HTTP\/1.1 403/);
  });

  it('serves images through the CDN: first Miss, then Hit; the bucket itself denies', async () => {
    const have = await describe_();
    const { domain } = known(have.distribution) ?? assert.fail('no distribution');
    const { name } = known(have.bucket) ?? assert.fail('no bucket');
    const cache = (url: string) => execFileSync('curl', ['-sD-', '-o', '/dev/null', url], { encoding: 'utf8' });
    assert.match(cache(`https://${domain}/images/a.png`), /x-cache: Miss from cloudfront/i);
    assert.match(cache(`https://${domain}/images/a.png`), /x-cache: Hit from cloudfront/i);
    assert.match(cache(`https://${name}.s3.us-east-1.amazonaws.com/site/images/a.png`), /HTTP\/1.1 403/);
  });

  it('has nothing to publish when nothing has changed, and sends what has', async () => {
    assert.deepEqual(await publish(), []);
    await put('images/a.png', Buffer.concat([PNG, Buffer.from([0])]));
    await put('lines.txt', 'changed\n');
    const steps = await publish();
    assert.deepEqual(
      steps.map((key) => key.split(' ')[0]),
      ['note', 'upload', 'pages', 'invalidate'],
    );
    assert.equal(await eventually('lines.txt'), 'changed\n');
  });

  it('comes back by itself after a reboot', async () => {
    const { instanceId } = server(await describe_());
    const boot = (await inside('cat /proc/sys/kernel/random/boot_id')).trim();
    await context.clients.ec2.send(new RebootInstancesCommand({ InstanceIds: [instanceId] }));
    for (let attempt = 0; attempt < 90; attempt += 1) {
      const now = await inside('cat /proc/sys/kernel/random/boot_id').catch(() => boot);
      if (now.trim() !== boot) break;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    assert.notEqual((await inside('cat /proc/sys/kernel/random/boot_id')).trim(), boot);
    assert.equal(await eventually('lines.txt'), 'changed\n');
    assert.match(await inside('findmnt -no FSTYPE /var/www/html'), /^ext4/);
  });

  it('keeps its pages when the server is replaced: same volume, not formatted again', async () => {
    const before = await describe_();
    const uuid = await inside('findmnt -no UUID /var/www/html');
    const { instanceId } = server(before);
    await context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    const steps = await provisionAll();
    assert.ok(steps.includes('instance') && !steps.includes('volume'));
    const after = await describe_();
    assert.notEqual(server(after).instanceId, instanceId);
    assert.equal(known(after.volume)?.volumeId, known(before.volume)?.volumeId);
    assert.equal(await inside('findmnt -no UUID /var/www/html'), uuid);
    assert.equal(await eventually('lines.txt'), 'changed\n');
    assert.deepEqual(
      (await publish()).map((key) => key.split(' ')[0]),
      ['pages'],
    );
    assert.deepEqual(await publish(), []);
  });
});
