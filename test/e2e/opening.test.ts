import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Locator } from 'playwright-core';
import { until } from '../vscode/until';
import { showSitelift, stepsOf } from './opening';
import { startSession, type Session } from './session';
import { THEME_WORDS, type Workbench } from './workbench';

const CHECKOUT = join(__dirname, '..', '..');

interface Step {
  readonly id: string;
  readonly title: string;
  readonly media: { readonly altText: string };
}

interface Manifest {
  readonly contributes: {
    readonly walkthroughs: readonly { readonly steps: readonly Step[] }[];
  };
}

describe('a workbench for a newcomer', function () {
  this.timeout(600_000);
  let session: Session;

  before(async () => {
    session = await startSession({ siteFolder: join(CHECKOUT, 'test', 'fixtures', 'sample-site') });
  });
  after(() => session?.close());

  it('opens on the Sitelift view, with the walkthrough beside it', async () => {
    const workbench = await session.openWorkbench();
    await showSitelift(workbench);
    assert.ok(await workbench.welcome().filter({ hasText: 'Create Site…' }).isVisible());
    const steps = workbench.page.locator('.gettingStartedContainer .step-title:visible');
    const { contributes } = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as Manifest;
    assert.equal((await steps.allInnerTexts())[0], contributes.walkthroughs[0]?.steps[0]?.title);
    await workbench.screenshot('walkthrough');
  });

  it('shows every step of the walkthrough whole, in light, dark and high-contrast themes', async () => {
    const workbench = await session.openWorkbench();
    const { contributes } = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as Manifest;
    for (const theme of THEME_WORDS) {
      await workbench.chooseTheme(theme);
      await showSitelift(workbench);
      for (const { id, title, media } of contributes.walkthroughs[0]?.steps ?? []) {
        const step = stepsOf(workbench).filter({ has: workbench.page.locator('.step-title', { hasText: title }) });
        await until(
          () => step.and(workbench.page.locator('.expanded')).isVisible(),
          async () => {
            if (!(await step.isVisible())) await showSitelift(workbench);
            await step.locator('.step-title').click({ timeout: 5000 });
          },
        );
        const cut = await step
          .locator('.step-title, .step-description, .step-description *')
          .evaluateAll((parts) => parts.filter((part) => part.scrollWidth > part.clientWidth && part.clientWidth > 0));
        assert.equal(cut.length, 0, `${title} is cut off`);
        assert.doesNotMatch(await step.innerText(), /[`*]/, `${title} shows markup`);
        const picture = pictureOf(workbench, media.altText);
        assert.deepEqual(await outsideOfFrames(picture), [], `words of the picture of ${title} run over its frames`);
        const colours = await coloursOf(picture);
        assert.deepEqual(colours.drawn, colours.ofTheme, `the picture of ${title} has the colours of ${theme}`);
        await workbench.screenshot(`walkthrough-${id}-${theme}`);
      }
    }
  });

  it('offers in the palette only what can be done in a folder that is no site', async () => {
    const workbench = await session.openWorkbench();
    await workbench.showView('Sitelift');
    await workbench.welcome().filter({ hasText: 'Create Site…' }).waitFor();
    const wanted = [
      // What whoever gives permissions needs, and what a folder that is gone has left.
      'Sitelift: Copy Policy',
      'Sitelift: Create Site…',
      'Sitelift: Find Leftovers',
      // VS Code's own, for every view.
      'Sitelift: Focus on Site View',
      'Sitelift: Select Profile and Region…',
      'Sitelift: Show Log',
      'Sitelift: Sign In to AWS…',
    ];
    const own = (entries: readonly string[]) => entries.filter((label) => label.startsWith('Sitelift: ')).sort();
    const offered = await workbench.offered('Sitelift:', (entries) => isDeepStrictEqual(own(entries), wanted));
    assert.deepEqual(own(offered), wanted);
  });
});

/** The picture beside a step, in the frames in which VS Code draws it. */
function pictureOf({ page }: Workbench, altText: string): Locator {
  const frame = page.locator('iframe.webview').last().contentFrame().locator('iframe#active-frame').contentFrame();
  return frame.locator(`svg[aria-label="${altText}"]`);
}

/** The words of a picture that lie in none of its frames. */
function outsideOfFrames(picture: Locator): Promise<(string | null)[]> {
  return picture.evaluate((svg) => {
    const frames = [...svg.querySelectorAll('rect')].map((frame) => frame.getBBox());
    return [...svg.querySelectorAll('text')]
      .map((text) => ({ text: text.textContent, box: text.getBBox() }))
      .filter(
        ({ box }) =>
          !frames.some(
            (frame) =>
              box.x >= frame.x + 4 &&
              box.y >= frame.y + 4 &&
              box.x + box.width <= frame.x + frame.width - 4 &&
              box.y + box.height <= frame.y + frame.height - 4,
          ),
      )
      .map(({ text }) => text);
  });
}

/** What a picture's frames and words are drawn in, and what the theme has for them. */
function coloursOf(picture: Locator): Promise<{ drawn: string[]; ofTheme: string[] }> {
  return picture.evaluate((svg) => {
    const page = svg.ownerDocument;
    const probe = page.body.appendChild(page.createElement('div'));
    const ofTheme = ['--vscode-editorWidget-background', '--vscode-foreground'].map((name) => {
      probe.style.setProperty('color', `var(${name})`);
      return page.defaultView?.getComputedStyle(probe).color ?? '';
    });
    probe.remove();
    const drawn = [svg.querySelector('rect') ?? svg, svg].map(
      (element) => page.defaultView?.getComputedStyle(element).fill ?? '',
    );
    return { drawn, ofTheme };
  });
}
