import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { openTree, type Tree } from './tree';

const LIMIT_MS = 300_000;
const POLL_MS = 200;
/** Where pictures of the workbench and of published pages are left. */
export const SCREENSHOTS = join(__dirname, '..', '..', 'out', 'screenshots');

/** A VS Code workbench as a person sees and uses it. */
export class Workbench {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(LIMIT_MS);
  }

  /** Opens the address of a workbench and waits until it can be used. */
  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
    await this.explorer().rows().first().waitFor();
  }

  /** Runs a command by its full title, e.g. `Sitelift: Publish Site…`, through the palette. */
  async runCommand(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.#quickInput().waitFor();
    await this.#quickInputBox().fill(`>${title}`);
    await this.#quickEntry(title).click();
    await this.page
      .locator('input[placeholder="Type the name of a command to run."]:visible')
      .waitFor({ state: 'hidden' });
  }

  /** Waits for the quick pick or input box that asks this. */
  async waitForQuestion(text: string): Promise<void> {
    const asked = this.page
      .locator(`input[placeholder*="${text}"]`)
      .or(this.page.locator('.quick-input-message', { hasText: text }));
    await this.#quickInput().filter({ has: asked }).waitFor();
  }

  /** The labels of the entries that the open quick pick shows. */
  async entries(): Promise<string[]> {
    await this.#quickRows().first().waitFor();
    return this.#quickRows().locator('.quick-input-list-label .label-name').allInnerTexts();
  }

  /** Chooses an entry of the open quick pick by its label. */
  async pick(label: string): Promise<void> {
    await this.#quickEntry(label).click();
  }

  /** Answers the open input box; without a text, with what it suggests. */
  async answer(text?: string): Promise<void> {
    const box = this.#quickInputBox();
    await box.waitFor();
    if (text !== undefined) await box.fill(text);
    await box.press('Enter');
  }

  /** Shows the view of an activity bar entry. */
  async showView(title: string): Promise<void> {
    const entry = this.page.locator('.activitybar .action-item', {
      has: this.page.locator(`[aria-label^="${title}"]`),
    });
    if ((await entry.getAttribute('class'))?.includes('checked')) return;
    await entry.click();
  }

  /** The files of the folder. */
  explorer(): Tree {
    return openTree(this.page, this.page.locator('.explorer-folders-view'));
  }

  /** The tree of a view in the side bar that is showing. */
  tree(): Tree {
    return openTree(this.page, this.page.locator('.sidebar .tree-explorer-viewlet-tree-view:visible').first());
  }

  /** The welcome text of the showing view. */
  welcome(): Locator {
    return this.page.locator('.sidebar .welcome-view-content:visible');
  }

  /** A notification that holds the text. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text });
  }

  /** Clicks a button of the notification that holds the text, once it is there. */
  async answerNotification(text: string | RegExp, button: string): Promise<void> {
    await this.notification(text).getByRole('button', { name: button, exact: true }).click();
    await this.notification(text).waitFor({ state: 'hidden' });
  }

  /** What the clipboard holds once it holds something that matches. */
  async clipboard(wanted: RegExp): Promise<string> {
    const read = (): Promise<string> => this.page.evaluate<string>('navigator.clipboard.readText()');
    const endMs = Date.now() + LIMIT_MS;
    for (let text = await read(); ; text = await read()) {
      if (wanted.test(text)) return text;
      if (Date.now() > endMs) throw new Error(`The clipboard should match ${wanted}, but holds “${text}”.`);
      await this.page.waitForTimeout(POLL_MS);
    }
  }

  /** The modal dialog that is open or will be. */
  dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }

  /** Waits for a modal dialog, clicks a button of it and gives all of its text. */
  async answerDialog(button: string): Promise<string> {
    const dialog = this.dialog();
    await dialog.waitFor();
    const text = await dialog.locator('.dialog-message-container').innerText();
    await dialog.getByRole('button', { name: button, exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    return text;
  }

  /** Opens a file by its path within the folder. */
  async openFile(path: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    await this.#quickInputBox().fill(path);
    await this.#quickRows().first().waitFor();
    await this.page.keyboard.press('Enter');
    const name = path.slice(path.lastIndexOf('/') + 1);
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
    await this.page.locator('.editor-instance .view-lines').first().waitFor();
  }

  /** Puts the cursor of the active editor on a line and column, both from 1. */
  async goTo(line: number, column: number): Promise<void> {
    await this.page.keyboard.press('Control+G');
    await this.#quickInputBox().fill(`:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await this.#quickInput().waitFor({ state: 'hidden' });
  }

  /** Opens the light bulb's menu at the cursor; gives its entries. */
  async openLightBulb(): Promise<Locator> {
    await this.page.keyboard.press('Control+.');
    const menu = this.page.locator('.action-widget');
    await menu.locator('.monaco-list-row').first().waitFor();
    return menu.locator('.monaco-list-row.action');
  }

  /** Chooses an entry of the light bulb's menu by what it begins with. */
  async chooseAction(title: string): Promise<void> {
    const actions = await this.openLightBulb();
    await actions.filter({ hasText: title }).first().click();
  }

  /** The lines of the active editor that are in sight. */
  async visibleText(): Promise<string> {
    const lines = this.page.locator('.editor-group-container.active .view-line');
    const placed = await lines.evaluateAll((elements) =>
      elements.map((element) => ({ top: element.getBoundingClientRect().top, text: element.textContent ?? '' })),
    );
    const inOrder = placed.sort((a, b) => a.top - b.top);
    return inOrder.map(({ text }) => text.replaceAll('\u00a0', ' ')).join('\n');
  }

  /** Saves the active editor once it has a change. */
  async save(): Promise<void> {
    await this.page.locator('.tab.active.dirty').waitFor();
    await this.page.keyboard.press('Control+S');
    await this.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
  }

  /** Chooses a colour theme by its name, e.g. `Dark Modern`. */
  async chooseTheme(name: string): Promise<void> {
    await this.runCommand('Preferences: Color Theme');
    await this.answer(name);
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Leaves a picture in `out/screenshots/`. */
  async screenshot(name: string): Promise<string> {
    await mkdir(SCREENSHOTS, { recursive: true });
    const path = join(SCREENSHOTS, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }

  #quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  #quickInputBox(): Locator {
    return this.#quickInput().locator('.quick-input-box input');
  }

  #quickRows(): Locator {
    return this.#quickInput().locator('.quick-input-list .monaco-list-row');
  }

  #quickEntry(label: string): Locator {
    const name = this.page.locator('.label-name', { hasText: new RegExp(`^${escape(label)}$`) });
    return this.#quickRows().filter({ has: name }).first();
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
