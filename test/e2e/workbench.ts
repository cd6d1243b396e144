import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { until } from '../vscode/until';
import { goToRow, pressButton } from './keys';
import { openTree, type Tree } from './tree';

const LIMIT_MS = 300_000;
const POLL_MS = 200;
/** For what a gesture is aimed at: it is there, or the gesture is made again. */
const AIM = { timeout: 5000 };
/** Where pictures of the workbench and of published pages are left. */
export const SCREENSHOTS = join(__dirname, '..', '..', 'out', 'screenshots');

/** Themes that pictures are taken in: their names by the word in a picture's name, and the class that each gives the workbench. */
export const THEMES = { light: 'Light Modern', dark: 'Dark Modern', 'high-contrast': 'Dark High Contrast' } as const;
const CLASSES = { light: '.vs', dark: '.vs-dark', 'high-contrast': '.hc-black' } as const;
export type ThemeWord = keyof typeof THEMES;
export const THEME_WORDS = Object.keys(THEMES) as ThemeWord[];

/** A VS Code workbench as a person sees and uses it. */
export class Workbench {
  readonly page: Page;
  #clicks = 0;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(LIMIT_MS);
  }

  /** How often a button of the mouse was pressed in the workbench; none where all is done by the keyboard. */
  get clicks(): number {
    return this.#clicks;
  }

  /** Opens the address of a workbench and waits until it can be used. */
  async open(url: string): Promise<void> {
    await this.page.exposeFunction('tellClick', () => void (this.#clicks += 1));
    await this.page.addInitScript('addEventListener("pointerdown", () => tellClick(), true)');
    await this.page.goto(url);
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
    await this.explorer().rows().first().waitFor();
  }

  /**
   * Runs a command by its full title, e.g. `Sitelift: Publish Site…`, through the palette. It is run again when nothing that is given as its
   * effect shows up, so that must be what comes first.
   */
  async runCommand(title: string, ...effects: readonly Locator[]): Promise<void> {
    const run = async () => {
      await this.openPalette(title);
      const entry = this.#quickEntry(title);
      try {
        await until(
          async () => !(await this.#palette().isVisible()),
          () => this.#enter(entry),
          { limitMs: 20_000 },
        );
      } catch (error) {
        // One that was opened before the extension was there shows its commands only when it is opened again.
        await this.closeQuickInput();
        throw error;
      }
    };
    if (effects.length === 0) {
      let isRun = false;
      return until(
        () => Promise.resolve(isRun),
        async () => {
          if (!isRun) await run();
          isRun = true;
        },
      ).then(() => undefined);
    }
    await until(() => anyVisible(effects), run, { gestureMs: 60_000 });
  }

  /** Opens the palette and types into it. */
  async openPalette(text: string): Promise<void> {
    // Escape would also leave the walkthrough, so it is for what is in the way alone.
    let isInTheWay = await this.#quickInput().isVisible();
    await until(
      () => holds(this.#palette(), `>${text}`),
      async () => {
        if (!(await this.#palette().isVisible())) {
          if (isInTheWay) await this.page.keyboard.press('Escape');
          isInTheWay = true;
          await this.page.keyboard.press('F1');
        }
        await this.#palette().fill(`>${text}`, AIM);
      },
    );
  }

  /** Closes the palette or whatever quick input is open. */
  async closeQuickInput(): Promise<void> {
    await until(
      async () => !(await this.#quickInput().isVisible()),
      () => this.page.keyboard.press('Escape'),
    );
  }

  /** Waits for the quick pick or input box that asks this. */
  async waitForQuestion(text: string): Promise<void> {
    await this.question(text).waitFor();
  }

  /** The labels of the entries that the open quick pick shows. */
  async entries(): Promise<string[]> {
    await this.#quickRows().first().waitFor();
    return this.#quickRows().locator('.quick-input-list-label .label-name').allInnerTexts();
  }

  /**
   * The entries of the palette for a text, looked up again until they are as wanted, for a minute at most: what is offered follows what was
   * read, and a palette that is open does not change.
   */
  async offered(text: string, isWanted: (entries: readonly string[]) => boolean): Promise<readonly string[]> {
    const endMs = Date.now() + 60_000;
    for (;;) {
      await this.openPalette(text);
      const entries = await this.entries();
      await this.closeQuickInput();
      if (isWanted(entries) || Date.now() > endMs) return entries;
      await this.page.waitForTimeout(POLL_MS);
    }
  }

  /** The entry of the open quick pick with this label. */
  entry(label: string): Locator {
    return this.#quickEntry(label);
  }

  /** Chooses an entry of the open quick pick by its label. */
  async pick(label: string): Promise<void> {
    const entry = this.#quickEntry(label);
    await entry.waitFor();
    await until(
      async () => !(await entry.isVisible()),
      () => this.#enter(entry),
    );
  }

  /** Types into the open quick pick, as who searches in it. */
  async search(question: string, text: string): Promise<void> {
    await this.waitForQuestion(question);
    const box = this.#quickInputBox();
    await until(
      () => holds(box, text),
      () => box.fill(text, AIM),
    );
  }

  /** Answers the input box or quick pick that asks this; without a text, with what it suggests. */
  async answer(question: string, text?: string): Promise<void> {
    await this.waitForQuestion(question);
    const box = this.#quickInputBox();
    if (text !== undefined) {
      await until(
        () => holds(box, text),
        () => box.fill(text, AIM),
      );
    }
    await until(
      async () => !(await this.question(question).isVisible()),
      async () => {
        if (await this.question(question).isVisible()) await box.press('Enter', AIM);
      },
    );
  }

  /** Shows the view of an activity bar entry. */
  async showView(title: string): Promise<void> {
    const entry = this.page.locator('.activitybar .action-item', {
      has: this.page.locator(`[aria-label^="${title}"]`),
    });
    const isShown = async () => (await entry.getAttribute('class'))?.includes('checked') === true;
    if (await isShown()) return;
    const command = `View: Show ${title}`;
    await until(isShown, async () => (await isShown()) || (await this.runCommand(command)));
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

  /** What is told of something that the mouse rests on. */
  tooltip(): Locator {
    return this.page.locator('.workbench-hover-container:visible, .monaco-hover.workbench-hover:visible').last();
  }

  /** A notification that holds the text. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text });
  }

  /** Clicks a button of the notification that holds the text, once it is there, until it has gone. */
  async answerNotification(text: string | RegExp, button: string): Promise<void> {
    const notification = this.notification(text);
    await notification.first().waitFor();
    await until(
      async () => !(await notification.first().isVisible()),
      () => notification.first().getByRole('button', { name: button, exact: true }).click(AIM),
    );
  }

  /** What the clipboard holds now. */
  readClipboard(): Promise<string> {
    return this.page.evaluate<string>('navigator.clipboard.readText()');
  }

  /** What the clipboard holds once it holds something that matches. */
  async clipboard(wanted: RegExp): Promise<string> {
    const endMs = Date.now() + LIMIT_MS;
    for (let text = await this.readClipboard(); ; text = await this.readClipboard()) {
      if (wanted.test(text)) return text;
      if (Date.now() > endMs) throw new Error(`The clipboard should match ${wanted}, but holds “${text}”.`);
      await this.page.waitForTimeout(POLL_MS);
    }
  }

  /** A notification that shows the progress of something. */
  progress(): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', {
      has: this.page.locator('.monaco-progress-container.active'),
    });
  }

  /** The modal dialog that is open or will be. */
  dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }

  /** Waits for a modal dialog, presses a button of it and gives all of its text. */
  async answerDialog(button: string): Promise<string> {
    const dialog = this.dialog();
    await dialog.waitFor();
    const text = await dialog.locator('.dialog-message-container').innerText();
    const same = dialog.filter({ hasText: text.split('\n')[0] ?? '' });
    await until(
      async () => !(await same.isVisible()),
      () => pressButton(this.page, same.getByRole('button', { name: button, exact: true })),
    );
    return text;
  }

  /** Opens a file by its path within the folder. */
  async openFile(path: string): Promise<void> {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const tab = this.page.locator('.tab.active', { hasText: name });
    const box = this.page.locator('input[placeholder^="Search files by name"]:visible');
    await until(
      async () => (await tab.isVisible()) && !(await this.#quickInput().isVisible()),
      async () => {
        if (await tab.isVisible()) return this.closeQuickInput();
        if (!(await box.isVisible())) {
          await this.page.keyboard.press('Escape');
          await this.page.keyboard.press('Control+P');
        }
        // It is asked for anew, as VS Code answers at first from what it found before, which lacks a new file.
        await box.fill('', AIM);
        await box.fill(path, AIM);
        await this.#quickEntry(name).click({ timeout: 2000 });
      },
      { gestureMs: 2000 },
    );
    await this.page.locator('.editor-instance .view-lines').first().waitFor();
  }

  /** Puts the cursor of the active editor on a line and column, both from 1. */
  async goTo(line: number, column: number): Promise<void> {
    const place = this.page.locator('.statusbar-item', { hasText: `Ln ${line}, Col ${column}` });
    await until(
      async () => (await place.isVisible()) && !(await this.#quickInput().isVisible()),
      async () => {
        await this.page.keyboard.press('Escape');
        await this.page.keyboard.press('Control+G');
        await this.#quickInputBox().fill(`:${line}:${column}`, AIM);
        await this.page.keyboard.press('Enter');
      },
    );
  }

  /** Opens the light bulb's menu at the cursor; gives its entries, of which one begins as given. */
  async openLightBulb(title: string): Promise<Locator> {
    const entries = this.page.locator('.action-widget .monaco-list-row.action');
    await until(
      () => entries.filter({ hasText: title }).first().isVisible(),
      async () => {
        // What is offered depends on what was read of AWS, and a menu that is open does not change.
        await this.page.keyboard.press('Escape');
        await this.page.keyboard.press('Control+.');
      },
      { gestureMs: 10_000 },
    );
    return entries;
  }

  /** Chooses an entry of the light bulb's menu by what it begins with, until it has changed the document. */
  async chooseAction(title: string): Promise<void> {
    const dirty = this.page.locator('.tab.active.dirty');
    await until(
      () => dirty.isVisible(),
      async () => (await this.openLightBulb(title)).filter({ hasText: title }).first().click(AIM),
      { gestureMs: 10_000 },
    );
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
    const dirty = this.page.locator('.tab.active.dirty');
    await dirty.waitFor();
    await until(
      async () => !(await dirty.isVisible()),
      () => this.page.keyboard.press('Control+S'),
    );
  }

  /** Chooses a colour theme by its name, e.g. `Dark Modern`. */
  async chooseTheme(word: ThemeWord): Promise<void> {
    const name = THEMES[word];
    await this.runCommand('Preferences: Color Theme');
    await until(
      () => this.page.locator(`.monaco-workbench${CLASSES[word]}`).isVisible(),
      async () => {
        if (!(await this.#quickInput().isVisible())) await this.runCommand('Preferences: Color Theme');
        await this.#quickInputBox().fill(name, AIM);
        await this.#quickEntry(name).waitFor(AIM);
        await this.page.keyboard.press('Enter');
      },
    );
    await this.closeQuickInput();
  }

  /** Takes a picture in each theme of what is shown anew in each, and taken away again but in the last. */
  async inThemes(name: string, show: () => Promise<unknown>, takeAway?: () => Promise<unknown>): Promise<void> {
    for (const [index, theme] of THEME_WORDS.entries()) {
      await this.chooseTheme(theme);
      await show();
      await this.screenshot(`${name}-${theme}`);
      if (index < THEME_WORDS.length - 1) await takeAway?.();
    }
  }

  /** Leaves a picture in `out/screenshots/`. */
  async screenshot(name: string): Promise<string> {
    await mkdir(SCREENSHOTS, { recursive: true });
    const path = join(SCREENSHOTS, `${name}.png`);
    // A menu that is fading in is shown as it will be.
    await this.page.screenshot({ path, animations: 'disabled' });
    return path;
  }

  /** Goes to an entry of the open quick pick by the arrow keys, and accepts it. */
  async #enter(entry: Locator): Promise<void> {
    await entry.waitFor(AIM);
    if (await goToRow(this.page, entry)) await this.page.keyboard.press('Enter');
  }

  #palette(): Locator {
    return this.page.locator('input[placeholder="Type the name of a command to run."]:visible');
  }

  /** The quick input while it asks this. */
  question(text: string): Locator {
    const asked = this.page
      .locator(`input[placeholder*="${text}"]`)
      .or(this.page.locator('.quick-input-message', { hasText: text }));
    return this.#quickInput().filter({ has: asked });
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
    // A space is between a label and its icon.
    const name = this.page.locator('.label-name', { hasText: new RegExp(`^\\s*${escape(label)}$`) });
    return this.#quickRows().filter({ has: name }).first();
  }
}

/** True as soon as one of them can be seen. */
async function anyVisible(locators: readonly Locator[]): Promise<boolean> {
  const seen = await Promise.all(locators.map((locator) => locator.first().isVisible()));
  return seen.includes(true);
}

/** True when an input is there and holds the text; waits for nothing. */
function holds(input: Locator, text: string): Promise<boolean> {
  return input.evaluateAll(
    (inputs, wanted) => inputs.some((found) => (found as { value?: string }).value === wanted),
    text,
  );
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
