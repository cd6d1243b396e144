import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';

const TIMEOUT_MS = 120_000;
/** As in `.mocharc.json`, which is not looked for in an extension host; the last is newer than mocha's types. */
const STRICT = { forbidOnly: true, forbidPending: true, failHookAffectedTests: true };

/** Runs the test files beside this module with mocha; what VS Code calls in the extension host. */
export async function run(): Promise<void> {
  const grep = process.env['SITELIFT_GREP'];
  const mocha = new Mocha({ ...STRICT, ui: 'bdd', color: true, timeout: TIMEOUT_MS, ...(grep ? { grep } : {}) });
  for (const name of readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('.test.js')) mocha.addFile(join(__dirname, name));
  }
  await mocha.loadFilesAsync();
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} of the host tests failed.`);
}
