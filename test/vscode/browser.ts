import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';
import { vscodeHost } from '../setup/vscodeHost';

/** How a browser is started. */
export interface BrowserOptions {
  /** Everything but this machine is reached through this proxy, and its authority is trusted by this browser alone. */
  readonly sandbox?: { readonly proxyUrl: string; readonly caFile: string };
  readonly headless?: boolean;
  /** Default 1440 × 900; null follows the window. */
  readonly viewport?: { readonly width: number; readonly height: number } | null;
}

/** A browser with a profile of its own, both gone after `close()`. */
export interface Browser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A window that is for a person: no bar that warns of the flags above, and as large as a picture of the workbench. */
const WINDOW_FLAGS = ['--test-type', '--window-size=1440,900'];

/** Starts Chromium. */
export async function launchBrowser(options: BrowserOptions = {}): Promise<Browser> {
  const { chromium: executablePath } = await vscodeHost();
  const home = mkdtempSync(join(tmpdir(), 'sitelift-browser-'));
  const remove = (): Promise<void> => rm(home, { recursive: true, force: true, maxRetries: 5 });
  try {
    if (options.sandbox) trust(options.sandbox.caFile, home);
    const context = await chromium.launchPersistentContext(join(home, 'profile'), {
      executablePath,
      headless: options.headless ?? true,
      viewport: options.viewport === undefined ? { width: 1440, height: 900 } : options.viewport,
      args: options.headless === false ? [...FLAGS, ...WINDOW_FLAGS] : FLAGS,
      // Whoever started the browser ends it in order.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      env: { ...definedEnvironment(), HOME: home },
      ...(options.sandbox ? { proxy: { server: options.sandbox.proxyUrl, bypass: '127.0.0.1,localhost' } } : {}),
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    return {
      context,
      async close() {
        try {
          await context.close();
        } finally {
          await remove();
        }
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Chromium on Linux trusts what the NSS database in its home says; names and dates are still verified. */
function trust(caFile: string, home: string): void {
  const folder = join(home, '.pki', 'nssdb');
  mkdirSync(folder, { recursive: true });
  const database = ['-d', `sql:${folder}`];
  execFileSync('certutil', [...database, '-N', '--empty-password']);
  execFileSync('certutil', [...database, '-A', '-t', 'C,,', '-n', 'sandbox', '-i', caFile]);
}

function definedEnvironment(): Record<string, string> {
  const pairs = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return Object.fromEntries(pairs);
}
