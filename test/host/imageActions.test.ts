import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ImageFinder } from '../../src/core/worker/imageFinder';
import { loadHtml } from '../../src/shell/chunks';
import {
  ImageActionProvider,
  registerImageActions,
  type ImageActionSource,
  type ImageLocation,
} from '../../src/shell/language/imageActions';
import { until } from '../vscode/until';

const HTML = [
  '<!doctype html>',
  '<p>Grüße 😀</p>',
  '<img alt="one" src="../images/a.png">',
  "<IMG SRC='/images/%C3%A4%20b.png?v=1' >",
  '<img src=../images/new.png>',
  '<img src="../images/none.png"><img src="https://example.com/images/a.png">',
  '<!-- <img src="../images/a.png"> -->',
].join('\r\n');
const CDN = 'https://d1.cloudfront.net/images';

describe('image actions', () => {
  let folder: string;
  let registration: vscode.Disposable;
  let provider: ImageActionProvider;
  let document: vscode.TextDocument;
  let site: Partial<ImageLocation> = {};

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-actions-'));
    for (const name of ['blog', 'images']) await mkdir(join(folder, name));
    for (const name of ['a.png', 'ä b.png', 'new.png']) await writeFile(join(folder, 'images', name), 'x');
    await writeFile(join(folder, 'blog/page.html'), HTML);
    document = await vscode.workspace.openTextDocument(join(folder, 'blog/page.html'));
    const source: ImageActionSource = {
      async loadHtml() {
        const html = await loadHtml();
        return { ...html, createImageFinder: () => countTurns(html.createImageFinder()) };
      },
      locate: (path) =>
        Promise.resolve(
          path.startsWith(folder)
            ? {
                rootFolder: folder,
                domain: 'd1.cloudfront.net',
                distributionState: 'deployed',
                uploaded: (asset) => asset !== 'images/new.png',
                ...site,
              }
            : undefined,
        ),
    };
    provider = new ImageActionProvider(source);
    registration = registerImageActions(source);
  });
  after(async () => {
    registration.dispose();
    provider.dispose();
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await rm(folder, { recursive: true });
  });
  afterEach(() => (site = {}));

  const { Automatic, Invoke } = vscode.CodeActionTriggerKind;

  function rangeOf(from: string, to = from): vscode.Range {
    const text = document.getText();
    return new vscode.Range(document.positionAt(text.indexOf(from)), document.positionAt(text.indexOf(to)));
  }

  function actions(
    range: vscode.Range,
    triggerKind = Invoke,
    token = new vscode.CancellationTokenSource().token,
    page = document,
  ) {
    return provider.provideCodeActions(page, range, { diagnostics: [], only: undefined, triggerKind }, token);
  }

  /** How often the extension host came round while images were found. */
  let turnsToFind = 0;
  function countTurns(finder: ImageFinder): ImageFinder {
    return {
      ...finder,
      async find(...asked) {
        let waiting = true;
        const turning = (async () => {
          for (; waiting; turnsToFind += 1) await nextTurn();
        })();
        try {
          return await finder.find(...asked);
        } finally {
          waiting = false;
          await turning;
        }
      },
    };
  }

  let pages = 0;
  async function newPage(text: string): Promise<vscode.TextDocument> {
    const file = join(folder, 'blog', `page-${(pages += 1)}.html`);
    await writeFile(file, text);
    return vscode.workspace.openTextDocument(file);
  }

  const titles = (found: readonly vscode.CodeAction[]) => found.map(({ title }) => title);

  it('are offered for the image under the cursor and for the file', async () => {
    const found = await actions(rangeOf('../images/a.png'));
    assert.deepEqual(titles(found), [
      'Use CDN URL for images/a.png',
      'Use CDN URLs for 2 of 3 local images in this file',
    ]);
    assert.ok(found.every(({ kind }) => kind && vscode.CodeActionKind.RefactorRewrite.contains(kind)));
    assert.ok(found.every(({ disabled, edit }) => disabled === undefined && edit !== undefined));
  });

  it('are offered for a selection of images', async () => {
    const found = await actions(rangeOf('<img alt="one"', '<img src=../images/new'));
    assert.deepEqual(titles(found)[0], 'Use CDN URLs for 2 of 3 selected images');
  });

  it('are offered for the file alone where no image of the site is', async () => {
    for (const place of ['<!doctype', '../images/none.png', 'https://example.com', '<!-- <img s']) {
      assert.deepEqual(
        titles(await actions(rangeOf(place))),
        ['Use CDN URLs for 2 of 3 local images in this file'],
        place,
      );
    }
  });

  it('are offered disabled, with the reason, for an image that is not in the bucket', async () => {
    const [action] = await actions(rangeOf('<img src=../images/new'));
    assert.equal(action?.title, 'Use CDN URL for images/new.png');
    assert.match(action?.disabled?.reason ?? '', /images\/new\.png is not in the bucket yet/);
  });

  it('are offered disabled, with the reason, while there is no distribution', async () => {
    site = { distributionState: 'absent', domain: undefined };
    const found = await actions(rangeOf('../images/a.png'));
    assert.equal(titles(found)[1], 'Use CDN URLs for all 3 local images in this file');
    assert.ok(found.every(({ disabled }) => disabled?.reason.includes('no distribution yet')));
  });

  it('are not offered outside of the root', async () => {
    site = { rootFolder: join(folder, 'images') };
    assert.deepEqual(await actions(rangeOf('../images/a.png')), []);
  });

  it('come with their edits only once chosen when VS Code asks by itself', async () => {
    const [action] = await actions(rangeOf('../images/a.png'), Automatic);
    assert.ok(action && action.edit === undefined);
    assert.ok(provider.resolveCodeAction(action).edit);
  });

  it('are not looked for by themselves away from images', async () => {
    assert.deepEqual(await actions(rangeOf('Grüße'), Automatic), []);
  });

  it('are given up when cancelled', async () => {
    const cancellation = new vscode.CancellationTokenSource();
    const found = actions(rangeOf('../images/a.png'), Invoke, cancellation.token);
    cancellation.cancel();
    assert.deepEqual(await found, []);
  });

  it('are found in a large page without holding up the extension host', async () => {
    const large = await newPage(
      '<p title="x &amp; y"><img src="../images/a.png"></p>\n'.repeat(4000) + '<i>x</i>'.repeat(60_000),
    );
    turnsToFind = 0;
    const found = await actions(new vscode.Range(0, 0, 0, 0), Invoke, undefined, large);
    assert.deepEqual(titles(found), ['Use CDN URLs for all 4000 local images in this file']);
    assert.ok(turnsToFind > 100, `the extension host had ${turnsToFind} turns meanwhile`);
  });

  it('are offered disabled, with the reason, when asked for in a page that is not read', async () => {
    const image = '<img src="../images/a.png">';
    const cases: readonly (readonly [string, RegExp])[] = [
      [image + '<div>'.repeat(600), /not read: its elements are nested more than 512 deep\./],
      [image.repeat(5001), /not read: it has more than 5000 local images\./],
      [image + ' '.repeat(4 * 1024 * 1024), /not read: it is too long\./],
    ];
    for (const [text, reason] of cases) {
      const page = await newPage(text);
      const start = new vscode.Range(0, 5, 0, 5);
      const [action, ...others] = await actions(start, Invoke, undefined, page);
      assert.match(action?.disabled?.reason ?? '', reason);
      assert.deepEqual(others, []);
      assert.deepEqual(await actions(start, Automatic, undefined, page), []);
    }
  });

  it('are found by themselves when a large selection holds images', async () => {
    const page = await newPage('<p>x</p>\n'.repeat(2000) + '<img src="../images/a.png">' + '<p>x</p>\n'.repeat(2000));
    const all = new vscode.Range(0, 0, page.lineCount, 0);
    assert.deepEqual(titles(await actions(all, Automatic, undefined, page)), ['Use CDN URL for images/a.png']);
  });

  it('rewrite all ready images at once, byte for byte, and one undo brings all back', async () => {
    // A window that has just started asks providers only once it knows the document's language.
    const all = await until(
      async () => {
        const offered = await vscode.commands.executeCommand<vscode.CodeAction[]>(
          'vscode.executeCodeActionProvider',
          document.uri,
          rangeOf('../images/a.png'),
          undefined,
          20,
        );
        return offered.find(({ title, edit }) => title.includes('in this file') && edit !== undefined);
      },
      () => Promise.resolve(),
      { limitMs: 100_000 },
    );
    assert.ok(all.edit);
    await vscode.window.showTextDocument(document);
    assert.ok(await vscode.workspace.applyEdit(all.edit));
    const expected = HTML.replace('../images/a.png', `${CDN}/a.png`).replace('/images/%C3%A4', `${CDN}/%C3%A4`);
    assert.equal(document.getText(), expected);
    assert.deepEqual(titles(await actions(rangeOf('<!doctype'))), ['Use CDN URL for images/new.png']);

    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), HTML);
  });
});
