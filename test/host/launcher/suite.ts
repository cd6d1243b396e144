import type { BrowserContext } from 'playwright-core';
import type { WorkbenchServer } from '../../vscode/server';
import type { Asked } from './arguments';

const KEPT_LOG_LINES = 40;
/** A machine under load takes its time to load a workbench. */
const OPENING_LIMIT_MS = 300_000;

/** Opens a workbench that runs a module exporting `run()` in its extension host; resolves to the exit code. */
export async function runSuite(
  server: WorkbenchServer,
  context: BrowserContext,
  asked: Asked,
  moduleFile: string,
): Promise<number> {
  const page = await context.newPage();
  const log: string[] = [];
  const exited = new Promise<number>((resolve) => {
    void page.exposeFunction('codeAutomationExit', (code: number) => resolve(code));
  });
  await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
    log.push(`${type} ${args.map(String).join(' ')}`);
  });
  const lost = new Promise<string>((resolve) => {
    page.once('crash', () => resolve('The browser that shows VS Code crashed.'));
    page.once('close', () => resolve('The window that shows VS Code was closed.'));
    void server.ended.then(resolve);
  }).then((reason) => {
    throw new Error([reason, 'The last lines of the workbench:', ...log.slice(-KEPT_LOG_LINES)].join('\n'));
  });
  await Promise.race([
    lost,
    page.goto(
      server.url(asked.workspace, [
        ['skipWelcome', 'true'],
        ...asked.extensionFolders.map((folder) => ['extensionDevelopmentPath', server.fileUri(folder)] as const),
        ['extensionTestsPath', server.fileUri(moduleFile)],
      ]),
      { timeout: OPENING_LIMIT_MS },
    ),
  ]);
  const code = await Promise.race([exited, lost]);
  lost.catch(() => undefined);
  return code;
}
