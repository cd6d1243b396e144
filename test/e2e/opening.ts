import type { Workbench } from './workbench';

const WALKTHROUGH = 'Lift a site to AWS';

/** Shows a newcomer where Sitelift is: its view in the side bar, and the walkthrough beside it. */
export async function showSitelift(workbench: Workbench): Promise<void> {
  await workbench.showView('Sitelift');
  await workbench.welcome().or(workbench.tree().rows().first()).first().waitFor();
  const shown = workbench.page.locator('.gettingStartedContainer', { hasText: WALKTHROUGH });
  await workbench.runCommand('Welcome: Open Walkthrough...', workbench.entry(WALKTHROUGH), shown);
  if (!(await shown.isVisible())) await workbench.pick(WALKTHROUGH);
  await shown.waitFor();
}
