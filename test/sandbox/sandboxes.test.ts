import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandboxes, type Sandboxes } from './sandboxes';

const TAKE = join(__dirname, 'takeSandbox.cjs');

describe('several sandboxes', () => {
  let folder: string;
  let sandboxes: Sandboxes;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-taking-'));
    sandboxes = await startSandboxes(2, {});
  });
  after(async () => {
    await sandboxes.stop();
    await rm(folder, { recursive: true });
  });
  const env = () => ({ ...process.env, ...sandboxes.env });

  it('are taken by one process each, and again once that has ended', async () => {
    const program = join(folder, 'take.cjs');
    await writeFile(
      program,
      `require('${TAKE}'); process.send(process.env.SITELIFT_CONTROL_PLANE); process.on('message', () => {});`,
    );
    const start = async () => {
      const child = fork(program, { env: env(), execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
      const taken = once(child, 'message').then(([url]: unknown[]) => url);
      return { child, taken: await Promise.race([taken, once(child, 'exit').then(() => 'none')]) };
    };
    const [first, second] = [await start(), await start()];
    assert.notEqual(first.taken, second.taken);
    assert.equal((await start()).taken, 'none');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const next = await start();
    assert.equal(next.taken, first.taken);
    for (const { child } of [second, next]) {
      child.kill();
      await once(child, 'exit');
    }
  });

  it('begin each file as they were started, whatever the file before has made, armed and set', async () => {
    const armed = await run(`
      const settings = await ask('settings', { method: 'POST', body: '{"deploySeconds":99}' });
      const { Volumes: before } = await ec2.send(new DescribeVolumesCommand({}));
      assert.deepEqual(before, []);
      await ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 }));
      const denial = await ask('denies', { method: 'POST', body: '{"action":"ec2:*"}' });
      assert.deepEqual([settings.status, denial.status], [200, 200]);
      assert.equal((await (await ask('settings')).json()).deploySeconds, 99);
      await assert.rejects(describe(), { name: 'UnauthorizedOperation' });`);
    assert.match(armed, /1 passing/);
    const next = await run(`
      assert.equal((await (await ask('settings')).json()).deploySeconds, 2);
      await describe();
      assert.deepEqual((await ec2.send(new DescribeVolumesCommand({}))).Volumes, []);`);
    assert.match(next, /1 passing/);
  });

  /** Runs a test in a process of its own, as one of those that take a sandbox. */
  async function run(test: string): Promise<string> {
    const file = join(folder, 'given.test.cjs');
    await writeFile(
      file,
      `const assert = require('node:assert/strict');
      const { CreateVolumeCommand, DescribeVolumesCommand, DescribeVpcsCommand, EC2Client } = require('${require.resolve('@aws-sdk/client-ec2')}');
      const url = process.env.SITELIFT_CONTROL_PLANE;
      const ask = (path, options) => fetch(url + '/sandbox/' + path, options);
      const ec2 = new EC2Client({ endpoint: url });
      it('runs', async () => { const describe = () => ec2.send(new DescribeVpcsCommand({})); ${test} });`,
    );
    const mocha = fork(require.resolve('mocha/bin/mocha.js'), ['--no-config', '--require', TAKE, file], {
      env: env(),
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    let output = '';
    for (const stream of [mocha.stdout, mocha.stderr])
      stream?.on('data', (text: Buffer) => (output += text.toString()));
    await once(mocha, 'close');
    return output;
  }
});
