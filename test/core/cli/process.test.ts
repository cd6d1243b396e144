import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildExtension } from '../../../esbuild';
import { newSiteId, siteFileText } from '../../../src/core/site';

describe('the process of the command line', function () {
  this.timeout(60_000);
  let work: string;

  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'sitelift-cli-'));
    await buildExtension({ outdir: join(work, 'dist') });
    const site = { name: 'demo', id: newSiteId(), account: '123456789012', region: 'us-east-1', root: '.' };
    await writeFile(join(work, 'sitelift.json'), siteFileText(site));
  });
  after(() => rm(work, { recursive: true }));

  const sitelift = (...args: readonly string[]) => {
    const program = [join(work, 'dist', 'cli.js'), ...args];
    const env = { ...process.env, XDG_CACHE_HOME: join(work, 'cache') };
    return spawnSync(process.execPath, program, { encoding: 'utf8', timeout: 30_000, env });
  };

  it('ends by itself with what is wrong, and nothing on standard output, before anything is asked of AWS', () => {
    for (const [args, status, told] of [
      [['publish', '--account', '999999999999', '--folder', work], 1, /--account says 999999999999, but the site/],
      [['publish', '--account', '123456789012', '--folder', join(work, 'none')], 1, /There is no sitelift\.json in/],
      [['publish', '--account', '123456789012', '--frobnicate'], 2, /--frobnicate.*Usage: sitelift/s],
    ] as const) {
      const ended = sitelift(...args);
      assert.deepEqual([ended.status, ended.stdout], [status, ''], ended.stderr);
      assert.match(ended.stderr, told);
    }
  });

  it('tells programs what is wrong as JSON, and people how it is used', () => {
    const { stdout } = sitelift('plan', '--account', '999999999999', '--folder', work, '--json');
    const { command, error } = JSON.parse(stdout) as Record<string, unknown>;
    assert.equal(command, 'plan');
    assert.match(String(error), /--account says 999999999999/);
    assert.match(sitelift('--version').stdout, /^\d+\.\d+\.\d+\n$/);
    const help = sitelift('--help');
    assert.deepEqual([help.status, help.stderr], [0, '']);
    assert.match(help.stdout, /^Usage: sitelift <command>/);
  });
});
