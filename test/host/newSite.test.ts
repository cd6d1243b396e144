import { CreateInstanceProfileCommand, DeleteInstanceProfileCommand } from '@aws-sdk/client-iam';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { parseSite, siteFileText } from '../../src/core/site';
import type { App } from '../../src/shell/app';
import { loadAws } from '../../src/shell/chunks';
import { Connections } from '../../src/shell/connections';
import { advancedQuestion } from '../../src/shell/newSite/advanced';
import type { Answers, Desk } from '../../src/shell/newSite/answers';
import { connectControlPlane } from '../sandbox/controlPlane';

type Input = vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox;

const START: Answers = { name: 'demo', root: '.', region: 'us-east-1', serves: 'images', wants: {} };
const position = { title: 'Create Site', step: 5, totalSteps: 5 };

describe('the last question of Create Site…', () => {
  const { createInputBox, createQuickPick, showErrorMessage } = vscode.window;
  const shown: Input[] = [];
  const told: string[] = [];
  let next = 0;
  let desk: Desk;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sitelift-new-'));
    const keep = <Kind extends Input>(input: Kind): Kind => {
      shown.push(input);
      return input;
    };
    Object.assign(vscode.window, {
      createQuickPick: () => keep(createQuickPick()),
      createInputBox: () => keep(createInputBox()),
      showErrorMessage: (message: string) => Promise.resolve(void told.push(message)),
    });
    const aws = await loadAws();
    const connections = new Connections();
    const silent = () => undefined;
    const log = { debug: silent, info: silent, warn: silent, error: silent, show: silent, dispose: silent };
    const siteOf = ({ wants, ...given }: Answers) =>
      parseSite(siteFileText({ ...given, ...wants, id: 'abcd1234', account: '123456789012' }));
    desk = {
      ...{ app: { log, cacheFolder: folder } as unknown as App, aws, siteOf },
      clientsFor: ({ region }) =>
        connections.clientsFor({ profile: undefined, region, proxyUrl: undefined, noProxy: [] }),
      cost: (answers) => Promise.resolve(`A ${siteOf(answers).server.instanceType}.`),
    };
  });
  beforeEach(() => {
    shown.length = told.length = next = 0;
  });
  after(async () => {
    Object.assign(vscode.window, { createInputBox, createQuickPick, showErrorMessage });
    await rm(folder, { recursive: true });
  });

  const asked = (...given: Parameters<ReturnType<typeof advancedQuestion>>) => advancedQuestion(desk)(...given);
  const plane = () => connectControlPlane(Number(new URL(process.env['SITELIFT_CONTROL_PLANE'] ?? '').port));
  /** The next question, once it is there. */
  async function question(): Promise<Input> {
    for (let attempt = 0; attempt < 800; attempt += 1) {
      const input = shown[next];
      if (input) {
        next += 1;
        return input;
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return assert.fail(`it was not asked after ${next} questions`);
  }
  const tick = () => new Promise((resolve) => setTimeout(resolve, 0));
  const accept = async () => {
    // VS Code sends what is chosen to the window with the next timer, so after this one the window has it.
    await tick();
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
  };
  async function picks(label: string): Promise<readonly vscode.QuickPickItem[]> {
    const pick = await question();
    assert.ok('items' in pick, 'a list');
    const item = pick.items.find((one) => one.label === label);
    assert.ok(item, `${label} in ${pick.items.map((one) => one.label).join()}`);
    pick.activeItems = [item];
    await accept();
    return pick.items;
  }
  async function enters(text: string): Promise<void> {
    const box = await question();
    assert.ok(!('items' in box), 'a line');
    box.value = text;
    await accept();
  }

  it('creates the site with what is usual, by Enter alone', async () => {
    const answer = asked(START, position);
    const pick = await question();
    assert.ok('items' in pick);
    assert.deepEqual(
      pick.activeItems.map(({ label }) => label),
      ['Create Site'],
    );
    await accept();
    assert.deepEqual(await answer, START);
  });

  it('offers each setting with its value, types with price and architecture, and keeps what was chosen', async () => {
    const answer = asked(START, position);
    await picks('Advanced…');
    const settings = await picks('Server type');
    assert.deepEqual(
      settings.map(({ label, description }) => [label, description ?? '']),
      [
        ['Create Site', ''],
        ['Server type', 't3.micro'],
        ['System', 'amazon-linux-2023'],
        ['Volume size', '1 GiB'],
        ['Partition size', 'all of the volume'],
        ['Subnet', 'default network'],
        ['Instance profile', 'of its own'],
        ['Security group', 'of its own'],
        ['Files published besides', 'none'],
      ],
    );
    const types = await picks('t4g.micro');
    const [graviton, usual] = ['t4g.micro', 't3.micro'].map((name) => types.find(({ label }) => label === name));
    assert.match(graviton?.description ?? '', /2 vCPUs, 1 GiB memory, arm64/);
    assert.match(usual?.description ?? '', /x86_64/);
    assert.match(graviton?.detail ?? '', /^\$\d+\.\d\d a month$/);
    await picks('System');
    await picks('Ubuntu 24.04');
    await picks('Volume size');
    await enters('4');
    await picks('Partition size');
    await enters('1000');
    await picks('Files published besides');
    await enters('downloads/*.zip, data.sql');
    const done = await picks('Create Site');
    assert.equal(done[0]?.detail, 'A t4g.micro.');
    assert.deepEqual((await answer) as Answers, {
      ...START,
      wants: {
        server: { instanceType: 't4g.micro', image: 'ubuntu-24.04' },
        volume: { sizeGib: 4, partitionMib: 1000 },
        publish: { allow: ['downloads/*.zip', 'data.sql'] },
      },
    });
  });

  it('lists the subnets with their networks and free addresses, and takes the default network back', async () => {
    const answer = asked(START, position);
    await picks('Advanced…');
    await picks('Subnet');
    const pick = await question();
    assert.ok('items' in pick);
    const [usual, first] = pick.items;
    assert.equal(usual?.label, 'Default network');
    assert.match(first?.label ?? '', /^subnet-/);
    assert.match(first?.description ?? '', /^us-east-1a, vpc-\w+, default VPC$/);
    assert.match(first?.detail ?? '', /^Public, \d+ free addresses$/);
    pick.activeItems = first ? [first] : [];
    await accept();
    await picks('Subnet');
    await picks('Default network');
    await picks('Create Site');
    assert.deepEqual(((await answer) as Answers).wants, {});
  });

  it('keeps what was chosen over a step back, but for what is of the region that was left', async () => {
    const ask = advancedQuestion(desk);
    const back = async () => {
      await question();
      await tick();
      await vscode.commands.executeCommand('workbench.action.quickInputBack');
    };
    const first = ask(START, position);
    await picks('Advanced…');
    await picks('System');
    await picks('Ubuntu 24.04');
    await picks('Subnet');
    const pick = await question();
    assert.ok('items' in pick);
    const [, subnet] = pick.items;
    pick.activeItems = subnet ? [subnet] : [];
    await accept();
    await back();
    await back();
    assert.equal(await first, 'back');
    const again = ask(START, position);
    await picks('Create Site');
    const { server } = ((await again) as Answers).wants;
    assert.deepEqual(server, { image: 'ubuntu-24.04', subnet: subnet?.label.replace(/^.*\(|\)$/g, '') });
    const elsewhere = ask({ ...START, region: 'eu-west-1' }, position);
    await picks('Create Site');
    assert.deepEqual(((await elsewhere) as Answers).wants, { server: { image: 'ubuntu-24.04' } });
  });

  it('takes no instance profile without a role', async () => {
    const { iam } = await desk.clientsFor(START);
    const InstanceProfileName = `empty-${Date.now()}`;
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
    const answer = asked(START, position);
    await picks('Advanced…');
    await picks('Instance profile');
    await picks(InstanceProfileName);
    await picks('A role of its own');
    await picks('Create Site');
    assert.deepEqual(((await answer) as Answers).wants, {});
    await iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName }));
  });

  it('tells what AWS refuses to show, and goes on with all that was answered', async () => {
    await plane().send('POST', 'denies', { action: 'iam:ListInstanceProfiles' });
    try {
      const answer = asked(START, position);
      await picks('Advanced…');
      await picks('System');
      await picks('Ubuntu 24.04');
      await picks('Instance profile');
      const settings = await picks('Create Site');
      assert.match(told.join(), /iam:ListInstanceProfiles is forbidden/);
      assert.equal(settings.find(({ label }) => label === 'System')?.description, 'ubuntu-24.04');
      assert.deepEqual(((await answer) as Answers).wants, { server: { image: 'ubuntu-24.04' } });
    } finally {
      await plane().send('DELETE', 'denies');
    }
  });

  it('takes no text that the site file would not take', async () => {
    const answer = asked(START, position);
    await picks('Advanced…');
    await picks('Volume size');
    const box = await question();
    assert.ok(!('items' in box));
    box.value = '0';
    await accept();
    await tick();
    assert.equal(shown.length, next);
    box.hide();
    assert.equal(await answer, undefined);
  });
});
