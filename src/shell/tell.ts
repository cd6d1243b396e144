import * as vscode from 'vscode';
import { plainText } from '../core/plainText';

const MESSAGE_LIMIT = 1000;
const LINE_LIMIT = 240;

/** A question in a dialog that must be answered before anything else; `lines` stand beneath it. */
export interface ModalQuestion {
  readonly question: string;
  readonly lines: readonly string[];
  /** Draws it as a warning. */
  readonly warns?: boolean;
}

// VS Code makes links that run commands, icons and lines of what it is given to show, so nothing else in the shell calls its functions
// for that: what comes from file names, the site file, the server or AWS goes through `plainText` here.

/** Tells something in a notification; gives the button that was clicked. Without buttons it goes away by itself. */
export function tell(message: string, ...buttons: readonly string[]): Thenable<string | undefined> {
  return vscode.window.showInformationMessage(plainText(message, MESSAGE_LIMIT), ...buttons);
}

/** Tells that something was not done; gives the button that was clicked. */
export function tellWarning(message: string, ...buttons: readonly string[]): Thenable<string | undefined> {
  return vscode.window.showWarningMessage(plainText(message, MESSAGE_LIMIT), ...buttons);
}

/** Tells a failure; gives the button that was clicked. */
export function tellFailure(message: string, ...buttons: readonly string[]): Thenable<string | undefined> {
  return vscode.window.showErrorMessage(plainText(message, MESSAGE_LIMIT), ...buttons);
}

/** Asks in a modal dialog; gives the button that was clicked, undefined for *Cancel*. Each line stays one. */
export function askModal(
  { question, lines, warns }: ModalQuestion,
  ...buttons: readonly string[]
): Thenable<string | undefined> {
  const detail = lines.map((line) => plainText(line, LINE_LIMIT)).join('\n');
  const show = warns ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  return show(plainText(question, LINE_LIMIT), { modal: true, detail }, ...buttons);
}

/** An item of a quick pick, its texts made plain, with what it stands for. */
export type PlainItem<Item> = vscode.QuickPickItem & { readonly item: Item };

/** Makes the texts of an item plain. */
export function plainItem<Item extends vscode.QuickPickItem>(item: Item): PlainItem<Item> {
  const { label, description, detail } = item;
  return {
    label: plainText(label),
    ...(description ? { description: plainText(description) } : {}),
    ...(detail ? { detail: plainText(detail) } : {}),
    item,
  };
}

/** Asks to pick one of several items. */
export async function askWhich<Item extends vscode.QuickPickItem>(
  placeHolder: string,
  items: readonly Item[],
): Promise<Item | undefined> {
  const options = { placeHolder: plainText(placeHolder), matchOnDescription: true };
  return (await vscode.window.showQuickPick(items.map(plainItem), options))?.item;
}

/** Asks for a line of text in a box that stays open while the user looks something up. */
export function askLine(
  prompt: string,
  placeHolder: string,
  problem: (text: string) => string | undefined,
): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    prompt: plainText(prompt),
    placeHolder: plainText(placeHolder),
    ignoreFocusOut: true,
    validateInput: (text) => plainText(problem(text) ?? ''),
  });
}

/** Where work under a title tells its progress, in percent more than before, and is cancelled. */
export type Surface = <Result>(title: string, work: Work<Result>) => Thenable<Result>;
type Work<Result> = (
  report: (message: string, increment: number) => void,
  cancellation: vscode.CancellationToken,
) => Promise<Result>;

/** Shows progress with *Cancel* in a notification. */
export function showProgress<Result>(title: string, work: Work<Result>): Thenable<Result> {
  const options = { location: vscode.ProgressLocation.Notification, title: plainText(title), cancellable: true };
  return vscode.window.withProgress(options, (progress, cancellation) =>
    work((message, increment) => progress.report({ message: plainText(message), increment }), cancellation),
  );
}

/** Shows in a view that it is being read. */
export function showReading<Result>(viewId: string, work: () => Promise<Result>): Thenable<Result> {
  return vscode.window.withProgress({ location: { viewId } }, work);
}

/** What the item in the status bar shows: a codicon beside a few words, lines on hovering, and all of it in words for who does not see it. */
export interface Status {
  readonly icon: string;
  readonly text: string;
  readonly tooltip: readonly string[];
  readonly spoken: string;
  readonly warns?: boolean;
}

/** An item in the status bar that runs a command; hidden until it has something to show. */
export function newStatusItem(
  id: string,
  name: string,
  command: string,
): vscode.Disposable & { show(status: Status | undefined): void } {
  const item = vscode.window.createStatusBarItem(id, vscode.StatusBarAlignment.Left, 0);
  Object.assign(item, { name, command });
  return {
    dispose: () => item.dispose(),
    show(status) {
      if (!status) return item.hide();
      item.text = `$(${status.icon}) ${plainText(status.text)}`;
      item.tooltip = status.tooltip.map((line) => plainText(line, LINE_LIMIT)).join('\n');
      item.accessibilityInformation = { label: plainText(status.spoken) };
      item.backgroundColor = status.warns ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
      item.show();
    },
  };
}
