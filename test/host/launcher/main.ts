import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from '../../vscode/browser';
import { serverEnvironment, startWorkbenchServer } from '../../vscode/server';
import { readArguments } from './arguments';
import { forwardOutput } from './output';
import { runSuite } from './suite';

/** Runs one test module in the extension host of a VS Code server whose workbench is open in headless Chromium. */
async function main(): Promise<number> {
  const asked = await readArguments(process.argv.slice(2));
  const dataFolder = await mkdtemp(join(tmpdir(), 'sitelift-vscode-'));
  try {
    const server = await startWorkbenchServer({
      dataFolder,
      settings: asked.settings,
      env: serverEnvironment(),
      workspaceTrust: asked.workspaceTrust,
      development: true,
    });
    try {
      const browser = await launchBrowser();
      const output = await forwardOutput(asked.testsFile, dataFolder);
      try {
        return await runSuite(server, browser.context, asked, output.moduleFile);
      } finally {
        output.finish();
        await browser.close();
      }
    } finally {
      await server.stop();
    }
  } finally {
    await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
