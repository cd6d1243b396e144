import * as vscode from 'vscode';
import type { App } from './app';
import { askLine, askModal, tell, type ModalQuestion } from './tell';

/** Who is asked before something changes. */
export interface Person {
  /** Asks in a modal dialog; gives the button that was chosen, undefined for none. */
  chooses(question: ModalQuestion, buttons: readonly string[]): PromiseLike<string | undefined>;
  /** Opens a text beside the question; true when the person, having read it, wants to be asked again. */
  reads(title: string, text: string, signal: AbortSignal): Promise<boolean>;
  /** Asks for the name of what loses data; true when it was typed. */
  types(name: string): Promise<boolean>;
}

/** Scheme of the documents that show a whole plan. */
const SCHEME = 'sitelift-plan';
const registered = new WeakMap<App, Map<string, string>>();

/** The person in front of this window. */
export function personOf(app: App): Person {
  return {
    chooses: (question, buttons) => askModal(question, ...buttons),
    async reads(title, text, signal) {
      await openText(app, title, text);
      signal.throwIfAborted();
      const goOn = 'Continue…';
      const cancelled = new Promise<undefined>((resolve) =>
        signal.addEventListener('abort', () => resolve(undefined), { once: true }),
      );
      const asked = tell('Read the plan in the editor, then continue. Nothing has been changed yet.', goOn, 'Cancel');
      const answer = await Promise.race([asked, cancelled]);
      signal.throwIfAborted();
      return answer === goOn;
    },
    async types(name) {
      const typed = await askLine(`This loses data for good. Type the site’s name, ${name}, to go on.`, name, (text) =>
        text === name ? undefined : `Type ${name} to go on.`,
      );
      return typed === name;
    },
  };
}

/** Opens a text in an editor that cannot change it. */
export async function openText(app: App, title: string, text: string): Promise<void> {
  let texts = registered.get(app);
  if (!texts) {
    const shown = new Map<string, string>();
    texts = shown;
    registered.set(app, shown);
    app.subscriptions.push(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
        provideTextDocumentContent: (uri) => shown.get(uri.toString()) ?? '',
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => void shown.delete(uri.toString())),
    );
  }
  // Each text has an address of its own, because VS Code keeps what it once got from an address.
  const name = title
    .replace(/[^\p{L}\p{N} ]+/gu, ' ')
    .trim()
    .replace(/\s+/g, ' ');
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.txt`, query: String(Date.now()) });
  texts.set(uri.toString(), text);
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: true });
}
