import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inSequence } from '../setup/sequence';
import { until } from '../vscode/until';
import { loadPage } from './loadedPage';
import { createSite, openSite, provisionAll, publishSite } from './mainJob';
import { startSession, type Session } from './session';
import { THEME_WORDS, type Workbench } from './workbench';

const SAMPLE = join(__dirname, '..', 'fixtures', 'sample-site');
/** A name that holds the hash of an image’s content. */
const HASHED = /^https:\/\/\w+\.cloudfront\.net\/images\/.+\.[\da-f]{16}\.\w+$/;
const QUESTION = 'Public address of the server';

describe('a whole site behind CloudFront, in the workbench', function () {
  this.timeout(1_200_000);
  inSequence(this);
  let session: Session;
  let workbench: Workbench;
  let address = '';

  before(async () => {
    session = await startSession({ siteFolder: SAMPLE, sandbox: { machines: true } });
    workbench = await session.openWorkbench();
  });
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.log(`A picture of it: ${await workbench.screenshot('whole-failed')}`);
    console.log(await session.extensionLog());
  });
  after(() => session?.close());

  const siteFile = () => join(session.workspace, 'sitelift.json');
  const readSiteFile = async () =>
    JSON.parse(await readFile(siteFile(), 'utf8')) as { distribution: { serves: string }; server: { address: string } };
  /** Reads a page as a person does; all of its images are there. */
  const read = async (path: string) => {
    const page = await loadPage(session.browser.context, address + path);
    assert.equal(page.status, 200, path);
    assert.deepEqual(
      page.images.filter(({ complete }) => !complete),
      [],
    );
    return page;
  };

  it('is created by choosing that, with an address that stays', async () => {
    await createSite(workbench, 'Far Shores', 'The whole site');
    const { distribution, server } = await readSiteFile();
    assert.deepEqual([distribution.serves, server.address], ['site', 'elastic']);
  });

  it('shows as a table what provisioning would do, and what it would cost a month', async () => {
    const table = workbench.page.getByText('Cost a month').first();
    await workbench.runCommand('Sitelift: Show Plan', table, workbench.progress());
    await table.waitFor();
    const text = (await workbench.visibleText()).replaceAll('\u00a0', ' ');
    assert.match(text, /Account 123456789012, region us-east-1/);
    assert.match(text, /launch t3\.micro server.*\+\$\d+\.\d\d/);
    assert.match(text, /Cost afterwards: about \$\d+\.\d\d a month/);
    for (const theme of THEME_WORDS) {
      await workbench.chooseTheme(theme);
      await table.waitFor();
      await workbench.screenshot(`show-plan-${theme}`);
    }
    assert.equal(workbench.clicks, 0);
  });

  it('is provisioned by a plan that tells what the address costs', async () => {
    const plan = await provisionAll(workbench);
    await workbench.tree().waitForText('Cost', /^Cost about \$\d+\.\d\d a month$/);
    await workbench.screenshot('whole-tree');
    assert.match(plan, /Elastic IP address.*\+\$\d+\.\d\d a month/);
    assert.match(plan, /in front of server and bucket \(the whole site, by HTTPS\)/);
  });

  it('is published with hashed names, and the plan tells which redirects readers do not get', async () => {
    await writeFile(
      siteFile(),
      JSON.stringify({ ...(await readSiteFile()), assets: { naming: 'hashed' } }, undefined, 2),
    );
    await writeFile(
      join(session.workspace, '_redirects'),
      '/diary/* /journal/:splat\n/images/old.jpg /images/hero.jpg\n',
    );
    await publishSite(workbench);
    assert.match(await session.extensionLog(), /_redirects redirects \/images\/old\.jpg, but readers get no redirect/);
  });

  it('opens at the distribution’s address, and loads all images under their hashed names', async () => {
    const page = await openSite(workbench);
    address = page.url();
    assert.match(address, /^https:\/\/\w+\.cloudfront\.net\/$/);
    await page.close();
    for (const path of ['', 'gallery', 'journal/aurora']) {
      const { images } = await read(path);
      assert.ok(images.length > 0 && images.some(({ url }) => HASHED.test(url)), path);
      for (const { url } of images) assert.match(url, HASHED);
    }
    const moved = await session.browser.context.newPage();
    await moved.goto(`${address}diary/aurora`);
    assert.equal(new URL(moved.url()).pathname, '/journal/aurora');
    await moved.close();
  });

  it('goes on at a changing address, which its distribution follows', async () => {
    await workbench.runCommand('Sitelift: Choose Server Address…', workbench.question(QUESTION), workbench.progress());
    await workbench.waitForQuestion(QUESTION);
    await workbench.screenshot('whole-address');
    await workbench
      .entry('Elastic IP address, which stays')
      .getByText(/\$\d+\.\d\d a month, also while the server is stopped/)
      .waitFor();
    await workbench.pick('Changing address');
    await workbench.dialog().waitFor();
    await workbench.screenshot('whole-address-plan');
    const plan = await workbench.answerDialog('Provision');
    assert.match(plan, /release .*address/);
    await workbench.notification(/\d+ steps? done/).waitFor();
    assert.equal((await readSiteFile()).server.address, 'changing');
    // What the edges do not have yet comes from the server, where that now is.
    session.sandbox.clearEdge();
    await read('gallery');
  });

  it('looks right in a dark theme as well', async () => {
    await workbench.chooseTheme('dark');
    await workbench.showView('Sitelift');
    await workbench.tree().expand('Distribution');
    await workbench.screenshot('whole-tree-dark');
    const about = join(session.workspace, 'about.html');
    await writeFile(about, (await readFile(about, 'utf8')).replace('</body>', '<p id="dark">Dark</p></body>'));
    await publishSite(workbench);
    await until(
      async () => (await fetchText(session, `${address}about`)).includes('id="dark"'),
      () => Promise.resolve(),
    );
  });
});

async function fetchText({ browser }: Session, url: string): Promise<string> {
  const page = await browser.context.newPage();
  const text = await (await page.goto(url))?.text();
  await page.close();
  return text ?? '';
}
