import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSite, provisionAll, publishSite } from './mainJob';
import { inSequence } from '../setup/sequence';
import { startSession, type Session } from './session';
import type { Workbench } from './workbench';

const SAMPLE = join(__dirname, '..', 'fixtures', 'sample-site');

describe('a workbench that compares with what readers get', function () {
  this.timeout(1_200_000);
  inSequence(this);
  let session: Session;
  let workbench: Workbench;

  before(async () => {
    session = await startSession({ siteFolder: SAMPLE, sandbox: { machines: true } });
    workbench = await session.openWorkbench();
    await createSite(workbench, 'Far Shores');
    await provisionAll(workbench);
  });
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.log(`A picture of it: ${await workbench.screenshot('live-failed')}`);
    console.log(await session.extensionLog());
  });
  after(() => session?.close());

  const tab = (text: string) => workbench.page.locator('.tab.active', { hasText: text });

  it('sees one page and one image from outside before it says that it published', async () => {
    assert.doesNotMatch(await publishSite(workbench), /from outside/);
    const log = await session.extensionLog();
    assert.match(log, /Seen from outside as it was published: http:\/\/ec2-[^\s]+\.html/);
    assert.match(log, /Seen from outside as it was published: https:\/\/\w+\.cloudfront\.net\/images\//);
  });

  it('opens a page beside what readers get, from the menu of the explorer', async () => {
    const about = join(session.workspace, 'about.html');
    await writeFile(about, (await readFile(about, 'utf8')).replace('</h1>', ' and more</h1>'));
    await workbench.showView('Explorer');
    const shown = tab('about.html (live ↔ as it would be published)');
    await workbench.explorer().chooseFromMenu('about.html', 'Compare with Live Site', workbench.progress().or(shown));
    await shown.waitFor();
    await workbench.screenshot('diff-page');
  });
});
