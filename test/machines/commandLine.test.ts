import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildExtension } from '../../esbuild';
import { inSequence } from '../setup/sequence';
import { eventually, newSite, type SiteDriver } from './siteDriver';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the command line', function () {
  this.timeout(900_000);
  inSequence(this);
  let site: SiteDriver;
  let work: string;
  let releases: readonly { readonly at: string; readonly id: string }[] = [];

  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'sitelift-command-line-'));
    await buildExtension({ outdir: join(work, 'dist') });
    site = await newSite(() => undefined);
    await writeFile(join(site.folder, 'sitelift.json'), JSON.stringify(site.context.site));
    await site.put('index.html', '<!doctype html><img src="images/a.png">one\n');
    await site.put('images/a.png', 'a');
    await site.provision();
  });
  after(async () => {
    await site.remove();
    await rm(work, { recursive: true });
  });

  const sitelift = async (command: string, ...args: readonly string[]): Promise<Ended> => {
    const { account } = site.context.site;
    const given = [command, ...(args.includes('--account') ? [] : ['--account', account]), '--folder', site.folder];
    const env = { ...process.env, XDG_CACHE_HOME: join(work, 'cache') };
    return promisify(execFile)(process.execPath, [join(work, 'dist', 'cli.js'), ...given, ...args], { env }).then(
      (told) => ({ code: 0, ...told }),
      (error: unknown) => error as Ended,
    );
  };
  const json = async (command: string, ...args: readonly string[]) => {
    const { stdout } = await sitelift(command, '--json', ...args);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const page = async () => eventually((await site.server()).host, 'index.html');

  it('tells the plan and does nothing, with an end of its own when there is something to do', async () => {
    const { code, stdout } = await sitelift('plan', '--check');
    assert.equal(code, 3);
    assert.match(stdout, /^To do: 1 page or other file to put in place, 1 of 1 asset to upload\.$/m);
    assert.match(stdout, /^- upload images\/a\.png \(new\)$/m);
    assert.equal((await site.ledger()).current, undefined);
  });

  it('publishes, and finds nothing to do the second time', async () => {
    const first = await json('publish');
    assert.match(String(first['url']), /^http:\/\/ec2-/);
    // One page and one image, both as they were published.
    assert.deepEqual(first['outside'], [
      { kind: 'page', path: 'index.html', url: `${String(first['url'])}index.html` },
      { kind: 'asset', path: 'images/a.png', url: `https://${String(first['domain'])}/images/a.png` },
    ]);
    assert.match(await page(), /src="https:\/\/[^"]*\/images\/a\.png">one/);
    const again = await json('publish');
    assert.deepEqual([again['steps'], again['release']], [[], first['release']]);
    assert.equal((await sitelift('plan', '--check')).code, 0);
  });

  it('tells the releases, brings one back, and verifies it', async () => {
    await site.put('index.html', 'two\n');
    const published = await sitelift('publish');
    assert.equal(published.code, 0, published.stderr);
    assert.match(published.stdout, /^Published “.*”: 1 page changed\.$/m);
    assert.match((await sitelift('publish')).stdout, /^Up to date: 1 page or other file, 1 asset\.$/m);
    const status = await json('status');
    releases = [status['current'], ...(status['former'] as unknown[])] as typeof releases;
    assert.equal(releases.length, 2);
    const { code, stderr, stdout } = await sitelift('rollback', '--to', '1');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Seen from outside as it was published: http:\/\/ec2-\S+\/index\.html$/m);
    assert.match(await page(), /one$/m);
    assert.equal((await json('verify'))['isWhole'], true);
    assert.equal((await sitelift('rollback', '--to', releases[0]?.id.slice(0, 12) ?? '')).code, 0);
    assert.equal(await page(), 'two\n');
    const none = await sitelift('rollback', '--to', 'nothing');
    assert.deepEqual([none.code, none.stdout], [1, '']);
    assert.match(none.stderr, /No release “nothing” is kept/);
  });

  it('refuses another account, many removals, and what it does not understand, and changes nothing', async () => {
    const other = await sitelift('publish', '--account', '999999999999');
    assert.equal(other.code, 1);
    assert.match(other.stderr, /--account says 999999999999, but the site .* belongs to 123456789012/);
    for (let index = 0; index < 12; index += 1) await site.put(`old/${index}.html`, 'old');
    await sitelift('publish');
    for (let index = 0; index < 12; index += 1) await site.drop(`old/${index}.html`);
    const refused = await sitelift('publish');
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /More than ten files and more than a tenth of the site would be removed.*--allow-removals/,
    );
    assert.equal(await eventually((await site.server()).host, 'old/1.html'), 'old');
    assert.equal((await sitelift('publish', '--allow-removals')).code, 0);
    assert.equal((await sitelift('publish', '--frobnicate')).code, 2);
  });

  it('publishes with hashed names, which load through the edge, also what earlier releases have', async () => {
    const file = { ...site.context.site, assets: { naming: 'hashed' } };
    await writeFile(join(site.folder, 'sitelift.json'), JSON.stringify(file));
    await site.put('index.html', '<!doctype html><img src="images/a.png">hashed\n');
    const urls: string[] = [];
    for (const content of ['a', 'another']) {
      await site.put('images/a.png', content);
      assert.equal((await sitelift('publish')).code, 0);
      urls.push(/src="(https:\/\/[^"]*\/images\/a\.[\da-f]{16}\.png)">hashed/.exec(await page())?.[1] ?? assert.fail());
    }
    const loaded = async (url: string) => {
      const { stdout } = await promisify(execFile)('curl', ['-sS', '-i', '--max-time', '60', url]);
      // A proxy's own answer comes first.
      const [head = '', body] = stdout.split('\r\n\r\n').slice(-2);
      return [/^cache-control: (.*?)\r?$/im.exec(head)?.[1], body];
    };
    const lasting = 'public, max-age=31536000, immutable';
    assert.deepEqual(await Promise.all(urls.map(loaded)), [
      [lasting, 'a'],
      [lasting, 'another'],
    ]);
    const { isWhole, other } = (await json('verify')) as { isWhole: boolean; other: { paths: readonly string[] } };
    assert.deepEqual([isWhole, other.paths.filter((path) => path.includes('images/'))], [true, []]);
    assert.equal((await sitelift('rollback', '--to', '1')).code, 0);
    assert.ok((await page()).includes(`src="${urls[0]}"`));
    assert.equal((await json('verify'))['isWhole'], true);
  });
});
