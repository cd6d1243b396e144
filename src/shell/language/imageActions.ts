import { setImmediate as nextTurn } from 'node:timers/promises';
import * as vscode from 'vscode';
import { EDITED_PAGE_LIMIT } from '../../core/html/limits';
import { isNearImage } from '../../core/html/nearImage';
import { plainText } from '../../core/plainText';
import type { DistributionState, ImageFinding } from '../../core/html/rules/imageSource';
import { pathBelow } from '../../core/pathBelow';
import type { ImageFinder } from '../../core/worker/imageFinder';
import type { FoundImages } from '../../core/worker/tasks';
import type { HtmlChunk } from '../chunks';

/** What is known of the site that a document belongs to. */
export interface ImageLocation {
  /** Absolute path of the folder that is published. */
  readonly rootFolder: string;
  /** Domain name of the distribution. */
  readonly domain: string | undefined;
  readonly distributionState: DistributionState;
  /** Whether the asset at a path from the root is in the bucket, as last seen; undefined when the bucket could not be read. */
  uploaded(path: string): boolean | undefined;
}

/** What the image actions need of the application. */
export interface ImageActionSource {
  /** The site of a document; undefined when it belongs to none. */
  locate(documentPath: string): Promise<ImageLocation | undefined>;
  loadHtml(): Promise<Pick<HtmlChunk, 'createImageFinder' | 'findImageSources'>>;
}

/** Kind of the actions, for key bindings and settings. */
const KIND = vscode.CodeActionKind.RefactorRewrite.append('cdn');

/** Offers to make the local images of a page load from the CDN. */
export function registerImageActions(source: ImageActionSource): vscode.Disposable {
  const provider = new ImageActionProvider(source);
  const selector = { language: 'html', scheme: 'file' };
  const metadata = { providedCodeActionKinds: [KIND] };
  return vscode.Disposable.from(vscode.languages.registerCodeActionsProvider(selector, provider, metadata), provider);
}

class ImageAction extends vscode.CodeAction {
  readonly document: vscode.TextDocument;
  readonly version: number;
  readonly findings: readonly ImageFinding[];

  constructor(title: string, document: vscode.TextDocument, findings: readonly ImageFinding[], giveUp?: string) {
    super(plainText(title), KIND);
    this.document = document;
    this.version = document.version;
    this.findings = findings.filter(({ blocked }) => blocked === undefined);
    const reason = giveUp ?? findings.find(({ blocked }) => blocked !== undefined)?.blocked;
    if (this.findings.length === 0 && reason !== undefined) this.disabled = { reason: plainText(reason) };
  }
}

/** Finds the actions; VS Code's own command for that leaves out disabled ones. */
export class ImageActionProvider implements vscode.CodeActionProvider<ImageAction>, vscode.Disposable {
  readonly #source: ImageActionSource;
  readonly #parsed = new WeakMap<vscode.TextDocument, { version: number; page: string; found: FoundImages }>();
  #finder: ImageFinder | undefined;

  constructor(source: ImageActionSource) {
    this.#source = source;
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { triggerKind }: vscode.CodeActionContext,
    token: vscode.CancellationToken,
  ): Promise<ImageAction[]> {
    const invoked = triggerKind === vscode.CodeActionTriggerKind.Invoke;
    // VS Code asks at each move of the cursor: away from images that must cost nothing, however long the page is.
    if (!invoked && !mayTouchImage(document, range)) return [];
    // Lets a cancellation arrive that is already on its way, as when typing goes on.
    await nextTurn();
    if (token.isCancellationRequested) return [];

    const location = await this.#source.locate(document.uri.fsPath);
    const page = location && pathBelow(location.rootFolder, document.uri.fsPath);
    if (location === undefined || page === undefined || token.isCancellationRequested) return [];

    const html = await this.#source.loadHtml();
    if (token.isCancellationRequested) return [];

    this.#finder ??= html.createImageFinder();
    const cancelled = new AbortController();
    const cancellation = token.onCancellationRequested(() => cancelled.abort());
    try {
      const { version } = document;
      const found = await this.#imagesOf(document, page, this.#finder, cancelled.signal);
      if ('reason' in found) return invoked ? [disabledAction(document, found.reason)] : [];
      const paths = new Set(found.images.map(({ reference }) => reference.path));
      const existing = await this.#finder.existing(location.rootFolder, paths, cancelled.signal);
      if (document.version !== version) return [];

      const site = {
        domain: location.domain,
        distributionState: location.distributionState,
        exists: (path: string) => existing.has(path),
        uploaded: (path: string) => location.uploaded(path),
      };
      const actions = actionsFor(document, range, html.findImageSources(found.images, site));
      return invoked ? actions.map((action) => this.resolveCodeAction(action)) : actions;
    } catch (error) {
      if (cancelled.signal.aborted) return [];
      throw error;
    } finally {
      cancellation.dispose();
    }
  }

