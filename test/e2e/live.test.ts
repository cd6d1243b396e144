import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSite, provisionAll, publishSite } from './mainJob';
import { until } from '../vscode/until';
import { inSequence } from '../setup/sequence';
import { startSession, type Session } from './session';
import { THEME_WORDS, type Workbench } from './workbench';

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

  const inThemes = async (name: string, show: () => Promise<unknown>) => {
    for (const theme of THEME_WORDS) {
      await workbench.chooseTheme(theme);
      await show();
      await workbench.screenshot(`${name}-${theme}`);
    }
  };
  const modified = () => workbench.page.locator('.monaco-diff-editor .editor.modified');
  /** What the lines read that are marked as changed on the right side of a diff. */
  const changedLines = async (): Promise<string[]> => {
    const marks = modified().locator('.view-overlays > div', { has: workbench.page.locator('.line-insert') });
    const marked = await marks.evaluateAll((all) => all.map((mark) => mark.getBoundingClientRect().top));
    const lines = await modified()
      .locator('.view-line')
      .evaluateAll((all) => all.map((line) => ({ top: line.getBoundingClientRect().top, text: line.textContent })));
    return lines
      .filter(({ top }) => marked.includes(top))
      .map(({ text }) => text?.replaceAll('\u00a0', ' ').trim() ?? '');
  };
  const tab = (text: string) => workbench.page.locator('.tab.active', { hasText: text });

  it('sees one page and one image from outside before it says that it published', async () => {
    assert.doesNotMatch(await publishSite(workbench), /from outside/);
    const log = await session.extensionLog();
    assert.match(log, /Seen from outside as it was published: http:\/\/ec2-[^\s]+\.html/);
    assert.match(log, /Seen from outside as it was published: https:\/\/\w+\.cloudfront\.net\/images\//);
  });

  it('shows what differs of a page beside what readers get, and nothing that publishing rewrites', async () => {
    const about = join(session.workspace, 'about.html');
    await writeFile(about, (await readFile(about, 'utf8')).replace('</h1>', ' and more</h1>'));
    await workbench.showView('Explorer');
    const shown = tab('about.html (live ↔ as it would be published)');
    await workbench.explorer().chooseFromMenu('about.html', 'Compare with Live Site', workbench.progress().or(shown));
    await shown.waitFor();
    await modified().locator('.view-line', { hasText: 'About and more' }).waitFor();
    await inThemes('diff-page', () => shown.waitFor());
    // Where all is alike but one line, no URL of an image is a difference.
    await modified().locator('.view-overlays .line-insert').first().waitFor({ state: 'attached' });
    assert.deepEqual(await changedLines(), ['<h1>About and more</h1>']);
  });

  it('shows two pictures beside one another', async () => {
    await copyFile(join(SAMPLE, 'images', 'dunes.jpg'), join(session.workspace, 'images', 'hero.jpg'));
    await workbench.showView('Explorer');
    await workbench.explorer().expand('images');
    const shown = tab('hero (live).jpg ↔ hero.jpg');
    await workbench.explorer().chooseFromMenu('hero.jpg', 'Compare with Live Site', workbench.progress().or(shown));
    await shown.waitFor();
    // What the pictures are shown in is hidden, and seen, together with the editor that they belong to.
    const pictures = workbench.page.locator('iframe.webview.ready:visible');
    await until(
      async () => (await pictures.count()) === 2,
      () => Promise.resolve(),
    );
    for (const picture of await pictures.all()) {
      await picture.contentFrame().locator('iframe').contentFrame().locator('img').waitFor();
    }
    await inThemes('diff-picture', () => shown.waitFor());
  });

  it('lists all files that differ in the editor for several', async () => {
    await copyFile(join(SAMPLE, 'images', 'harbour.png'), join(session.workspace, 'favicon.png'));
    await writeFile(join(session.workspace, 'news.html'), '<!doctype html>\n<h1>News</h1>\n');
    await workbench.showView('Sitelift');
    const shown = tab('Far Shores (live ↔ as it would be published)');
    await workbench.runCommand(
      'Sitelift: Compare with Live Site',
      workbench.question('What to compare with the live site'),
      workbench.progress(),
      shown,
    );
    if (await workbench.question('What to compare').isVisible()) await workbench.pick('The whole site');
    await shown.waitFor();
    const editor = workbench.page.locator('.editor-group-container.active');
    for (const name of ['about.html', 'favicon.png', 'hero.jpg', 'news.html']) {
      await editor.locator('.multiDiffEntry', { hasText: name }).first().waitFor();
    }
    await inThemes('diff-site', () => shown.waitFor());
  });

  it('makes the edges forget a folder that is picked, once the plan was agreed to', async () => {
    await session.sandbox.clearCalls();
    const question = 'What the edges are to forget';
    for (const theme of THEME_WORDS) {
      await workbench.chooseTheme(theme);
      await workbench.runCommand('Sitelift: Invalidate…', workbench.question(question), workbench.progress());
      await workbench.screenshot(`invalidate-${theme}`);
      if (theme === THEME_WORDS[0]) {
        await workbench.pick('Other paths…');
        await workbench.waitForQuestion('Paths, each after a comma');
        await workbench.screenshot('invalidate-paths');
        await workbench.closeQuickInput();
      }
    }
    await workbench.pick('/images/*');
    await workbench.dialog().waitFor();
    await workbench.screenshot('invalidate-plan');
    const plan = await workbench.answerDialog('Invalidate');
    assert.match(plan, /make the edges forget \/images\/\*/);
    assert.match(plan, /This uses 1 path of the 1,000 .*; 0 were used by this distribution so far/);
    await workbench.notification('The edges forget /images/*').waitFor();
    const calls = await session.sandbox.calls();
    const [asked] = calls.filter(({ action }) => action === 'CreateInvalidation');
    assert.match(JSON.stringify(asked?.parameters), /"\/images\/\*"/);
  });
});
