import { AuthorizeSecurityGroupIngressCommand, DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPage, type LoadedPage } from './loadedPage';
import { createSite, openSite, provisionAll, publishSite, READY, siteAddress } from './mainJob';
import { createClients, type Clients } from '../../src/core/aws/clients';
import { SITE_TAG } from '../../src/core/names';
import { inventory } from '../core/resources/inventory';
import { enterSandbox } from '../sandbox/enterSandbox';
import { inSequence } from '../setup/sequence';
import { until } from '../vscode/until';
import { startSession, type Session } from './session';
import { SCREENSHOTS, THEME_WORDS, THEMES, type Workbench } from './workbench';

const SAMPLE = join(__dirname, '..', 'fixtures', 'sample-site');
const CHANGING = /^(Run|Create|Put|Attach|Add|Authorize|Start|Allocate|Associate|Modify|Update|Delete|Send)/;

describe('the main job, in the workbench', function () {
  this.timeout(1_200_000);
  inSequence(this);
  let session: Session;
  let workbench: Workbench;

  let leave: () => void;
  let clients: Clients;
  /** All that the account had before there was a site. */
  let earlier: readonly string[];

  before(async () => {
    session = await startSession({ siteFolder: SAMPLE, sandbox: { machines: true } });
    leave = enterSandbox({
      ...session.sandbox,
      env: { ...session.sandbox.env, SITELIFT_CONTROL_PLANE: session.sandbox.endpointUrl },
    });
    clients = createClients({ region: 'us-east-1' });
    earlier = await inventory(clients);
    workbench = await session.openWorkbench();
  });

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.log(`A picture of it: ${await workbench.screenshot('failed')}`);
    console.log(await session.extensionLog());
  });

  after(async () => {
    leave?.();
    await session?.close();
  });

  const called = async (): Promise<string[]> => (await session.sandbox.calls()).map(({ action }) => action);
  const changes = async (): Promise<string[]> => (await called()).filter((action) => CHANGING.test(action));
  const pagePaths = async (): Promise<string[]> =>
    (await readdir(SAMPLE, { recursive: true })).filter((path) => path.endsWith('.html')).sort();
  const siteFile = async () =>
    JSON.parse(await readFile(join(session.workspace, 'sitelift.json'), 'utf8')) as {
      id: string;
      account: string;
      region: string;
    };

  let address = '';
  const served = async (path: string): Promise<string> => {
    const page = await session.browser.context.newPage();
    const text = await (await page.goto(`${address}${path}`))?.text();
    await page.close();
    return text ?? assert.fail(`${path} is empty`);
  };
  const visit = (path: string): Promise<LoadedPage> => loadPage(session.browser.context, `${address}${path}`);

  it('says the next step in a folder that is no site', async () => {
    await workbench.showView('Sitelift');
    await workbench.welcome().filter({ hasText: 'Create Site…' }).waitFor();
    await workbench.screenshot('welcome');
  });

  it('creates a site by a few answers, and nothing in AWS', async () => {
    await createSite(workbench, 'Far Shores', undefined, true);
    for (const label of ['Server', 'Volume', 'Bucket', 'Distribution']) {
      assert.equal(await workbench.tree().text(label), `${label} not created`);
    }
    await workbench.screenshot('tree-before');
    assert.deepEqual(await changes(), []);
    assert.equal(workbench.clicks, 0);
  });

  it('provisions what the plan said, with account and region above it', async () => {
    const plan = await provisionAll(workbench);
    const { account, region } = await siteFile();
    for (const part of [account, region, 'launch', 'CloudFront distribution', 'formats only a blank volume']) {
      assert.ok(plan.includes(part), `${part} in: ${plan}`);
    }
    await workbench.screenshot('tree-after');
    assert.equal(workbench.clicks, 0);
  });

  it('shows details beneath a resource', async () => {
    await workbench.tree().expand('Volume');
    await workbench.tree().waitForText('Mounted', /on \/var\/www\/html \(ext4\)/);
    await workbench.screenshot('tree-details');
    await workbench.tree().collapse('Volume');
  });

  it('publishes, and tells how much', async () => {
    const summary = await publishSite(workbench);
    assert.match(summary, /Published “Far Shores”: \d+ pages and other files put in place, \d\d assets uploaded\./);
    assert.doesNotMatch(summary, /from outside/);
    await workbench.tree().waitForText('Bucket', /^Bucket \d\d objects$/);
    await workbench.screenshot('published');
  });

  it('gives readers every page with all its images from the CDN, a Miss at first and then Hits', async () => {
    address = await siteAddress(workbench);
    assert.match(address, /^http:\/\/ec2-[\d-]+\.compute-1\.amazonaws\.com\/$/);
    const seen = new Set<string>();
    for (const path of await pagePaths()) {
      const first = await visit(path);
      assert.equal(first.status, 200, path);
      assert.ok(first.images.length > 0, `${path} has images`);
      for (const { url, complete, cache } of first.images) {
        assert.ok(complete, `${url} on ${path} is complete`);
        assert.match(url, /^https:\/\/[a-z0-9]+\.cloudfront\.net\//, path);
        assert.equal(cache, seen.has(url) ? 'Hit from cloudfront' : 'Miss from cloudfront', `${url} on ${path}`);
      }
      for (const { url } of first.images) seen.add(url);
      for (const { url, cache } of (await visit(path)).images)
        assert.equal(cache, 'Hit from cloudfront', `${url} again`);
    }
    await loadPage(session.browser.context, address, join(SCREENSHOTS, 'published-page.png'));
  });

  it('opens the site', async () => {
    const page = await openSite(workbench);
    assert.equal(page.url(), address);
    assert.match(await page.title(), /Far Shores/);
    await page.close();
  });

  it('lets nobody read the bucket directly', async () => {
    const { id, account, region } = await siteFile();
    const page = await session.browser.context.newPage();
    const answer = await page.goto(
      `https://sitelift-${id}-${account}-${region}.s3.${region}.amazonaws.com/site/images/hero.jpg`,
    );
    assert.equal(answer?.status(), 403);
    await page.close();
  });

  it('left the sources as they were', async () => {
    for (const path of await pagePaths()) {
      assert.deepEqual(await readFile(join(session.workspace, path)), await readFile(join(SAMPLE, path)), path);
    }
  });

  it('rewrites one image to its CDN URL from the light bulb, and nothing else', async () => {
    const before = await readFile(join(session.workspace, 'about.html'), 'utf8');
    const line = before.split('\n').findIndex((text) => /<img[^>]* src="/.test(text));
    const column = (before.split('\n')[line] ?? '').indexOf('<img') + 3;
    await workbench.openFile('about.html');
    await workbench.goTo(line + 1, column);
    await workbench.openLightBulb('Use CDN URL for');
    await workbench.screenshot('light-bulb');
    await workbench.chooseAction('Use CDN URL for');
    await workbench.save();
    const after = await readFile(join(session.workspace, 'about.html'), 'utf8');
    const source = /<img[^>]* src="([^"]*)"/;
    assert.match(source.exec(after)?.[1] ?? '', /^https:\/\/[a-z0-9]+\.cloudfront\.net\//);
    assert.equal(after.replace(source.exec(after)?.[1] ?? '', source.exec(before)?.[1] ?? ''), before);
  });

  it('uploads images from the context menu of the explorer, and gives their URL', async () => {
    await copyFile(join(session.workspace, 'images', 'hero.jpg'), join(session.workspace, 'a new picture.jpg'));
    await workbench.showView('Explorer');
    await workbench.explorer().row('a new picture.jpg').waitFor();
    const shown = workbench.dialog().or(workbench.notification('Uploading a new picture.jpg'));
    await workbench.explorer().chooseFromMenu('a new picture.jpg', 'Upload to CDN', shown);
    await workbench.answerDialog('Upload');
    await workbench.answerNotification('Uploaded a new picture.jpg', 'Copy URL');
    const url = await workbench.clipboard(/^https:\/\/[a-z0-9]+\.cloudfront\.net\/a%20new%20picture\.jpg$/);
    const page = await session.browser.context.newPage();
    assert.equal((await page.goto(url))?.status(), 200);
    await page.close();
  });

  it('publishes a changed page, lists the releases, and brings the one before back', async () => {
    const page = join(session.workspace, 'about.html');
    await writeFile(page, (await readFile(page, 'utf8')).replace('</body>', '<p id="news">News</p></body>'));
    await workbench.showView('Explorer');
    await session.sandbox.clearCalls();
    await publishSite(workbench);
    assert.match(await served('about.html'), /id="news"/);
    // One of them is the server’s own, which fetches the pages; how often the command is looked at hangs on how fast the machine is.
    const actions = (await called()).filter((action) => action !== 'GetCommandInvocation');
    assert.equal(actions.filter((action) => action === 'SendCommand').length, 1);
    assert.ok(actions.length <= 11, actions.join(', '));
    await workbench.showView('Sitelift');
    await workbench.tree().waitForText('Releases', /^Releases live since /);
    await workbench.tree().expand('Releases');
    await workbench.tree().rows().filter({ hasText: 'live · 1 new, 1 changed' }).waitFor();
    await workbench.screenshot('tree-releases');
    await workbench.runCommand(
      'Sitelift: Roll Back…',
      workbench.question('Release to bring back'),
      workbench.progress(),
    );
    await workbench.screenshot('rollback-choice');
    await workbench.answer('Release to bring back');
    await workbench.dialog().waitFor();
    await workbench.screenshot('rollback-plan');
    await workbench.answerDialog('Roll Back');
    await workbench.notification(/“Far Shores” is back at the release of \d{4}-\d\d-\d\d \d\d:\d\d UTC\./).waitFor();
    assert.doesNotMatch(await served('about.html'), /id="news"/);
    await workbench.tree().collapse('Releases');
  });

  it('finds in six calls at most that there is nothing to publish', async () => {
    await publishSite(workbench);
    await workbench.showView('Explorer');
    await session.sandbox.clearCalls();
    const nothing = workbench.notification('Up to date: ');
    await workbench.runCommand('Sitelift: Publish Site…', nothing, workbench.progress());
    await nothing.waitFor();
    const actions = await called();
    assert.ok(actions.length > 0 && actions.length <= 6, actions.join(', '));
  });

  it('changes nothing when everything is provisioned once more', async () => {
    await session.sandbox.clearCalls();
    const nothing = workbench.notification('Nothing to do');
    await workbench.runCommand('Sitelift: Provision All…', nothing, workbench.progress());
    await workbench.notification('Nothing to do').waitFor();
    assert.deepEqual(
      (await changes()).filter((action) => action !== 'SendCommand'),
      [],
    );
  });

  it('marks a port that somebody opened, with what is and what is wanted, and closes it', async () => {
    const { id } = await siteFile();
    const { ec2 } = clients;
    const Filters = [{ Name: `tag:${SITE_TAG}`, Values: [id] }];
    const { SecurityGroups: [group] = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '192.0.2.0/24' }] }];
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group?.GroupId, IpPermissions }));
    const tree = workbench.tree();
    const clicks = workbench.clicks;
    await workbench.showView('Sitelift');
    await workbench.runCommand('Sitelift: Refresh');
    await tree.waitForText(
      'Server',
      /^Server running · what else is open is .*\b22\b.* 192\.0\.2\.0\/24, wanted nothing$/,
    );
    for (const theme of THEME_WORDS) {
      await workbench.chooseTheme(theme);
      await tree.showTooltip('Server');
      await workbench.screenshot(`drift-${theme}`);
    }
    await workbench.runCommand('Sitelift: Provision Server…', workbench.dialog(), workbench.progress());
    await workbench.dialog().waitFor();
    await workbench.screenshot('drift-plan');
    assert.match(await workbench.answerDialog('Provision'), /close in the security group what others opened/);
    await tree.waitForText('Server', /^Server running$/);
    assert.equal(workbench.clicks, clicks);
  });

  it('looks at AWS when its view is shown again: a handful of calls, none of them a command on the server', async () => {
    const parts = ['DescribeInstances', 'DescribeVolumes', 'HeadBucket', 'GetDistribution'];
    let seen: readonly string[] = [];
    // What a look before this one still calls is not this one's, so it is looked again until one is seen by itself.
    const calls = await until(
      async () => {
        seen = await called();
        return parts.every((part) => seen.includes(part)) && seen.length <= 6 && seen;
      },
      async () => {
        await workbench.showView('Explorer');
        await session.sandbox.clearCalls();
        await workbench.showView('Sitelift');
      },
      { gestureMs: 15_000 },
    ).catch((error: unknown) => {
      throw new Error(`The last look called ${seen.join(', ')}.`, { cause: error });
    });
    assert.ok(!calls.includes('SendCommand') && !calls.includes('ListObjectsV2'), calls.join(', '));
  });

  it('finds the address of the site in three calls at most', async () => {
    await workbench.showView('Explorer');
    await session.sandbox.clearCalls();
    await (await openSite(workbench)).close();
    const calls = await called();
    assert.ok(calls.length > 0 && calls.length <= 3, calls.join(', '));
  });

  it('copies what a row says, from its menu and by the keyboard', async () => {
    await workbench.showView('Sitelift');
    const tree = workbench.tree();
    await tree.expand('Distribution');
    const domain = (await tree.text('Domain')).replace('Domain ', '');
    await tree.openMenu('Domain');
    await workbench.screenshot('tree-menu');
    await until(
      async () => (await workbench.readClipboard()) === domain,
      async () => {
        const menu = await tree.openMenu('Domain');
        await menu.locator('.action-item', { hasText: 'Copy Value' }).click({ timeout: 5000 });
      },
    );
    await until(
      async () => (await workbench.readClipboard()) === 'the bucket, below site/',
      async () => {
        await tree.row('Origin').click({ timeout: 5000 });
        await workbench.page.keyboard.press('Control+C');
      },
    );
    await tree.collapse('Distribution');
  });

  it('opens what a row is about in the AWS console', async () => {
    const { region } = await siteFile();
    const tree = workbench.tree();
    for (const [label, address] of [
      ['Server', `https://${region}.console.aws.amazon.com/ec2/home?region=${region}#InstanceDetails:instanceId=i-`],
      ['Bucket', `https://${region}.console.aws.amazon.com/s3/buckets/sitelift-`],
    ] as const) {
      await tree.chooseFromMenu(label, 'Open in AWS Console', workbench.dialog());
      const asked = await workbench.answerDialog('Cancel');
      assert.ok(asked.includes(address), asked);
    }
  });

  it('tells in a tooltip what a resource is for and since when it runs', async () => {
    const tooltip = await workbench.tree().showTooltip('Server');
    const text = await tooltip.innerText();
    assert.match(text, /serves the pages/);
    assert.match(text, /Last started: /);
    assert.match(text, /Read at \d\d:\d\d/);
    await workbench.screenshot('tree-tooltip');
  });

  it('offers in the palette what can be done with the site', async () => {
    const wanted = ['Publish Site…', 'Open Site', 'Copy Value', 'Open in AWS Console', 'Provision All…'];
    const isOffered = (entries: readonly string[], label: string) => entries.includes(`Sitelift: ${label}`);
    // The palette shows as many as it has room for.
    for (const label of wanted) {
      const offered = await workbench.offered(`Sitelift: ${label}`, (entries) => isOffered(entries, label));
      assert.ok(isOffered(offered, label), label);
    }
    const others = await workbench.offered('Sitelift: Create Site…', (entries) => !isOffered(entries, 'Create Site…'));
    assert.ok(!isOffered(others, 'Create Site…'));
  });

  it('shows a long plan whole in an editor, and asks again', async () => {
    for (let index = 0; index < 15; index += 1) {
      await copyFile(join(session.workspace, 'images', 'puffin.svg'), join(session.workspace, `puffin ${index}.svg`));
    }
    for (const name of THEME_WORDS) {
      await workbench.chooseTheme(name);
      await workbench.runCommand('Sitelift: Publish Site…', workbench.dialog(), workbench.progress());
      await workbench.dialog().waitFor();
      await workbench.screenshot(`plan-${name}`);
      const short = await workbench.answerDialog('Show All');
      assert.match(short, /… and \d+ more/);
      await workbench.page.locator('.tab.active', { hasText: 'Publish' }).waitFor();
      await workbench.notification('Read the plan in the editor').waitFor();
      const text = await workbench.visibleText();
      assert.match(text, /Root folder/);
      await workbench.screenshot(`plan-all-${name}`);
      await workbench.answerNotification('Read the plan in the editor', 'Continue…');
      await workbench.answerDialog('Cancel');
    }
    assert.deepEqual(
      (await changes()).filter((action) => action === 'PutObject'),
      [],
    );
  });

  for (const name of THEME_WORDS) {
    it(`shows tree, tooltip and menu in the theme ${THEMES[name]}`, async () => {
      const tree = workbench.tree();
      await workbench.chooseTheme(name);
      await workbench.showView('Sitelift');
      await tree.waitForText('Distribution', /^Distribution Deployed$/);
      await tree.expand('Releases');
      await workbench.screenshot(`tree-${name}`);
      await tree.showTooltip('Volume');
      await workbench.screenshot(`tree-tooltip-${name}`);
      await tree.openMenu('Server');
      await workbench.screenshot(`tree-menu-${name}`);
      await workbench.page.keyboard.press('Escape');
    });
  }

  it('says where the site lies when its region was edited, and plans nothing then', async () => {
    const path = join(session.workspace, 'sitelift.json');
    const text = await readFile(path, 'utf8');
    const { region } = await siteFile();
    const refusal = workbench.notification('A site cannot move to another region');
    await writeFile(path, text.replace(`"${region}"`, '"eu-west-3"'));
    try {
      await workbench.tree().waitForText('Server', new RegExp(`^Server lies in ${region}$`));
      await workbench.screenshot('tree-other-region');
      await session.sandbox.clearCalls();
      await workbench.runCommand('Sitelift: Provision All…', refusal, workbench.progress());
      await refusal.waitFor();
      assert.deepEqual(await changes(), []);
    } finally {
      await writeFile(path, text);
    }
  });

  it('gets a new server that takes the volume over and serves the same pages', async () => {
    address = await siteAddress(workbench);
    const before = await served('about.html');
    await workbench.inThemes(
      'replace-plan',
      async () => {
        await workbench.runCommand('Sitelift: Replace Server…', workbench.dialog(), workbench.progress());
        await workbench.dialog().waitFor();
      },
      () => workbench.answerDialog('Cancel'),
    );
    const plan = await workbench.answerDialog('Replace');
    for (const part of ['Interrupts the site', 'launch t3.micro server', 'terminate i-']) {
      assert.ok(plan.includes(part), `${part} in: ${plan}`);
    }
    await workbench.notification('has a new server with the same pages').waitFor();
    await workbench.screenshot('replaced');
    const there = address;
    address = await siteAddress(workbench);
    assert.notEqual(address, there);
    assert.equal(await served('about.html'), before);
    for (const label of ['Server', 'Volume'] as const) await workbench.tree().waitForText(label, READY[label]);
  });

  it('finds in every region what the site has', async () => {
    const found = workbench.page.getByText('What sites have in AWS').first();
    await workbench.runCommand('Sitelift: Find Leftovers', found, workbench.progress());
    await found.waitFor();
    const text = await workbench.visibleText();
    assert.match(text, /Account 123456789012/);
    assert.match(text, /Site “Far Shores” \([a-z0-9]{8}\): about \$\d+\.\d\d a month in us-east-1/);
    for (const kind of ['server', 'volume', 'security group', 'bucket', 'distribution', 'role']) {
      assert.match(text, new RegExp(` ${kind} `), kind);
    }
    for (const line of [/\$\d+\.\d\d a month .* server /, /costs by use .* bucket /, /costs nothing .* role /]) {
      assert.match(text, line);
    }
    await workbench.screenshot('leftovers');
  });

  it('is destroyed by the keyboard alone, asks for its name, and goes on after a reload of the window', async () => {
    const { keyboard } = workbench.page;
    const what = 'What becomes of the volume';
    const clicks = workbench.clicks;
    await session.sandbox.settings({ deploySeconds: 3600 });
    await until(
      () => workbench.question(what).isVisible(),
      async () => {
        await workbench.openPalette('Sitelift: Destroy Site…');
        await keyboard.press('Enter');
      },
      { gestureMs: 30_000 },
    );
    await workbench.screenshot('destroy-volume');
    await workbench.answer(what, 'Delete the volume');
    await workbench.dialog().waitFor();
    await workbench.screenshot('destroy-plan');
    const plan = await workbench.dialog().innerText();
    for (const line of ['Account 123456789012', 'LOSES DATA: delete volume', 'LOSES DATA: delete bucket', 'a month']) {
      assert.ok(plan.includes(line), `${line} in: ${plan}`);
    }
    await until(
      async () => !(await workbench.dialog().isVisible()),
      () => keyboard.press('Enter'),
    );
    const name = workbench.question('Type the site’s name');
    await name.waitFor();
    await workbench.screenshot('destroy-name');
    await workbench.answer('Type the site’s name', 'Far Shores');
    await workbench.showView('Sitelift');
    await workbench.tree().waitForText('Volume', /^Volume not created$/);
    await workbench.page.reload();
    await workbench.showView('Sitelift');
    const tree = workbench.tree();
    await tree.waitForText('Bucket', /^Bucket being destroyed · \d+ objects$/);
    await tree.row('Next: Go On Destroying…').waitFor();
    await tree.waitForText('Distribution', /^Distribution (Disabling…|disabled)/);
    await workbench.screenshot('tree-destroying');
    await session.sandbox.settings({ deploySeconds: 1 });
    await tree.choose('Next: Go On Destroying…', workbench.dialog());
    await workbench.answerDialog('Destroy');
    await workbench.answer('Type the site’s name', 'Far Shores');
    const end = workbench.notification(/Destroyed: “Far Shores”\. Nothing of it costs any more\./);
    await end.waitFor();
    await workbench.screenshot('destroyed');
    assert.equal(workbench.clicks, clicks);
    assert.deepEqual(await inventory(clients), earlier);
  });
});
