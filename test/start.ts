import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkMainJob } from './e2e/check';
import { showSitelift } from './e2e/opening';
import { startSession, type Session } from './e2e/session';
import { Workbench } from './e2e/workbench';
import { setUp } from './setup/setUp';

const USAGE = `npm start              a VS Code with Sitelift on a sample site, and a local AWS to provision it in, until Ctrl-C
npm start -- --check   does the main job in that workbench by itself, and exits`;
const SAMPLE = join(__dirname, 'fixtures', 'sample-site');

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const stopAsked = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await setUp(['python', 'vscode', 'machine', 'extension']);
  const window = !values.check && Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
  console.log('Starting the local AWS and VS Code');
  const session = await startSession({ siteFolder: SAMPLE, sandbox: { machines: true }, window });
  try {
    if (values.check)
      await Promise.race([checkMainJob(session, SAMPLE), stopAsked.then(() => Promise.reject(new Error('Stopped.')))]);
    else await Promise.race([show(session, window), stopAsked]);
  } finally {
    console.log('Stopping');
    await session.close();
  }
}

/** Opens a window where there is a display, until it is closed; otherwise tells how to open one. */
async function show({ server, browser, sandbox, workspace }: Session, window: boolean): Promise<void> {
  const url = server.url(workspace);
  console.log(`\nVS Code with Sitelift on a copy of the sample site: ${url}`);
  if (window) {
    console.log(
      'It opens in a browser window of its own. Closing it, or Ctrl-C here, ends everything and leaves nothing.',
    );
    const [page = await browser.context.newPage()] = browser.context.pages();
    const closed = new Promise((resolve) => browser.context.once('close', resolve));
    const workbench = new Workbench(page);
    const opened = workbench.open(url).then(() => showSitelift(workbench));
    opened.catch((error: unknown) => {
      // Whoever is quicker than this, or closes the window meanwhile, is not to be stopped by it.
      console.log(`Sitelift is the last icon of the activity bar (it did not open by itself: ${String(error)}).`);
    });
    await closed;
    return;
  }
  console.log(`Instances and images have AWS names that only the proxy of the local AWS knows. A browser that sees them all:
  chromium --user-data-dir=$(mktemp -d) --proxy-server=${sandbox.proxyUrl} \\
    --ignore-certificate-errors-spki-list=${sandbox.caKeyHash} '${url}'
Ctrl-C ends everything and leaves nothing.`);
  await new Promise(() => undefined);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
