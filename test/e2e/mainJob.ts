import type { Page } from 'playwright-core';
import { until } from '../vscode/until';
import type { Workbench } from './workbench';

/** What a reader of the tree sees once everything is provisioned. */
export const READY = {
  Server: /^Server running$/,
  Volume: /^Volume attached · mounted$/,
  Bucket: /^Bucket \d+ objects?$/,
  Distribution: /^Distribution Deployed$/,
} as const;

/** Creates a site by answering the questions of *Create Site*; root and region as they are suggested, and what readers get from CloudFront where it is not chosen. */
export async function createSite(
  workbench: Workbench,
  name: string,
  served?: string,
  isLookedAt = false,
): Promise<void> {
  await workbench.showView('Sitelift');
  await workbench.runCommand('Sitelift: Create Site…', workbench.question('Name of the site'), workbench.progress());
  await workbench.answer('Name of the site', name);
  await workbench.answer('Folder that holds the pages');
  await workbench.answer('Region of server');
  const question = 'What readers get from CloudFront';
  if (served === undefined) {
    await workbench.answer(question);
  } else {
    await workbench.waitForQuestion(question);
    await workbench.screenshot('create-serves');
    await workbench
      .entry(served)
      .getByText(/^About \$\d+\.\d\d a month\. .*whose address stays/)
      .waitFor();
    await workbench.pick(served);
  }
  await workbench.waitForQuestion('All that is needed is known');
  if (isLookedAt) await lookAtAdvanced(workbench);
  await workbench.pick('Create Site');
  await workbench.notification('is a site of account').waitFor();
  await workbench.tree().row('Server').waitFor();
}

/** Goes through some of what few change, and chooses nothing else than what is suggested. */
async function lookAtAdvanced(workbench: Workbench): Promise<void> {
  await workbench.pick('Advanced…');
  await workbench.waitForQuestion('What to change');
  await workbench.screenshot('create-advanced');
  await workbench.pick('Server type');
  await workbench.waitForQuestion('Instance type of the server');
  await workbench
    .entry('t4g.micro')
    .getByText(/^\$\d+\.\d\d a month$/)
    .waitFor();
  await workbench.screenshot('create-type');
  await workbench.answer('Instance type of the server');
  await workbench.waitForQuestion('What to change');
  await workbench.pick('Subnet');
  await workbench.waitForQuestion('Subnet of the server');
  await workbench.screenshot('create-subnet');
  await workbench.answer('Subnet of the server');
  await workbench.waitForQuestion('What to change');
}

/** Provisions everything through the palette; gives the text of the plan that was agreed to. */
export async function provisionAll(workbench: Workbench): Promise<string> {
  await workbench.showView('Sitelift');
  await workbench.runCommand('Sitelift: Provision All…', workbench.dialog(), workbench.progress());
  await workbench.dialog().waitFor();
  await workbench.screenshot('plan');
  const plan = await workbench.answerDialog('Provision');
  await workbench.tree().row('Server').filter({ hasText: 'running' }).waitFor();
  await workbench.screenshot('provisioning');
  await workbench.notification(/\d+ steps done/).waitFor();
  for (const [label, text] of Object.entries(READY)) await workbench.tree().waitForText(label, text);
  return plan;
}

/** Publishes through the palette; gives the summary that VS Code shows. */
export async function publishSite(workbench: Workbench): Promise<string> {
  await workbench.runCommand('Sitelift: Publish Site…', workbench.dialog(), workbench.progress());
  await workbench.dialog().waitFor();
  await workbench.screenshot('publish-plan');
  await workbench.answerDialog('Publish');
  const summary = workbench.notification(/Published “/).first();
  // What the publication before this one told may still be there; the status bar shows this one from before its plan to its end.
  const going = workbench.page.locator('.statusbar-item', { hasText: 'Publishing ' });
  await until(
    async () => !(await going.first().isVisible()) && (await summary.isVisible()),
    () => Promise.resolve(),
  );
  return summary.locator('.notification-list-item-message').innerText();
}

/** The address of the site as the tree tells it. */
export async function siteAddress(workbench: Workbench): Promise<string> {
  await workbench.showView('Sitelift');
  await workbench.tree().expand('Server');
  const host = (await workbench.tree().text('Address')).replace('Address ', '');
  await workbench.tree().collapse('Server');
  return `http://${host}/`;
}

/** Opens the site from the workbench as a person does; gives the page that shows it. */
export async function openSite(workbench: Workbench): Promise<Page> {
  const opened = workbench.page.context().waitForEvent('page');
  await workbench.runCommand('Sitelift: Open Site', workbench.dialog(), workbench.progress());
  await workbench.answerDialog('Open');
  const page = await opened;
  await page.waitForLoadState('load');
  return page;
}
