import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadAndUnzipVSCode, runTests, TestRunFailedError } from '@vscode/test-electron';
import type { Sandbox } from '../sandbox/sandbox';
import { vscodeHost } from '../setup/vscodeHost';

/** A test module and what it runs in. */
export interface HostRun {
  /** A CommonJS module that exports `run(): Promise<void>`. */
  readonly testsFile: string;
  readonly workspace: string;
  readonly sandbox?: Sandbox | undefined;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The folder is not trusted. Only in the VS Code server, since `runTests` makes a desktop VS Code trust all. */
  readonly restricted?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

const EXTENSION_FOLDER = join(__dirname, '..', '..');
const LAUNCHER = join(__dirname, 'launcher', 'code');

/** Runs a test module in the extension host of a real VS Code; false when it failed. */
export async function runInHost(run: HostRun): Promise<boolean> {
  const vscodeExecutablePath = run.restricted ? await launcher() : await executable();
  const profile = await mkdtemp(join(tmpdir(), 'sitelift-profile-'));
  try {
    await mkdir(join(profile, 'User'));
    const settings = { ...(run.sandbox ? { 'http.proxy': run.sandbox.proxyUrl } : {}), ...run.settings };
    await writeFile(join(profile, 'User', 'settings.json'), JSON.stringify(settings));
    await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: EXTENSION_FOLDER,
      extensionTestsPath: run.testsFile,
      launchArgs: [
        run.workspace,
        `--user-data-dir=${profile}`,
        `--extensions-dir=${join(profile, 'extensions')}`,
        ...(run.restricted ? ['--workspace-trust'] : []),
      ],
      extensionTestsEnv: { ...(run.sandbox ? sandboxEnvironment(run.sandbox) : {}), ...run.env },
    });
    return true;
  } catch (error) {
    if (error instanceof TestRunFailedError) return false;
    throw error;
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A desktop VS Code where one is named or can be downloaded (`SITELIFT_VSCODE`: a path or a version), else our launcher. */
async function executable(): Promise<string> {
  const asked = process.env['SITELIFT_VSCODE'];
  if (asked === undefined || asked === '') {
    return process.platform === 'linux' ? launcher() : downloadAndUnzipVSCode();
  }
  return /[\\/]/.test(asked) ? asked : downloadAndUnzipVSCode(asked);
}

/** Sets up what the launcher needs here, because the launcher's own environment may only reach the sandbox. */
async function launcher(): Promise<string> {
  await vscodeHost();
  return LAUNCHER;
}

/** The sandbox's, and nothing of this machine's own AWS set-up. */
function sandboxEnvironment(sandbox: Sandbox): Record<string, string | undefined> {
  const own = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(own.map((name) => [name, undefined])),
    ...sandbox.env,
    SITELIFT_CONTROL_PLANE: sandbox.endpointUrl,
  };
}
