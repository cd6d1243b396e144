import { isAbsolute, relative, sep } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as vscode from 'vscode';
import { existingFiles } from '../../core/html/existingFiles';
import { isNearImage } from '../../core/html/nearImage';
import { plainText } from '../../core/plainText';
import type { DistributionState, ImageFinding, LocalImage } from '../../core/html/rules/imageSource';
import type { HtmlChunk } from '../chunks';

/** What is known of the site that a document belongs to. */
export interface ImageLocation {
  /** Absolute path of the folder that is published. */
  readonly rootFolder: string;
  /** Domain name of the distribution. */
  readonly domain: string | undefined;
  readonly distributionState: DistributionState;
  /** Whether the asset at a path from the root is in the bucket, as last seen. */
  uploaded(path: string): boolean;
}

/** What the image actions need of the application. */
export interface ImageActionSource {
  /** The site of a document; undefined when it belongs to none. */
  locate(documentPath: string): Promise<ImageLocation | undefined>;
  loadHtml(): Promise<HtmlChunk>;
}

/** Kind of the actions, for key bindings and settings. */
const KIND = vscode.CodeActionKind.RefactorRewrite.append('cdn');

/** Offers to make the local images of a page load from the CDN. */
export function registerImageActions(source: ImageActionSource): vscode.Disposable {
  return vscode.languages.registerCodeActionsProvider(
    { language: 'html', scheme: 'file' },
    new ImageActionProvider(source),
    { providedCodeActionKinds: [KIND] },
  );
}

class ImageAction extends vscode.CodeAction {
  readonly document: vscode.TextDocument;
  readonly version: number;
  readonly findings: readonly ImageFinding[];

  constructor(title: string, document: vscode.TextDocument, findings: readonly ImageFinding[]) {
    super(plainText(title), KIND);
    this.document = document;
    this.version = document.version;
    this.findings = findings.filter(({ blocked }) => blocked === undefined);
    const reason = findings.find(({ blocked }) => blocked !== undefined)?.blocked;
    if (this.findings.length === 0 && reason !== undefined) this.disabled = { reason: plainText(reason) };
  }
}

/** Finds the actions; VS Code's own command for that leaves out disabled ones. */
export class ImageActionProvider implements vscode.CodeActionProvider<ImageAction> {
  readonly #source: ImageActionSource;
  readonly #parsed = new WeakMap<vscode.TextDocument, { version: number; page: string; images: LocalImage[] }>();

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

    const images = this.#imagesOf(document, page, html);
    const paths = new Set(images.map(({ reference }) => reference.path));
    const existing = await existingFiles(location.rootFolder, paths);
    if (token.isCancellationRequested) return [];

    const site = {
      domain: location.domain,
      distributionState: location.distributionState,
      exists: (path: string) => existing.has(path),
      uploaded: (path: string) => location.uploaded(path),
    };
    const actions = actionsFor(document, range, html.findImageSources(images, site));
    return invoked ? actions.map((action) => this.resolveCodeAction(action)) : actions;
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

  #imagesOf(document: vscode.TextDocument, page: string, html: HtmlChunk): LocalImage[] {
    const known = this.#parsed.get(document);
    if (known?.version === document.version && known.page === page) return known.images;
    const images = html.findLocalImages(html.parseHtml(document.getText()), page);
    this.#parsed.set(document, { version: document.version, page, images });
    return images;
  }
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
  if (!range.isEmpty && /<ima?ge?[\s/]/i.test(document.getText(range))) return true;
  const cursor = document.offsetAt(range.start);
  const start = Math.max(0, cursor - REACH);
  const near = new vscode.Range(document.positionAt(start), document.positionAt(cursor + REACH));
  return isNearImage(document.getText(near), cursor - start);
}

/** The path of a file below a folder, with `/` between segments; undefined when it lies elsewhere. */
function pathBelow(folder: string, file: string): string | undefined {
  const path = relative(folder, file);
  return path === '' || path.startsWith(`..${sep}`) || path === '..' || isAbsolute(path)
    ? undefined
    : path.split(sep).join('/');
}
