import type { Locator, Page } from 'playwright-core';

const LIMIT_MS = 300_000;
const POLL_MS = 200;

/** A tree of the workbench: the explorer's files or a view of an extension. */
export interface Tree {
  rows(): Locator;
  /** The row with a label. */
  row(label: string): Locator;
  /** Label and description of a row, as they read. */
  text(label: string): Promise<string>;
  /** Waits until a row reads so. */
  waitForText(label: string, text: RegExp): Promise<void>;
  expand(label: string): Promise<void>;
  collapse(label: string): Promise<void>;
  /** Clicks an action that shows in the row itself, by its title. */
  clickInline(label: string, action: string): Promise<void>;
  /** Chooses from the context menu of a row; several rows are selected first. */
  chooseFromMenu(labels: string | readonly string[], action: string): Promise<void>;
}

/** The tree within an element. */
export function openTree(page: Page, element: Locator): Tree {
  const rows = (): Locator => element.locator('.monaco-list-row[role="treeitem"]');
  const row = (label: string): Locator =>
    rows()
      .filter({ has: page.locator('.label-name', { hasText: exactly(label) }) })
      .first();
  /** Waits until a row stays where it is: views move their rows while they open. */
  const settle = async (label: string): Promise<void> => {
    const place = async (): Promise<string> => JSON.stringify(await row(label).boundingBox());
    for (let last = ''; last !== (await place()); await page.waitForTimeout(POLL_MS)) last = await place();
  };
  const setExpanded = async (label: string, wanted: boolean): Promise<void> => {
    await settle(label);
    if ((await row(label).getAttribute('aria-expanded')) === String(wanted)) return;
    await row(label).locator('.monaco-tl-twistie').click();
    await page.locator(`.monaco-list-row[aria-expanded="${wanted}"]`).and(row(label)).waitFor();
  };
  const textOf = async (label: string): Promise<string> => {
    await row(label).waitFor();
    const parts = await row(label).locator('.label-name, .label-description').allInnerTexts();
    return parts.join(' ').trim();
  };
  return {
    rows,
    row,
    text: textOf,
    async waitForText(label, text) {
      const endMs = Date.now() + LIMIT_MS;
      for (let seen = ''; !text.test(seen); seen = await textOf(label)) {
        if (Date.now() > endMs) throw new Error(`The row “${label}” should read ${text}, but reads “${seen}”.`);
        await page.waitForTimeout(POLL_MS);
      }
    },
    expand: (label) => setExpanded(label, true),
    collapse: (label) => setExpanded(label, false),
    async clickInline(label, action) {
      await settle(label);
      await row(label).hover();
      await row(label).locator(`.actions .action-label[aria-label^="${action}"]`).click();
    },
    async chooseFromMenu(labels, action) {
      const [first, ...others] = typeof labels === 'string' ? [labels] : labels;
      if (first === undefined) throw new Error('No row was named.');
      await settle(first);
      await row(first).click();
      for (const label of others) await row(label).click({ modifiers: ['Control'] });
      await row(others.at(-1) ?? first).click({ button: 'right' });
      const entry = page.locator('.monaco-menu .action-item', { hasText: action });
      await entry.waitFor();
      await entry.click();
    },
  };
}

function exactly(label: string): RegExp {
  return new RegExp(`^\\s*${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}
