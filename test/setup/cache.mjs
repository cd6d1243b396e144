// Plain JavaScript, since it is needed before anything is installed that could run TypeScript.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/**
 * Folder outside the checkout for big downloads and images; a missing one only makes the next run slower.
 * @param {string[]} parts
 */
export function cacheFolder(...parts) {
  const root = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(root, 'sitelift', ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * A cached folder whose `node_modules` has some npm packages in exactly these versions; it appears all at once, when they are installed.
 * @param {string} name
 * @param {Readonly<Record<string, string>>} packages
 * @param {string} [nodeBin] folder of the Node that npm and install scripts run under; default: the one on PATH
 */
export async function packageFolder(name, packages, nodeBin) {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  const unfinished = await mkdtemp(`${folder}.unfinished-`);
  try {
    await writeFile(join(unfinished, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
    await npmInstall(unfinished, nodeBin);
    await rename(unfinished, folder).catch((error) => {
      // Another run finished the same set-up first.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/**
 * @param {string} folder
 * @param {string | undefined} nodeBin
 */
async function npmInstall(folder, nodeBin) {
  const env = {
    ...outsideOfNpm(process.env),
    ...(nodeBin === undefined ? {} : { PATH: [nodeBin, process.env['PATH']].join(delimiter) }),
    // The install scripts are what makes these packages work. By the environment, because one of them runs npm again.
    npm_config_dangerously_allow_all_scripts: 'true',
  };
  const child = spawn('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, env, stdio: 'pipe' });
  child.stdin.end();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const [code] = await once(child, 'close');
  if (code === 0) return;
  const end = output.trimEnd().split('\n').slice(-40).join('\n');
  throw new Error(`npm packages could not be installed in ${folder} (npm ended with ${code}):\n${end}`);
}

/**
 * Without what an enclosing `npm run` set, which would point this npm at the project, or keep to itself why it failed.
 * @param {NodeJS.ProcessEnv} env
 */
function outsideOfNpm(env) {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) =>
        !/^(npm_(package|lifecycle|command|config_local_prefix|config_loglevel|config_user_agent)|INIT_CWD$)/.test(
          name,
        ),
    ),
  );
}
