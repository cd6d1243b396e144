import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCommand } from '../sandbox/command';

const CHECKOUT = join(__dirname, '..', '..');

interface Task {
  readonly label: string;
  readonly command?: string;
  readonly dependsOn?: readonly string[];
  readonly isBackground?: boolean;
  readonly problemMatcher: { readonly background: { readonly endsPattern: string } };
}

async function readJson<Content>(...path: string[]): Promise<Content> {
  return JSON.parse(await readFile(join(CHECKOUT, ...path), 'utf8')) as Content;
}

const readTasks = async (): Promise<readonly Task[]> =>
  (await readJson<{ tasks: readonly Task[] }>('.vscode', 'tasks.json')).tasks;
const readLaunch = async () =>
  (await readJson<{ configurations: readonly { preLaunchTask: string; envFile: string }[] }>('.vscode', 'launch.json'))
    .configurations;

describe('debugging with F5', () => {
  it('names only tasks that there are, and these only scripts that there are', async () => {
    const tasks = await readTasks();
    const labels = new Set(tasks.map(({ label }) => label));
    const wanted = [
      ...(await readLaunch()).map(({ preLaunchTask }) => preLaunchTask),
      ...tasks.flatMap(({ dependsOn = [] }) => dependsOn),
    ];
    assert.ok(wanted.length > 1);
    assert.deepEqual(
      wanted.filter((label) => !labels.has(label)),
      [],
    );
    const { scripts } = await readJson<{ scripts: Record<string, string> }>('package.json');
    const named = tasks.flatMap(({ command = '' }) => /^npm (?:run )?([\w:]+)/.exec(command)?.[1] ?? []);
    assert.ok(named.includes('build') && named.includes('sandbox'));
    assert.deepEqual(
      named.filter((name) => !(name in scripts)),
      [],
    );
  });

  it('waits until the sandbox runs, and gets its variables from the file that it wrote', async () => {
    const task = (await readTasks()).find(({ label }) => label === 'sandbox') ?? assert.fail('no sandbox');
    const [, envFile = ''] = /--write-env (\S+)/.exec(task.command ?? '') ?? [];
    assert.deepEqual(
      (await readLaunch()).map((launch) => launch.envFile),
      [`\${workspaceFolder}/${envFile}`],
    );
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-debugging-'));
    try {
      const file = join(folder, 'new', 'sandbox.env');
      const { child, env, lastLine } = await startCommand('--no-machines', '--write-env', file);
      assert.match(lastLine, new RegExp(task.problemMatcher.background.endsPattern));
      const written = (await readFile(file, 'utf8')).split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2));
      assert.deepEqual(Object.fromEntries(written), env);
      assert.match(env['HTTPS_PROXY'] ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
      child.kill('SIGTERM');
      await once(child, 'exit');
      assert.ok(!existsSync(file));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
