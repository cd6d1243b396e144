import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { buildExtension } from '../../esbuild';
import { toolsNode } from './toolsNode.mjs';

const CHECKOUT = join(__dirname, '..', '..');
const FLAGS = ['--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository'];

/** The packed extension. */
export const VSIX = join(CHECKOUT, 'dist', 'sitelift.vsix');

/** Builds the extension and packs it; gives what the packer said. */
export async function packExtension(): Promise<string> {
  await buildExtension();
  const { bin } = await toolsNode();
  const env = { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) };
  const vsce = join(CHECKOUT, 'node_modules', '.bin', 'vsce');
  try {
    const { stdout } = await promisify(execFile)(vsce, ['package', ...FLAGS, '--out', VSIX], { cwd: CHECKOUT, env });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`The extension could not be packed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}

if (require.main === module) {
  packExtension().then(
    (output) => console.log(output.trimEnd()),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}