  resolveCodeAction(action: ImageAction): ImageAction {
    const { document, findings, version } = action;
    if (findings.length === 0 || document.version !== version) return action;
    const edit = new vscode.WorkspaceEdit();
    for (const { range, text } of findings.flatMap(({ edits }) => edits)) {
      const place = new vscode.Range(document.positionAt(range.start), document.positionAt(range.end));
      edit.replace(document.uri, place, text);
    }
    action.edit = edit;
    return action;
  }

  dispose(): void {
    void this.#finder?.close();
  }

  async #imagesOf(
    document: vscode.TextDocument,
    page: string,
    finder: ImageFinder,
    signal: AbortSignal,
  ): Promise<FoundImages> {
    const { version } = document;
    const known = this.#parsed.get(document);
    if (known?.version === version && known.page === page) return known.found;
    // An offset behind the end is taken for the end.
    const length = document.offsetAt(new vscode.Position(document.lineCount, 0));
    const found =
      length > EDITED_PAGE_LIMIT ? { reason: 'it is too long' } : await finder.find(document.getText(), page, signal);
    this.#parsed.set(document, { version, page, found });
    return found;
  }
}

function disabledAction(document: vscode.TextDocument, reason: string): ImageAction {
  return new ImageAction(
    'Use CDN URLs for local images in this file',
    document,
    [],
    `This page is not read: ${reason}.`,
  );
}

function actionsFor(document: vscode.TextDocument, range: vscode.Range, all: readonly ImageFinding[]): ImageAction[] {
  const start = document.offsetAt(range.start);
  const end = document.offsetAt(range.end);
  const touched = all.filter(({ tag }) => tag.start <= end && start <= tag.end);
  const actions: ImageAction[] = [];
  if (touched.length > 0) actions.push(new ImageAction(titleOf(touched, 'selected images'), document, touched));
  if (all.length > touched.length) {
    actions.push(new ImageAction(titleOf(all, 'local images in this file'), document, all));
  }
  return actions;
}

function titleOf(findings: readonly ImageFinding[], what: string): string {
  const [first] = findings;
  if (first && findings.length === 1) return `Use CDN URL for ${first.path}`;
  const ready = findings.filter(({ blocked }) => blocked === undefined).length;
  const which = ready === 0 || ready === findings.length ? `all ${findings.length}` : `${ready} of ${findings.length}`;
  return `Use CDN URLs for ${which} ${what}`;
}

/** How far from the cursor a tag may begin and end, in characters, for the light bulb to find it. */
const REACH = 4000;

function mayTouchImage(document: vscode.TextDocument, range: vscode.Range): boolean {
  const cursor = document.offsetAt(range.start);
  const selected = document.offsetAt(range.end) - cursor;
  if (selected > REACH || (selected > 0 && /<ima?ge?[\s/]/i.test(document.getText(range)))) return true;
  const start = Math.max(0, cursor - REACH);
  const near = new vscode.Range(document.positionAt(start), document.positionAt(cursor + REACH));
  return isNearImage(document.getText(near), cursor - start);
}
