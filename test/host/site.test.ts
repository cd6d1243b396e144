import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Exported } from '../../src/shell/commands/exportInfrastructure';
import { connectControlPlane } from '../sandbox/controlPlane';

const ACCOUNT = '123456789012';
const account = { account: ACCOUNT };
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const root = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder');
const file = (name: string) => join(root(), name);
const execute = async <Result>(id: string, ...args: unknown[]): Promise<Result> =>
  vscode.commands.executeCommand<Result>(`sitelift.${id}`, ...args);
const CHANGING = /^(Create|Put|Run|Attach|Update|Delete|Start|Stop|Terminate|Authorize|Send|Add|Tag)/;
const controlPlane = () => connectControlPlane(Number(new URL(process.env['SITELIFT_CONTROL_PLANE'] ?? '').port));

/** The calls since they were last forgotten that change something, as dry runs do not. */
const changes = async () =>
  (await controlPlane().calls()).filter(
    ({ action, parameters }) => CHANGING.test(action) && parameters?.['DryRun'] !== true,
  );

async function actionsAt(name: string, needle: string): Promise<vscode.CodeAction[]> {
  const document = await vscode.workspace.openTextDocument(file(name));
  const at = document.positionAt(document.getText().indexOf(needle) + 2);
  return vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    new vscode.Range(at, at),
    undefined,
    10,
  );
}

/** Looks until `probe` gives something, since the editor and AWS answer in their own time. */
async function eventually<Value>(probe: () => Promise<Value | undefined>): Promise<Value> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const value = await probe();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return assert.fail('it did not happen');
}

