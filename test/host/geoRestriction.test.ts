import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COUNTRY_CODES } from '../../src/core/countries';
import { parseSite, siteFileText } from '../../src/core/site';
import { askRestriction } from '../../src/shell/commands/setGeoRestriction';

type Pick = vscode.QuickPick<vscode.QuickPickItem>;

const text = siteFileText({ name: 'demo', id: 'abcd1234', account: '123456789012', region: 'us-east-1', root: '.' });

describe('the question which countries readers may be in', () => {
  const { createQuickPick } = vscode.window;
  const shown: Pick[] = [];
  before(() => {
    Object.assign(vscode.window, {
      createQuickPick: () => {
        const pick = createQuickPick();
        shown.push(pick);
        return pick;
      },
    });
  });
  beforeEach(() => (shown.length = 0));
  after(() => void Object.assign(vscode.window, { createQuickPick }));

  const asked = (geoRestriction?: object | string) => {
    const file = { ...(JSON.parse(text) as object), ...(geoRestriction ? { distribution: { geoRestriction } } : {}) };
    const site = parseSite(JSON.stringify(file));
    return askRestriction({ COUNTRY_CODES }, site, undefined);
  };
  /** The question of a number, once it is there. */
  const question = async (number: number): Promise<Pick> => {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const pick = shown[number];
      if (pick) return pick;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return assert.fail('it was not asked');
  };
  const accept = () => vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
  const choose = async (number: number, ...labels: readonly string[]): Promise<Pick> => {
    const pick = await question(number);
    const items = pick.items.filter(({ label }) => labels.includes(label));
    if (pick.canSelectMany) pick.selectedItems = items;
    else pick.activeItems = items;
    // VS Code sends what is chosen to the window with the next timer, so after this one the window has it.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await accept();
    return pick;
  };

  it('takes countries by name, found by name or code, and gives their codes', async () => {
    const answer = asked();
    await choose(0, 'All but some countries');
    const pick = await choose(1, 'France', 'Austria');
    assert.ok(pick.canSelectMany && pick.matchOnDescription);
    assert.equal(pick.items.length, COUNTRY_CODES.length);
    assert.deepEqual(await answer, { block: ['AT', 'FR'] });
  });

  it('starts from what the site file asks for, and asks for no countries where there is to be no list', async () => {
    const answer = asked({ allow: ['DE'] });
    const kinds = await question(0);
    assert.deepEqual(
      kinds.activeItems.map(({ label }) => label),
      ['Only some countries'],
    );
    await choose(0, 'Only some countries');
    const countries = await question(1);
    assert.deepEqual(
      countries.selectedItems.map(({ label }) => label),
      ['Germany'],
    );
    await accept();
    assert.deepEqual(await answer, { allow: ['DE'] });
    const none = asked({ allow: ['DE'] });
    await choose(2, 'None');
    assert.equal(await none, 'none');
    assert.equal(shown.length, 3);
  });

  it('does not refuse those that were let in when the kind of list is changed', async () => {
    const answer = asked({ allow: ['DE'] });
    await choose(0, 'All but some countries');
    assert.deepEqual((await question(1)).selectedItems, []);
    (await question(1)).hide();
    assert.equal(await answer, undefined);
  });
});
