import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const CHECKOUT = join(__dirname, '..', '..');

/** The extension as `npm run package` leaves it. */
export const VSIX = join(CHECKOUT, 'dist', 'sitelift.vsix');

/** Packs the extension, as `npm run package` does. */
export async function packExtension(): Promise<void> {
  const child = spawn('npm', ['run', '--silent', 'package'], { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The extension could not be packed:\n${output}`);
}
