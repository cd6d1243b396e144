import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { showSitelift } from './opening';
import { startSession, type Session } from './session';

const CHECKOUT = join(__dirname, '..', '..');

interface Manifest {
  readonly contributes: { readonly walkthroughs: readonly { readonly steps: readonly { readonly title: string }[] }[] };
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
});
