import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** What the launcher was asked to run, from the command line of a desktop VS Code. */
export interface Asked {
  readonly extensionFolders: readonly string[];
  readonly testsFile: string;
  readonly workspace: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly workspaceTrust: boolean;
}

/** Reads the arguments that `runTests` passes; those that only concern a desktop window are accepted and left alone. */
export async function readArguments(args: readonly string[]): Promise<Asked> {
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    options: {
      extensionDevelopmentPath: { type: 'string', multiple: true },
      extensionTestsPath: { type: 'string' },
      'user-data-dir': { type: 'string' },
      'extensions-dir': { type: 'string' },
      'workspace-trust': { type: 'boolean' },
    },
  });
  const testsFile = values.extensionTestsPath;
  const workspace = positionals[0];
  if (typeof testsFile !== 'string' || workspace === undefined) {
    throw new Error('The launcher needs a folder and --extensionTestsPath=<file>.');
  }
  const userData = values['user-data-dir'];
  return {
    extensionFolders: (values.extensionDevelopmentPath ?? []).filter((folder) => typeof folder === 'string'),
    testsFile,
    workspace,
    settings: typeof userData === 'string' ? await readSettings(userData) : {},
    workspaceTrust: values['workspace-trust'] === true,
  };
}

/** The settings that the caller put where a desktop VS Code keeps them. */
async function readSettings(userDataFolder: string): Promise<Record<string, unknown>> {
  const text = await readFile(join(userDataFolder, 'User', 'settings.json'), 'utf8');
  return JSON.parse(text) as Record<string, unknown>;
}