describe('a site in VS Code', () => {
  before(async () => {
    await mkdir(file('images'), { recursive: true });
    await writeFile(file('images/a b.png'), PNG);
    await writeFile(file('images/late.png'), PNG);
    await writeFile(
      file('index.html'),
      '<!doctype html>\n<img src="images/a b.png" alt=one>\n<img src=images/late.png>\n<img src="images/gone.png">\n',
    );
  });

  describe('before there is one', () => {
    for (const id of ['provisionAll', 'publishSite', 'openSite']) {
      it(`${id} says that sitelift.json is missing`, async () => {
        await assert.rejects(execute(id, account), /There is no sitelift\.json in .*Create the site first/);
      });
    }

    it('options without an account are refused', async () => {
      await assert.rejects(execute('createSite', { name: 'x' }), /must name the expected account/);
    });

    it('what its file would not take is refused, and nothing is written', async () => {
      const region = 'us-east-1';
      await assert.rejects(
        execute('createSite', { ...account, region, volume: { sizeGib: 0 } }),
        /“volume\.sizeGib” in sitelift\.json must be a whole number/,
      );
      await assert.rejects(readFile(file('sitelift.json')), /ENOENT/);
    });

    it('another account than the expected one writes nothing', async () => {
      await assert.rejects(execute('createSite', { account: '999999999999' }), /expects account 999999999999/);
      await assert.rejects(readFile(file('sitelift.json')), /ENOENT/);
    });
  });

  describe('without usable credentials', () => {
    const settings = () => vscode.workspace.getConfiguration('sitelift', vscode.Uri.file(root()));
    after(() => settings().update('profile', undefined, vscode.ConfigurationTarget.WorkspaceFolder));

    it('a profile is used only when it is of the expected account', async () => {
      const own = () => [settings().get('profile'), settings().get('region')];
      const choice = { profile: 'sitelift', region: 'eu-west-1' };
      await assert.rejects(
        execute('selectProfile', { ...choice, account: '999999999999' }),
        /expects account 999999999999, but these credentials belong to 123456789012\. Nothing was changed/,
      );
      await assert.rejects(
        execute('selectProfile', { ...account, profile: 'nobody' }),
        /no AWS profile named “nobody”/,
      );
      assert.deepEqual(own(), ['', '']);
      assert.equal(await execute('selectProfile', { ...choice, ...account }), ACCOUNT);
      assert.deepEqual(own(), ['sitelift', 'eu-west-1']);
      await settings().update('region', undefined, vscode.ConfigurationTarget.WorkspaceFolder);
      assert.equal(await execute('selectProfile', account), ACCOUNT);
      assert.deepEqual(own(), ['', '']);
    });

    it('an unknown profile is named with a way on', async () => {
      await settings().update('profile', 'nobody', vscode.ConfigurationTarget.WorkspaceFolder);
      await assert.rejects(execute('createSite', account), /no AWS profile named “nobody”.*Choose a profile/);
    });
  });

  describe('once it is created', () => {
    it('is created, with a random id and the account of the credentials', async () => {
      const text = await execute<string>('createSite', { ...account, name: 'Host test', region: 'us-east-1' });
      assert.equal(await readFile(file('sitelift.json'), 'utf8'), text);
      const { id, region } = JSON.parse(text) as { id: string; region: string };
      assert.match(id, /^[a-z][a-z0-9]{7}$/);
      assert.equal(region, 'us-east-1');
    });

    it('is not created over', async () => {
      const text = await readFile(file('sitelift.json'), 'utf8');
      await assert.rejects(execute('createSite', account), /is a site already/);
      assert.equal(await readFile(file('sitelift.json'), 'utf8'), text);
    });

    it('gets its wish for an address written into its file alone, and then the plan', async () => {
      const text = await readFile(file('sitelift.json'), 'utf8');
      const asked = text.replace('"t3.micro"\n', '"t3.micro",\n    "address": "elastic"\n');
      assert.notEqual(asked, text);
      await assert.rejects(execute('chooseAddress', account), /must name the address: \{ "address": "elastic" \}/);
      await controlPlane().send('POST', 'denies', { action: 'ec2:DescribeInstances' });
      try {
        await assert.rejects(
          execute('chooseAddress', { ...account, address: 'elastic' }),
          /nothing is planned.*server: ec2:DescribeInstances is forbidden to this AWS user or role/,
        );
        assert.equal(await readFile(file('sitelift.json'), 'utf8'), asked);
        const change = new vscode.WorkspaceEdit();
        change.insert(vscode.Uri.file(file('sitelift.json')), new vscode.Position(0, 0), ' ');
        await vscode.workspace.applyEdit(change);
        await assert.rejects(
          execute('chooseAddress', { ...account, address: 'changing' }),
          /sitelift\.json has changes that are not saved/,
        );
        assert.equal(await readFile(file('sitelift.json'), 'utf8'), asked);
      } finally {
        await controlPlane().send('DELETE', 'denies');
        const document = await vscode.workspace.openTextDocument(file('sitelift.json'));
        await vscode.window.showTextDocument(document);
        await vscode.commands.executeCommand('workbench.action.files.revert');
        await writeFile(file('sitelift.json'), text);
      }
    });

    it('shows the plan of what is not there with what it costs a month, and changes nothing', async () => {
      await controlPlane().send('DELETE', 'calls');
      const text = await execute<string>('showPlan', account);
      assert.match(text, /^Plan for “Host test”\n\nAccount 123456789012, region us-east-1\nas arn:aws:/);
      assert.match(text, /launch t3\.micro server.* –  +\+\$\d+\.\d\d\n/);
      assert.match(text, /in all +\+\$\d+\.\d\d\n\nCost now: nothing\nCost afterwards: about \$\d+\.\d\d a month\n/);
      assert.match(text, /AWS’s list for us-east-1, read on .*\nTraffic, requests and taxes are not included\.\n$/);
      assert.deepEqual(await changes(), []);
      await vscode.commands.executeCommand('sitelift.showPlan');
      const editor = vscode.window.activeTextEditor ?? assert.fail('no editor');
      assert.equal(editor.document.uri.scheme, 'sitelift-plan');
      assert.equal(editor.document.getText(), text);
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    });

    it('gets its wish for an instance type written into its file alone, and then the plan', async () => {
      const text = await readFile(file('sitelift.json'), 'utf8');
      const document = await vscode.workspace.openTextDocument(file('sitelift.json'));
      await eventually(() => Promise.resolve(document.getText() === text ? true : undefined));
      const wish = { ...account, instanceType: 't3.small' };
      await assert.rejects(execute('changeInstanceType', account), /must name the instance type/);
      await assert.rejects(
        execute('changeInstanceType', { ...wish, account: '999999999999' }),
        /expects account 999999999999/,
      );
      assert.equal(await readFile(file('sitelift.json'), 'utf8'), text);
      await controlPlane().send('POST', 'denies', { action: 'ec2:DescribeInstances' });
      try {
        await assert.rejects(
          execute('changeInstanceType', wish),
          /nothing is planned.*server: ec2:DescribeInstances is forbidden/,
        );
        assert.equal(await readFile(file('sitelift.json'), 'utf8'), text.replace('"t3.micro"', '"t3.small"'));
      } finally {
        await controlPlane().send('DELETE', 'denies');
        const back = new vscode.WorkspaceEdit();
        back.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
        await vscode.workspace.applyEdit(back);
        await document.save();
      }
    });

    it('takes no size for its volume that is smaller than the one in its file, or none, and writes nothing', async () => {
      const text = await readFile(file('sitelift.json'), 'utf8');
      await assert.rejects(execute('resizeVolume', account), /must name the size in GiB: \{ "sizeGib": 2 \}/);
      await assert.rejects(execute('resizeVolume', { ...account, sizeGib: 1.5 }), /must name the size in GiB/);
      await assert.rejects(
        execute('resizeVolume', { ...account, sizeGib: 0 }),
        /cannot shrink: 0 GiB is less than 1 GiB/,
      );
      await assert.rejects(execute('resizeVolume', { ...account, sizeGib: 16_385 }), /16384 GiB at most/);
      assert.equal(await readFile(file('sitelift.json'), 'utf8'), text);
    });

    it('is put into no subnet that is not there, and asks for the one that is chosen before it plans', async () => {
      const text = await readFile(file('sitelift.json'), 'utf8');
      await assert.rejects(execute('chooseSubnet', account), /must name a subnet of us-east-1/);
      const subnet = 'subnet-0123456789abcdef0';
      await assert.rejects(execute('chooseSubnet', { ...account, subnet }), /must name a subnet of us-east-1/);
      await assert.rejects(execute('chooseSubnet', { account: '999999999999', subnet }), /999999999999/);
      await controlPlane().send('POST', 'settings', { vcpuQuota: 1 });
      try {
        await controlPlane().send('DELETE', 'calls');
        await assert.rejects(
          execute('chooseSubnet', { ...account, subnet: 'default' }),
          /Nothing was changed\. A t3\.micro has 2 vCPUs, but of the 1 that the account may run/,
        );
        assert.deepEqual(await changes(), []);
      } finally {
        await controlPlane().send('POST', 'settings', { vcpuQuota: 0 });
      }
      assert.equal(await readFile(file('sitelift.json'), 'utf8'), text);
    });

    it('adopts nothing that is not named, or is not there, nor for another account, and writes nothing', async () => {
      const text = await readFile(file('sitelift.json'), 'utf8');
      await controlPlane().send('DELETE', 'calls');
      await assert.rejects(execute('adoptResource', account), /must name what is adopted: \{ "resource": "server"/);
      const gone = { ...account, resource: 'server', id: 'i-0123456789abcdef0' };
      await assert.rejects(execute('adoptResource', { ...gone, id: '$(id)' }), /must name what is adopted/);
      await assert.rejects(execute('adoptResource', gone), /There is no instance i-0123456789abcdef0 in us-east-1/);
      await assert.rejects(
        execute('adoptResource', { ...gone, account: '999999999999' }),
        /expects account 999999999999/,
      );
      assert.deepEqual(await changes(), []);
      assert.equal(await readFile(file('sitelift.json'), 'utf8'), text);
    });

    for (const id of ['startServer', 'stopServer', 'rebootServer']) {
      it(`${id} says that there is no server yet`, async () => {
        await assert.rejects(execute(id, account), /This site has no server yet/);
      });
    }

    it('has nothing to take a snapshot of, to restore or to replace yet', async () => {
      await assert.rejects(execute('snapshotVolume', account), /This site has no volume yet/);
      await assert.rejects(execute('restoreSnapshot', account), /must name the snapshot: \{ "snapshot": "snap-0123/);
      await assert.rejects(
        execute('restoreSnapshot', { ...account, snapshot: 'snap-0' }),
        /This site has no snapshot snap-0/,
      );
      await assert.rejects(execute('replaceServer', account), /This site has no server yet/);
    });

    it('cannot be uploaded to before there is a bucket', async () => {
      await assert.rejects(
        execute('uploadToCdn', { ...account, files: [file('images/a b.png')] }),
        /There is no bucket to upload to yet/,
      );
    });

    it('cannot be published before it is provisioned', async () => {
      await assert.rejects(execute('publishSite', account), /lacks a server, a volume, a bucket, a distribution/);
    });

    it('gets bucket and distribution, once', async () => {
      assert.deepEqual(await execute('provisionDistribution', account), ['bucket', 'distribution', 'bucketPolicy']);
      assert.deepEqual(await execute('provisionDistribution', account), []);
      assert.deepEqual(await execute('provisionBucket', account), []);
    });

    it('is handed over as two files outside of its root folder, which changes nothing', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'sitelift-handover-'));
      try {
        const to = join(folder, 'iac');
        await assert.rejects(execute('exportInfrastructure', account), /must name the folder to write to/);
        await assert.rejects(
          execute('exportInfrastructure', { ...account, to: file('iac') }),
          /lies in the site’s root folder, of which the files would be published/,
        );
        await controlPlane().send('DELETE', 'calls');
        const written = await execute<Exported>('exportInfrastructure', { ...account, to });
        assert.deepEqual(written, {
          ...{ template: join(to, 'Host-test.template.json'), imports: join(to, 'Host-test.import.json') },
          resources: 4,
        });
        const { Resources } = JSON.parse(await readFile(written.template, 'utf8')) as { Resources: object };
        const imports = JSON.parse(await readFile(written.imports, 'utf8')) as { LogicalResourceId: string }[];
        assert.deepEqual(
          imports.map(({ LogicalResourceId }) => LogicalResourceId),
          Object.keys(Resources),
        );
        assert.deepEqual(await changes(), []);
        await assert.rejects(readFile(file('iac/Host-test.template.json')), /ENOENT/);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it('changes nothing for a caller who expects another account', async () => {
      await controlPlane().send('DELETE', 'calls');
      await assert.rejects(execute('provisionAll', { account: '999999999999' }), /Nothing was changed/);
      assert.deepEqual(await changes(), []);
    });

    it('changes nothing with the credentials of another account than the one in its file', async () => {
      const text = await readFile(file('sitelift.json'), 'utf8');
      await writeFile(file('sitelift.json'), text.replace(ACCOUNT, '999999999999'));
      try {
        await controlPlane().send('DELETE', 'calls');
        const foreign = { account: '999999999999' };
        for (const [id, options] of [
          ['provisionAll', foreign],
          ['publishSite', foreign],
          ['openSite', foreign],
          ['uploadToCdn', { ...foreign, files: [file('images/a b.png')] }],
        ] as const) {
          await assert.rejects(
            execute(id, options),
            /credentials belong to account 123456789012.*Nothing was changed/,
            id,
          );
        }
        assert.deepEqual(await changes(), []);
        assert.ok((await controlPlane().calls()).some(({ action }) => action === 'GetCallerIdentity'));
      } finally {
        await writeFile(file('sitelift.json'), text);
      }
    });

    it('is found or not found in three calls at most', async () => {
      await controlPlane().send('DELETE', 'calls');
      await assert.rejects(execute('openSite', account), /no running server with a public address yet/);
      const calls = (await controlPlane().calls()).map(({ action }) => action);
      assert.ok(calls.includes('DescribeInstances') && calls.length <= 3, calls.join(', '));
    });

    it('uploads an image and gives its URL', async () => {
      const urls = await execute<string[]>('uploadToCdn', { ...account, files: [file('images/a b.png')] });
      assert.equal(urls.length, 1);
      assert.match(urls[0] ?? '', /^https:\/\/[a-z0-9]+\.cloudfront\.net\/images\/a%20b\.png$/);
    });

    it('uploads nothing from outside of the root', async () => {
      await assert.rejects(execute('uploadToCdn', { ...account, files: [file('sitelift.json')] }), /is not uploaded/);
    });

    it('makes the edges forget paths, and takes none that CloudFront does not', async () => {
      await controlPlane().send('DELETE', 'calls');
      const paths = ['/images/*', '/images/a b.png'];
      assert.deepEqual(await execute('invalidate', { ...account, paths }), ['/images/*']);
      assert.deepEqual(
        (await changes()).map(({ action }) => action),
        ['CreateInvalidation'],
      );
      await assert.rejects(execute('invalidate', { ...account, paths: ['images/a b.png'] }), /must begin with \//);
      await assert.rejects(execute('invalidate', account), /No path is named/);
    });

    it('disables its distribution, which its file says from then on, and enables it again', async () => {
      const text = await readFile(file('sitelift.json'), 'utf8');
      const disabled = text.replace('"serves": "images"\n', '"serves": "images",\n    "enabled": false\n');
      assert.notEqual(disabled, text);
      const off = ['siteFile', 'disableDistribution', 'distributionDeployed'];
      assert.deepEqual(await execute('disableDistribution', account), off);
      assert.equal(await readFile(file('sitelift.json'), 'utf8'), disabled);
      await controlPlane().send('DELETE', 'calls');
      assert.deepEqual(await execute('disableDistribution', account), []);
      assert.deepEqual(await execute('provisionDistribution', account), []);
      assert.deepEqual(await changes(), []);
      const on = ['siteFile', 'enableDistribution', 'distributionDeployed'];
      assert.deepEqual(await execute('enableDistribution', account), on);
      assert.equal(await readFile(file('sitelift.json'), 'utf8'), text);
    });

    it('restricts its distribution to countries, which its file names in order, and lets all others in again', async () => {
      const text = await readFile(file('sitelift.json'), 'utf8');
      const wanted = async () =>
        (JSON.parse(await readFile(file('sitelift.json'), 'utf8')) as { distribution: object }).distribution;
      await assert.rejects(execute('setGeoRestriction', account), /must name the restriction: \{ "geoRestriction"/);
      const unknown = { ...account, geoRestriction: { allow: ['ZZ'] } };
      await assert.rejects(
        execute('setGeoRestriction', unknown),
        /“distribution\.geoRestriction\.allow\.0”.*such as DE/,
      );
      assert.equal(await readFile(file('sitelift.json'), 'utf8'), text);
      const restriction = { ...account, geoRestriction: { allow: ['DE', 'AT'] } };
      const keys = ['siteFile', 'geoRestriction', 'distributionDeployed'];
      assert.deepEqual(await execute('setGeoRestriction', restriction), keys);
      assert.deepEqual(await wanted(), { serves: 'images', geoRestriction: { allow: ['AT', 'DE'] } });
      await controlPlane().send('DELETE', 'calls');
      assert.deepEqual(await execute('setGeoRestriction', restriction), []);
      assert.deepEqual(await execute('provisionDistribution', account), []);
      assert.deepEqual(await changes(), []);
      assert.deepEqual(await execute('setGeoRestriction', { ...account, geoRestriction: 'none' }), keys);
      assert.deepEqual(await wanted(), { serves: 'images', geoRestriction: 'none' });
    });

    it('is compared with what readers get only once it was published', async () => {
      const page = { ...account, file: file('index.html') };
      await assert.rejects(execute('diffWithLive', page), /lacks a server, a volume/);
      await assert.rejects(
        execute('diffWithLive', { ...account, file: '/etc/hosts' }),
        /is not a folder of this window/,
      );
    });

    it('rewrites a local image to its CDN URL and nothing else', async () => {
      const action = await eventually(async () => {
        const actions = await actionsAt('index.html', 'images/a b.png');
        return actions.find(({ disabled, title }) => !disabled && title.includes('a b.png'));
      });
      const document = await vscode.workspace.openTextDocument(file('index.html'));
      const before = document.getText();
      assert.ok(action.edit);
      assert.ok(await vscode.workspace.applyEdit(action.edit));
      const [url] = /https:[^"]+/.exec(document.getText()) ?? assert.fail('no URL');
      assert.equal(document.getText(), before.replace('images/a b.png', url));
      await document.save();
    });

    it('survives a site file that is broken, and reads it again once it is mended', async () => {
      const text = await readFile(file('sitelift.json'), 'utf8');
      await writeFile(file('sitelift.json'), '{');
      await assert.rejects(execute('provisionBucket', account), /not valid JSON/);
      await writeFile(file('sitelift.json'), text);
      assert.deepEqual(await execute('provisionBucket', account), []);
    });
  });

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(file('sitelift.json'), { force: true });
  });
});
