import type { Locator, Page } from 'playwright-core';

const FOLLOWS_MS = 2000;
const POLL_MS = 20;

/** Goes through a list by the arrow keys until a row has the focus; false when it is in none of the rows that come then. */
export async function goToRow(page: Page, row: Locator, start?: string): Promise<boolean> {
  const wanted = row.and(page.locator('.focused'));
  const focused = page.locator('.monaco-list-row.focused:visible');
  if (await wanted.isVisible()) return true;
  if (start !== undefined) await page.keyboard.press(start);
  for (let steps = 0; steps < 100; steps += 1) {
    if (await wanted.isVisible()) return true;
    const before = await idOf(focused);
    await page.keyboard.press('ArrowDown');
    if (!(await follows(async () => (await idOf(focused)) !== before))) return false;
  }
  return false;
}

/** Goes through the buttons of a dialog or a notification by the Tab key, and presses the one of this name once it has the focus. */
export async function pressButton(page: Page, button: Locator): Promise<void> {
  const focused = button.and(page.locator(':focus'));
  for (let steps = 0; steps < 20 && !(await focused.isVisible()); steps += 1) await page.keyboard.press('Tab');
  if (await focused.isVisible()) await page.keyboard.press('Enter');
}

async function idOf(rows: Locator): Promise<string> {
  const ids = await rows.evaluateAll((all) => all.map((one) => one.id));
  return ids.join(' ');
}

/** True once a key has had its effect; a key at the end of a list has none. */
async function follows(effect: () => Promise<boolean>): Promise<boolean> {
  const endMs = Date.now() + FOLLOWS_MS;
  while (Date.now() < endMs) {
    if (await effect()) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}
