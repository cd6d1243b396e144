import type { Locator, Page } from 'playwright-core';

/** A tree of the workbench: the explorer's files or a view of an extension. */
export interface Tree {
  rows(): Locator;
  /** The row with a label. */
  row(label: string): Locator;
  /** Label and description of a row, as they read. */
  text(label: string): Promise<string>;
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
  const setExpanded = async (label: string, wanted: boolean): Promise<void> => {
    await row(label).waitFor();
    if ((await row(label).getAttribute('aria-expanded')) === String(wanted)) return;
    await row(label).locator('.monaco-tl-twistie').click();
    await page.locator(`.monaco-list-row[aria-expanded="${wanted}"]`).and(row(label)).waitFor();
  };
  return {
    rows,
    row,
    async text(label) {
      const parts = await row(label).locator('.label-name, .label-description').allInnerTexts();
      return parts.join(' ').trim();
    },
    expand: (label) => setExpanded(label, true),
    collapse: (label) => setExpanded(label, false),
    async clickInline(label, action) {
      await row(label).hover();
      await row(label).locator(`.actions .action-label[aria-label^="${action}"]`).click();
    },
    async chooseFromMenu(labels, action) {
      const [first, ...others] = typeof labels === 'string' ? [labels] : labels;
      if (first === undefined) throw new Error('No row was named.');
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
