import type { Locator, Page } from 'playwright-core';
import { until } from '../vscode/until';
import { goToRow } from './keys';

const LIMIT_MS = 300_000;
const POLL_MS = 200;
const AIM = { timeout: 5000 };

/** A tree of the workbench: the explorer's files or a view of an extension. */
export interface Tree {
  rows(): Locator;
  /** The row with a label. */
  row(label: string): Locator;
  /** Label and description of a row, as they read. */
  text(label: string): Promise<string>;
  /** Waits until a row reads so. */
  waitForText(label: string, text: RegExp): Promise<void>;
  /** Gives a row the focus by the keyboard. */
  focus(label: string): Promise<void>;
  /** Does what a row is for by the keyboard, until what that leads to at first can be seen. */
  choose(label: string, effect: Locator): Promise<void>;
  expand(label: string): Promise<void>;
  collapse(label: string): Promise<void>;
  /** Opens the context menu of a row; several rows are selected first. */
  openMenu(labels: string | readonly string[]): Promise<Locator>;
  /** Chooses from the context menu of a row, again until what it leads to at first can be seen. */
  chooseFromMenu(labels: string | readonly string[], action: string, effect: Locator): Promise<void>;
  /** Asks for the tooltip of a row by the keyboard until it is there. */
  showTooltip(label: string): Promise<Locator>;
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
  const focus = async (label: string): Promise<void> => {
    const focused = row(label).and(page.locator('.focused'));
    const hasKeys = element.locator('.monaco-list:focus');
    await until(
      async () => (await focused.isVisible()) && (await hasKeys.isVisible()),
      async () => {
        await page.keyboard.press('Control+0');
        await goToRow(page, row(label), 'Home');
      },
    );
  };
  const setExpanded = async (label: string, wanted: boolean): Promise<void> => {
    await row(label).waitFor();
    const isSo = async () => (await row(label).getAttribute('aria-expanded')) === String(wanted);
    await until(isSo, async () => {
      if (await isSo()) return;
      await focus(label);
      await page.keyboard.press(wanted ? 'ArrowRight' : 'ArrowLeft');
    });
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
    focus,
    async choose(label, effect) {
      await until(
        () => effect.first().isVisible(),
        async () => {
          await focus(label);
          await page.keyboard.press('Enter');
        },
        { gestureMs: 60_000 },
      );
    },
    expand: (label) => setExpanded(label, true),
    collapse: (label) => setExpanded(label, false),
    async openMenu(labels) {
      const [first, ...others] = typeof labels === 'string' ? [labels] : labels;
      if (first === undefined) throw new Error('No row was named.');
      const menu = page.locator('.monaco-menu:visible');
      await until(
        () => menu.isVisible(),
        async () => {
          await settle(first);
          await row(first).click(AIM);
          for (const label of others) await row(label).click({ ...AIM, modifiers: ['Control'] });
          await row(others.at(-1) ?? first).click({ ...AIM, button: 'right' });
        },
      );
      return menu;
    },
    async chooseFromMenu(labels, action, effect) {
      const entry = page.locator('.monaco-menu .action-item', { hasText: action });
      await until(
        () => effect.first().isVisible(),
        async () => {
          if (!(await entry.isVisible())) await this.openMenu(labels);
          await until(
            async () => !(await entry.isVisible()),
            () => entry.click(AIM),
          );
        },
        { gestureMs: 60_000 },
      );
    },
    async showTooltip(label) {
      const tooltip = page.locator('.workbench-hover-container:visible, .monaco-hover.workbench-hover:visible').last();
      const shown = tooltip.filter({ hasText: label });
      await until(
        () => shown.isVisible(),
        async () => {
          await focus(label);
          await page.keyboard.press('Control+K');
          await page.keyboard.press('Control+I');
        },
      );
      return shown;
    },
  };
}

function exactly(label: string): RegExp {
  return new RegExp(`^\\s*${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}
