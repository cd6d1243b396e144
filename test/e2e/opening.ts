import type { Locator } from 'playwright-core';
import { until } from '../vscode/until';
import type { Workbench } from './workbench';

const WALKTHROUGH = 'Lift a site to AWS';

/** Shows a newcomer where Sitelift is: its view in the side bar, and the walkthrough beside it. */
export async function showSitelift(workbench: Workbench): Promise<void> {
  await workbench.showView('Sitelift');
  await workbench.welcome().or(workbench.tree().rows().first()).first().waitFor();
  await until(
    () => stepsOf(workbench).first().isVisible(),
    async () => {
      await workbench.runCommand('Welcome: Open Walkthrough...', workbench.question('Select a walkthrough to open'));
      await workbench.pick(WALKTHROUGH);
    },
    { gestureMs: 10_000 },
  );
}

/** The steps of the walkthrough while it is open; while its page lists all walkthroughs instead, they are there but disabled. */
export function stepsOf(workbench: Workbench): Locator {
  return workbench.page
    .locator('.gettingStartedContainer', { hasText: WALKTHROUGH })
    .locator('.getting-started-step:enabled');
}
