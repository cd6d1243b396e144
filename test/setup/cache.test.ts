import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFolder } from './cache.mjs';
import { NODE_VERSION, toolsNode } from './toolsNode.mjs';

describe('the cache of the tools', () => {
  const former = process.env['XDG_CACHE_HOME'];
  let home: string;
  let source: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'sitelift-cache-'));
    process.env['XDG_CACHE_HOME'] = home;
    source = join(home, 'source');
    await mkdir(source);
    await giveInstallScript(`node -e "require('fs').writeFileSync('made', process.version)"`);
  });

  afterEach(async () => {
    if (former === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = former;
    await rm(home, { recursive: true });
  });

  const giveInstallScript = (install: string): Promise<void> =>
    writeFile(join(source, 'package.json'), JSON.stringify({ name: 'given', version: '1.0.0', scripts: { install } }));
  const cached = (): Promise<string[]> => readdir(join(home, 'sitelift'));

  it('installs a package once, with its install scripts, for two who ask at the same time', async () => {
    const packages = { given: `file:${source}` };
    const folders = await Promise.all([packageFolder('given-1', packages), packageFolder('given-1', packages)]);
    assert.deepEqual(folders, Array(2).fill(join(home, 'sitelift', 'given-1')));
    assert.deepEqual(await cached(), ['given-1']);
    assert.match(await readFile(join(source, 'made'), 'utf8'), /^v\d+/);
    await rm(source, { recursive: true });
    assert.equal(await packageFolder('given-1', packages), folders[0]);
    await mkdir(source);
  });

  it('keeps nothing of an installation that failed, and tells why below a silent npm as well', async () => {
    await giveInstallScript('echo no compiler >&2; exit 1');
    const loglevel = process.env['npm_config_loglevel'];
    process.env['npm_config_loglevel'] = 'silent';
    try {
      await assert.rejects(
        packageFolder('given-1', { given: `file:${source}` }),
        /could not be installed[^]*no compiler/,
      );
    } finally {
      if (loglevel === undefined) delete process.env['npm_config_loglevel'];
      else process.env['npm_config_loglevel'] = loglevel;
    }
    assert.deepEqual(await cached(), []);
  });

  it('installs a Node anew that does not run', async () => {
    const bin = join(home, 'sitelift', `node-${NODE_VERSION}`, 'node_modules', 'node', 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'node'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const found = await toolsNode();
    assert.equal(execFileSync(found.node, ['--version'], { encoding: 'utf8' }).trim(), `v${NODE_VERSION}`);
    assert.deepEqual(await cached(), [`node-${NODE_VERSION}`]);
  });
});

describe('a program of the project', () => {
  it('runs under the tools’ own Node, and so does what it starts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-program-'));
    try {
      const program = join(folder, 'program.ts');
      await writeFile(
        program,
        `import { execFileSync } from 'node:child_process';
         const started: string = execFileSync('node', ['--version'], { encoding: 'utf8' }).trim();
         console.log([process.version, started, ...process.argv.slice(2)].join(' '));`,
      );
      const bootstrap = join(__dirname, 'bootstrap.mjs');
      const output = execFileSync('node', [bootstrap, program, '--flag', 'two words'], { encoding: 'utf8' });
      assert.equal(output.trim(), `v${NODE_VERSION} v${NODE_VERSION} --flag two words`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
