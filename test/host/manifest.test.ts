import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { INTENTS } from '../../src/shell/intents';

interface Manifest {
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly configuration: {
      readonly properties: Readonly<Record<string, { readonly default?: unknown; readonly scope: string }>>;
    };
    readonly taskDefinitions: readonly {
      readonly type: string;
      readonly required: readonly string[];
      readonly properties: { readonly command: { readonly enum: readonly string[] } };
    }[];
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when: string }[]>>;
    readonly keybindings: readonly { readonly command: string; readonly when: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly walkthroughs: readonly { readonly steps: readonly { readonly description: string }[] }[];
    readonly viewsWelcome: readonly { readonly view: string; readonly contents: string }[];
  };
}

const extension = () => vscode.extensions.getExtension('sitelift.sitelift') ?? assert.fail('not installed');
const ids = () =>
  Object.keys(INTENTS)
    .map((name) => `sitelift.${name}`)
    .sort();
const contributes = () => (extension().packageJSON as Manifest).contributes;

describe('the manifest', () => {
  it('declares the commands that are in the table and registered', async () => {
    await extension().activate();
    const declared = contributes()
      .commands.map(({ command }) => command)
      .sort();
    const registered = (await vscode.commands.getCommands(true)).filter((id) => /^sitelift\.[a-zA-Z]+$/.test(id));
    assert.deepEqual(declared, ids());
    assert.deepEqual(registered.filter((id) => declared.includes(id)).sort(), declared);
  });

  it('names only commands and views that exist in menus, welcome texts and walkthroughs', async () => {
    const all = new Set(await vscode.commands.getCommands(true));
    const views = Object.values(contributes().views).flatMap((list) => list.map(({ id }) => id));
    const inMenus = Object.values(contributes().menus).flatMap((list) => list.map(({ command }) => command));
    const texts = contributes().viewsWelcome;
    const steps = contributes().walkthroughs.flatMap((walkthrough) => walkthrough.steps);
    const onKeys = contributes().keybindings.map(({ command }) => command);
    const prose = [...texts.map(({ contents }) => contents), ...steps.map(({ description }) => description)];
    const inTexts = prose.flatMap((contents) => [...contents.matchAll(/\(command:([\w.]+)\)/g)].map(([, id]) => id));
    assert.deepEqual(
      [...inMenus, ...onKeys, ...inTexts].filter((id) => !all.has(id ?? '')),
      [],
    );
    assert.deepEqual(
      texts.filter(({ view }) => !views.includes(view)),
      [],
    );
  });

  it('offers every command in the palette only when it can work', () => {
    const inPalette = contributes().menus['commandPalette'] ?? [];
    const named = inPalette.map(({ command }) => command).sort();
    // The log can be shown at any time.
    assert.deepEqual([...named, 'sitelift.showLog'].sort(), ids());
    for (const { command, when } of inPalette) {
      assert.match(when, /isWorkspaceTrusted/, command);
      // What is left of sites is looked for without any folder as well.
      if (command !== 'sitelift.findLeftovers') assert.match(when, /sitelift\.|workspaceFolderCount/, command);
    }
  });

  it('publishes on save only where it was turned on, never by the settings of a workspace that is not trusted', () => {
    const { capabilities, contributes: parts } = extension().packageJSON as Manifest;
    const { default: value, scope } = parts.configuration.properties['sitelift.publishOnSave'] ?? {};
    assert.deepEqual([value, scope], [false, 'resource']);
    assert.ok(capabilities.untrustedWorkspaces.restrictedConfigurations.includes('sitelift.publishOnSave'));
  });

  it('declares what a task can do', () => {
    const [task] = contributes().taskDefinitions;
    assert.deepEqual([task?.type, task?.required], ['sitelift', ['command']]);
    assert.deepEqual(task?.properties.command.enum, ['publish', 'verify']);
  });

  it('shows every command in the category Sitelift', () => {
    for (const { category } of contributes().commands) assert.equal(category, 'Sitelift');
  });
});
