import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ACCOUNT } from '../core/sandbox';
import { newSiteId, siteFileText } from '../../src/core/site';
import { addSsoProfile } from '../sandbox/profiles';
import { inSequence } from '../setup/sequence';
import { until } from '../vscode/until';
import { startSession, type Session } from './session';
import type { Workbench } from './workbench';

const PROFILE = 'coast';
const ASKED = 'Sign in to AWS to go on?';

describe('a site whose profile is not signed in, in the workbench', function () {
  this.timeout(600_000);
  inSequence(this);
  let session: Session;
  let workbench: Workbench;

  before(async () => {
    session = await startSession({ settings: { 'sitelift.profile': PROFILE }, sandbox: { deploySeconds: 1 } });
    await addSsoProfile(session.sandbox, PROFILE);
    const file = { name: 'Far Shores', id: newSiteId(), account: ACCOUNT, region: 'us-east-1', root: '.' };
    await writeFile(join(session.workspace, 'sitelift.json'), siteFileText(file));
    workbench = await session.openWorkbench();
  });
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.log(`A picture of it: ${await workbench.screenshot('sign-in-failed')}`);
    console.log(await session.extensionLog());
  });
  after(() => session?.close());

  const provision = () => workbench.runCommand('Sitelift: Provision Bucket…', workbench.dialog(), workbench.progress());

  it('says so in its view, with the sign-in as the next step, and asks nobody by itself', async () => {
    await workbench.showView('Sitelift');
    await workbench.welcome().filter({ hasText: 'not signed in' }).waitFor();
    await workbench.inThemes('signed-out', () => workbench.welcome().getByText('Sign In to AWS…').waitFor());
    assert.ok(!(await workbench.dialog().isVisible()));
  });

  it('asks whether to sign in once a command needs it, and leaves it at that when that is refused', async () => {
    await workbench.inThemes(
      'sign-in-question',
      async () => {
        await provision();
        await workbench.dialog().filter({ hasText: ASKED }).waitFor();
      },
      () => workbench.answerDialog('Cancel'),
    );
    await workbench.answerDialog('Cancel');
    await workbench.dialog().waitFor({ state: 'hidden' });
    await workbench.screenshot('sign-in-refused');
    assert.equal(await workbench.notification('is not signed in').count(), 0);
  });

  it('opens the page of IAM Identity Center, and goes on to the plan by itself once its code is confirmed there', async () => {
    await provision();
    assert.match(await workbench.answerDialog('Sign In'), /https:\/\/sandbox\.awsapps\.com\/start in your browser/);
    const opened = workbench.page.context().waitForEvent('page');
    await workbench.answerDialog('Open');
    const page = await opened;
    const code = await page.locator('strong').innerText();
    await workbench.notification(`Go on in the browser only if the page shows the code ${code}`).waitFor();
    await workbench.screenshot('sign-in-code');
    await until(
      () => page.getByText('Request approved').isVisible(),
      async () => {
        await page.bringToFront();
        await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
      },
    );
    await page.close();
    await workbench.page.bringToFront();
    await workbench.dialog().filter({ hasText: 'Provision the bucket' }).waitFor();
    await workbench.screenshot('sign-in-plan');
    assert.match(await workbench.answerDialog('Provision'), /AWSReservedSSO_AdministratorAccess/);
    await workbench.showView('Sitelift');
    await workbench.tree().waitForText('Bucket', /^Bucket 0 objects$/);
    await workbench.screenshot('signed-in');
  });

  it('was signed in without one click of the mouse', () => {
    assert.equal(workbench.clicks, 0);
  });
});
