import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { inSequence } from '../setup/sequence';
import { until } from '../vscode/until';
import { createSite, provisionAll, siteAddress } from './mainJob';
import { startSession, type Session } from './session';
import type { Workbench } from './workbench';

const SAMPLE = join(__dirname, '..', 'fixtures', 'sample-site');
const ALWAYS = 'Publish and Don’t Ask Again';
const ON_SAVE = 'Publish “Far Shores” on each save?';
const nothing = () => Promise.resolve();

describe('habits of publishing, in the workbench', function () {
  this.timeout(1_200_000);
  inSequence(this);
  let session: Session;
  let workbench: Workbench;
  let address = '';

  before(async () => {
    // Only then the lines of a terminal are elements, which tests can read.
    const settings = { 'terminal.integrated.gpuAcceleration': 'off' };
    session = await startSession({ siteFolder: SAMPLE, sandbox: { machines: true }, settings });
    workbench = await session.openWorkbench();
    await createSite(workbench, 'Far Shores');
    await provisionAll(workbench);
    address = await siteAddress(workbench);
  });

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.log(`A picture of it: ${await workbench.screenshot('habits-failed')}`);
    console.log(await session.extensionLog());
  });

  after(() => session?.close());

  const status = (text: string | RegExp): Locator =>
    workbench.page.locator('.statusbar-item[id*="sitelift"]', { hasText: text });
  const served = async (path: string): Promise<string> => {
    const page = await session.browser.context.newPage();
    const text = await (await page.goto(`${address}${path}`))?.text();
    await page.close();
    return text ?? assert.fail(`${path} is empty`);
  };
  const serves = (path: string, text: string) => until(async () => (await served(path)).includes(text), nothing);
  const stored = async () => (await session.sandbox.calls()).filter(({ action }) => action === 'PutObject').length;
  const edit = async (path: string, text: string) => {
    const file = join(session.workspace, path);
    await writeFile(file, (await readFile(file, 'utf8')).replace('</body>', `${text}</body>`));
  };
  /** Types at the start of a file and saves it. */
  const typeAndSave = async (path: string, text: string) => {
    await workbench.openFile(path);
    await workbench.goTo(1, 1);
    await until(
      () => workbench.page.locator('.tab.active.dirty').isVisible(),
      async () => {
        await workbench.page.locator('.editor-instance .view-lines').first().click({ timeout: 5000 });
        await workbench.page.keyboard.press('Control+Home');
        await workbench.page.keyboard.type(text);
      },
    );
    await workbench.save();
  };
  const setOnSave = async (isOn: boolean) => {
    await mkdir(join(session.workspace, '.vscode'), { recursive: true });
    const settings = JSON.stringify({ 'sitelift.publishOnSave': isOn });
    await writeFile(join(session.workspace, '.vscode', 'settings.json'), settings);
  };

  /** Saves until it is asked whether that is to publish: VS Code takes its time to heed a changed settings file. */
  const asked = (save: () => Promise<void>) =>
    until(
      () => workbench.dialog().filter({ hasText: ON_SAVE }).isVisible(),
      async () => (await workbench.dialog().isVisible()) || (await save()),
      { gestureMs: 10_000 },
    );

  it('shows in the status bar that the site was not published yet', async () => {
    await status('Not published yet').waitFor();
  });

  it('asks with a way not to be asked again, and shows in the status bar how far it is', async () => {
    await workbench.runCommand('Sitelift: Publish Site…', workbench.dialog(), workbench.progress());
    await workbench.dialog().waitFor();
    await workbench.screenshot('habits-confirm-light');
    await workbench.answerDialog(ALWAYS);
    await status(/Publishing Far Shores \d+ %/).waitFor();
    await workbench.screenshot('habits-publishing-light');
    await workbench.notification(/Published “Far Shores”/).waitFor();
    await status(/Published (just now|\d+ min ago)/).waitFor();
  });

  it('publishes from then on without a question, with the plan in the log', async () => {
    await edit('about.html', '<p id="unasked">Unasked</p>');
    const published = workbench.notification(/Published “Far Shores”: 1 page changed\./);
    await workbench.runCommand('Sitelift: Publish Site…', published, workbench.progress());
    await published.waitFor();
    assert.ok((await served('about.html')).includes('id="unasked"'));
    const log = await session.extensionLog();
    assert.match(
      log,
      /Begin: Publishing Far Shores, site “Far Shores” \([a-z0-9]{8}\), account \d{12}, region us-east-1/,
    );
    assert.match(log, /• put pages in place on the server \(1 changed: about\.html\)/);
    assert.match(log, /End: Publishing Far Shores, .*: done, \d+ steps, release [\da-f]{40} after [\d.]+ s/);
  });

  it('shows both publications under the releases, and the last one in the status bar', async () => {
    const rows = workbench.tree().rows();
    await status(/Published (just now|\d+ min ago)/).waitFor();
    await workbench.tree().expand('Releases');
    await rows.filter({ hasText: 'live · 1 changed' }).waitFor();
    await rows.filter({ hasText: /\d+ new/ }).waitFor();
    await workbench.screenshot('releases');
    await workbench.tree().collapse('Releases');
  });

  it('asks all the same before many files are removed, and says why', async () => {
    for (let index = 0; index < 12; index += 1) await rm(join(session.workspace, REMOVED[index] ?? assert.fail()));
    await workbench.runCommand('Sitelift: Publish Site…', workbench.dialog(), workbench.progress());
    await workbench.dialog().filter({ hasText: 'You chose not to be asked' }).waitFor();
    await workbench.screenshot('habits-still-asked-light');
    assert.ok(!(await workbench.dialog().innerText()).includes(ALWAYS));
    await workbench.answerDialog('Cancel');
  });

  it('asks again once that is taken back', async () => {
    await workbench.runCommand('Sitelift: Ask Again Before Publishing', workbench.notification('You are asked again'));
    for (const path of REMOVED) await writeFile(join(session.workspace, path), await readFile(join(SAMPLE, path)));
    await edit('about.html', '<p id="asked">Asked</p>');
    await workbench.runCommand('Sitelift: Publish Site…', workbench.dialog(), workbench.progress());
    await workbench.dialog().filter({ hasText: ALWAYS }).waitFor();
    await workbench.answerDialog('Cancel');
    assert.ok(!(await served('about.html')).includes('id="asked"'));
  });

  it('does not publish on save because of the settings of a folder alone', async () => {
    await setOnSave(true);
    await session.sandbox.clearCalls();
    await asked(() => typeAndSave('about.html', 'word-one '));
    await workbench.screenshot('habits-on-save-light');
    await workbench.answerDialog('Cancel');
    await typeAndSave('about.html', 'word-two ');
    // It would have been asked about again by then.
    await workbench.page.waitForTimeout(3000);
    assert.ok(!(await workbench.dialog().isVisible()));
    assert.equal(await stored(), 0);
  });

  it('publishes what is saved once that was agreed to, without a question and without a notification', async () => {
    await asked(async () => {
      await setOnSave(false);
      await typeAndSave('about.html', 'word-off ');
      await setOnSave(true);
      await typeAndSave('about.html', 'word-three ');
    });
    assert.match(await workbench.answerDialog('Publish on Save'), /Account \d{12}, region us-east-1/);
    await serves('about.html', 'word-three ');
    await typeAndSave('about.html', 'word-four ');
    await serves('about.html', 'word-four ');
    await status(/Published (just now|\d+ min ago)/).waitFor();
    assert.ok(!(await workbench.dialog().isVisible()));
    assert.ok(!(await workbench.notification(/Published “Far Shores”/).isVisible()));
  });

  it('publishes once more what is saved during a publication', async () => {
    for (const word of ['five', 'six', 'seven']) await typeAndSave('about.html', `word-${word} `);
    await serves('about.html', 'word-seven ');
  });

  it('publishes nothing when a file is saved that is no part of the site', async () => {
    await writeFile(join(session.workspace, '.siteliftignore'), '*.txt\n');
    await writeFile(join(session.workspace, 'notes.txt'), 'x');
    await status('Published').waitFor();
    await session.sandbox.clearCalls();
    await typeAndSave('notes.txt', 'mine ');
    await workbench.page.waitForTimeout(3000);
    assert.equal(await stored(), 0);
  });

  it('tells in a notification what it does not do on save before it is answered', async () => {
    for (const path of REMOVED) await rm(join(session.workspace, path));
    await typeAndSave('about.html', 'word-eight ');
    await workbench.notification('was not published on save').waitFor();
    await workbench.screenshot('habits-deferred-light');
    await workbench.answerNotification('was not published on save', 'Review Plan…');
    await workbench.dialog().filter({ hasText: 'REMOVES MANY FILES' }).waitFor();
    await workbench.answerDialog('Cancel');
    for (const path of REMOVED) await writeFile(join(session.workspace, path), await readFile(join(SAMPLE, path)));
  });

  it('tells a failure on save once, and shows it in the status bar until it is mended', async () => {
    const path = join(session.workspace, 'form.php');
    await writeFile(path, 'x');
    await typeAndSave('about.html', 'word-nine ');
    await workbench.notification('Nothing is published because of').waitFor();
    await status('Not published').waitFor();
    await workbench.screenshot('habits-trouble-light');
    await workbench.page.keyboard.press('Escape');
    await workbench.runCommand('Notifications: Clear All Notifications');
    await typeAndSave('about.html', 'word-ten ');
    await until(async () => (await session.extensionLog()).split('Could not publish on save').length === 3, nothing);
    assert.ok(!(await workbench.notification('Nothing is published because of').isVisible()));
    await rm(path);
    await typeAndSave('about.html', 'word-eleven ');
    await serves('about.html', 'word-eleven ');
    await status(/Published (just now|\d+ min ago)/).waitFor();
  });

  it('is cancelled from the status bar, and tells what was done and what was not', async () => {
    await session.sandbox.fault({ service: 'ssm', action: 'SendCommand', kind: 'delay', seconds: 60, times: 1 });
    await typeAndSave('about.html', 'word-twelve ');
    await status(/Publishing Far Shores \d+ %/).waitFor();
    await until(
      () => workbench.question('What to do with “Far Shores”').isVisible(),
      () => status('Publishing Far Shores').click({ timeout: 5000 }),
    );
    await workbench.screenshot('habits-actions-light');
    await workbench.pick('Cancel: Publishing Far Shores');
    await workbench.notification('Cancelled:').waitFor();
    await workbench.screenshot('habits-cancelled-light');
    const told = await workbench.notification('Cancelled:').innerText();
    assert.match(
      told,
      /Cancelled: \d of \d steps done; under way: put pages in place .* To go on, publish on save again\./,
    );
    await session.sandbox.clearFaults();
  });

  it('publishes as a task, whose terminal shows plan and result', async () => {
    const task = workbench.entry('sitelift: publish');
    await workbench.runCommand('Tasks: Run Task', workbench.question('Select the task to run'));
    await until(
      async () => (await task.isVisible()) || (await workbench.dialog().isVisible()),
      () => workbench.entry('sitelift').click({ timeout: 5000 }),
    );
    await workbench.pick('sitelift: publish');
    assert.match(await workbench.answerDialog('Publish'), /Publish “Far Shores”\?/);
    const terminal = workbench.page.locator('.terminal-wrapper.active .xterm-rows');
    await terminal.filter({ hasText: 'put pages in place on the server' }).waitFor();
    await terminal.filter({ hasText: 'Published “Far Shores”' }).waitFor();
    await workbench.screenshot('habits-task-light');
  });

  it('looks right in a dark theme as well', async () => {
    await workbench.chooseTheme('dark');
    await until(
      () => workbench.tooltip().isVisible(),
      async () => {
        await workbench.page.mouse.move(1000, 300);
        await status('Published').hover({ timeout: 5000 });
      },
    );
    await workbench.screenshot('habits-status-dark');
    await edit('about.html', '<p>Dark</p>');
    await workbench.runCommand('Sitelift: Publish Site…', workbench.dialog(), workbench.progress());
    await workbench.dialog().waitFor();
    await workbench.screenshot('habits-confirm-dark');
    await workbench.answerDialog('Cancel');
  });
});

/** More than ten files of the sample, and more than a tenth of them. */
const REMOVED = [
  ...['aurora.avif', 'autumn-lake.jpg', 'compass.svg', 'contours.svg', 'dunes.jpg', 'fireflies.gif'],
  ...['first-frost.webp', 'harbour.png', 'hero-1600.webp', 'hero-800.webp', 'hero.avif', 'hero.jpg'],
].map((name) => `images/${name}`);
