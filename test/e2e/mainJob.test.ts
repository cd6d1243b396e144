import assert from 'node:assert/strict';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPage, type LoadedPage } from './loadedPage';
import { createSite, openSite, provisionAll, publishSite, siteAddress } from './mainJob';
import { inSequence } from '../setup/sequence';
import { startSession, type Session } from './session';
import { SCREENSHOTS, type Workbench } from './workbench';

const SAMPLE = join(__dirname, '..', 'fixtures', 'sample-site');
const CHANGING = /^(Run|Create|Put|Attach|Add|Authorize|Start|Allocate|Associate|Modify|Update|Delete|Send)/;

describe('the main job, in the workbench', function () {
  this.timeout(1_200_000);
  inSequence(this);
  let session: Session;
  let workbench: Workbench;

  before(async () => {
    session = await startSession({ siteFolder: SAMPLE, sandbox: { machines: true } });
    workbench = await session.openWorkbench();
  });

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.log(`A picture of it: ${await workbench.screenshot('failed')}`);
    console.log(await session.extensionLog());
  });

  after(() => session?.close());

  const changes = async (): Promise<string[]> =>
    (await session.sandbox.calls()).map(({ action }) => action).filter((action) => CHANGING.test(action));
  const pagePaths = async (): Promise<string[]> =>
    (await readdir(SAMPLE, { recursive: true })).filter((path) => path.endsWith('.html')).sort();
  const siteFile = async () =>
    JSON.parse(await readFile(join(session.workspace, 'sitelift.json'), 'utf8')) as {
      id: string;
      account: string;
      region: string;
    };

  let address = '';
  const visit = (path: string): Promise<LoadedPage> => loadPage(session.browser.context, `${address}${path}`);

  it('says the next step in a folder that is no site', async () => {
    await workbench.showView('Sitelift');
    await workbench.welcome().filter({ hasText: 'Create Site…' }).waitFor();
    await workbench.screenshot('welcome');
  });

  it('creates a site by a few answers, and nothing in AWS', async () => {
    await createSite(workbench, 'Far Shores');
    for (const label of ['Server', 'Volume', 'Bucket', 'Distribution']) {
      assert.equal(await workbench.tree().text(label), `${label} not created`);
    }
    await workbench.screenshot('tree-before');
    assert.deepEqual(await changes(), []);
  });

  it('provisions what the plan said, with account and region above it', async () => {
    const plan = await provisionAll(workbench);
    const { account, region } = await siteFile();
    for (const part of [account, region, 'launch', 'CloudFront distribution', 'formats only a blank volume']) {
      assert.ok(plan.includes(part), `${part} in: ${plan}`);
    }
    await workbench.screenshot('tree-after');
  });

  it('shows details beneath a resource', async () => {
    await workbench.tree().expand('Volume');
    await workbench.tree().waitForText('Mounted', /on \/var\/www\/html \(ext4\)/);
    await workbench.screenshot('tree-details');
    await workbench.tree().collapse('Volume');
  });

  it('publishes, and tells how much', async () => {
    const summary = await publishSite(workbench);
    assert.match(
      summary,
      /Published “Far Shores”: \d+ pages and other files on the server, (\d\d) of \1 assets uploaded\./,
    );
    await workbench.screenshot('published');
  });

  it('gives readers every page with all its images from the CDN, a Miss at first and then Hits', async () => {
    address = await siteAddress(workbench);
    assert.match(address, /^http:\/\/ec2-[\d-]+\.compute-1\.amazonaws\.com\/$/);
    const seen = new Set<string>();
    for (const path of await pagePaths()) {
      const first = await visit(path);
      assert.equal(first.status, 200, path);
      assert.ok(first.images.length > 0, `${path} has images`);
      for (const { url, complete, cache } of first.images) {
        assert.ok(complete, `${url} on ${path} is complete`);
        assert.match(url, /^https:\/\/[a-z0-9]+\.cloudfront\.net\//, path);
        assert.equal(cache, seen.has(url) ? 'Hit from cloudfront' : 'Miss from cloudfront', `${url} on ${path}`);
      }
      for (const { url } of first.images) seen.add(url);
      for (const { url, cache } of (await visit(path)).images)
        assert.equal(cache, 'Hit from cloudfront', `${url} again`);
    }
    await loadPage(session.browser.context, address, join(SCREENSHOTS, 'published-page.png'));
  });

  it('opens the site', async () => {
    const page = await openSite(workbench);
    assert.equal(page.url(), address);
    assert.match(await page.title(), /Far Shores/);
    await page.close();
  });

  it('lets nobody read the bucket directly', async () => {
    const { id, account, region } = await siteFile();
    const page = await session.browser.context.newPage();
    const answer = await page.goto(
      `https://sitelift-${id}-${account}-${region}.s3.${region}.amazonaws.com/site/images/hero.jpg`,
    );
    assert.equal(answer?.status(), 403);
    await page.close();
  });

  it('left the sources as they were', async () => {
    for (const path of await pagePaths()) {
      assert.deepEqual(await readFile(join(session.workspace, path)), await readFile(join(SAMPLE, path)), path);
    }
  });

  it('rewrites one image to its CDN URL from the light bulb, and nothing else', async () => {
    const before = await readFile(join(session.workspace, 'about.html'), 'utf8');
    const line = before.split('\n').findIndex((text) => /<img[^>]* src="/.test(text));
    const column = (before.split('\n')[line] ?? '').indexOf('<img') + 3;
    await workbench.openFile('about.html');
    await workbench.goTo(line + 1, column);
    const actions = await workbench.openLightBulb();
    await actions.filter({ hasText: 'Use CDN URL for' }).first().waitFor();
    await workbench.screenshot('light-bulb');
    await actions.filter({ hasText: 'Use CDN URL for' }).first().click();
    await workbench.save();
    const after = await readFile(join(session.workspace, 'about.html'), 'utf8');
    const source = /<img[^>]* src="([^"]*)"/;
    assert.match(source.exec(after)?.[1] ?? '', /^https:\/\/[a-z0-9]+\.cloudfront\.net\//);
    assert.equal(after.replace(source.exec(after)?.[1] ?? '', source.exec(before)?.[1] ?? ''), before);
  });

  it('uploads images from the context menu of the explorer, and gives their URL', async () => {
    await copyFile(join(session.workspace, 'images', 'hero.jpg'), join(session.workspace, 'a new picture.jpg'));
    await workbench.showView('Explorer');
    await workbench.explorer().row('a new picture.jpg').waitFor();
    await workbench.explorer().chooseFromMenu('a new picture.jpg', 'Upload to CDN');
    await workbench.answerDialog('Upload');
    await workbench.answerNotification('Uploaded a new picture.jpg', 'Copy URL');
    const url = await workbench.clipboard(/^https:\/\/[a-z0-9]+\.cloudfront\.net\/a%20new%20picture\.jpg$/);
    const page = await session.browser.context.newPage();
    assert.equal((await page.goto(url))?.status(), 200);
    await page.close();
  });

  it('changes nothing when everything is provisioned once more', async () => {
    await session.sandbox.clearCalls();
    await workbench.runCommand('Sitelift: Provision All…');
    await workbench.notification('Nothing to do').waitFor();
    assert.deepEqual(
      (await changes()).filter((action) => action !== 'SendCommand'),
      [],
    );
  });

  it('shows the same in a dark theme', async () => {
    await workbench.chooseTheme('Dark Modern');
    await workbench.showView('Sitelift');
    await workbench.tree().waitForText('Distribution', /^Distribution Deployed$/);
    await workbench.screenshot('tree-dark');
  });
});
