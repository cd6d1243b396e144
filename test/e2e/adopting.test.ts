import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serialOf } from '../../src/core/names';
import { runScript, waitUntilOnline } from '../../src/core/remote/ssm';
import { makeByHand, type HandMade } from '../core/resources/handMade';
import { newContext, newOp } from '../core/sandbox';
import { enterSandbox } from '../sandbox/enterSandbox';
import { describeInstance } from '../sandbox/controlplane/testInstances';
import { inSequence } from '../setup/sequence';
import { createSite, publishSite } from './mainJob';
import { startSession, type Session } from './session';
import type { Workbench } from './workbench';

const NAME = 'old web server';
const KIND = 'What to adopt for “Far Shores”';
const WHICH = 'Instance to adopt';
const OLD = '<!doctype html><title>Since long ago</title>\n';

describe('a server that was there before the site, in the workbench', function () {
  this.timeout(1_200_000);
  inSequence(this);
  let session: Session;
  let workbench: Workbench;
  let leave: () => void;
  let old: HandMade;
  let address = '';

  before(async () => {
    session = await startSession({ sandbox: { machines: true, registrationSeconds: 1, deploySeconds: 2 } });
    leave = enterSandbox({
      ...session.sandbox,
      env: { ...session.sandbox.env, SITELIFT_CONTROL_PLANE: session.sandbox.endpointUrl },
    });
    await put('index.html', '<!doctype html><title>Far Shores</title><a href="news.html">News</a>\n');
    await put('news.html', '<!doctype html><title>News one</title>\n');
    [workbench] = await Promise.all([session.openWorkbench(), makeOldServer()]);
    await createSite(workbench, 'Far Shores');
  });
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    console.log(`A picture of it: ${await workbench.screenshot('adopt-failed')}`);
    console.log(await session.extensionLog());
  });
  after(async () => {
    leave?.();
    await session?.close();
  });

  const put = (path: string, text: string) => writeFile(join(session.workspace, path), text);
  const siteFile = () => readFile(join(session.workspace, 'sitelift.json'), 'utf8');
  const titleOf = async (path: string): Promise<string> => {
    const page = await session.browser.context.newPage();
    const answer = await page.goto(`${address}${path}`);
    const title = answer?.ok() ? await page.title() : String(answer?.status());
    await page.close();
    return title;
  };
  /** Runs the command as far as the list of servers. */
  const listServers = async () => {
    await workbench.runCommand('Sitelift: Adopt Resource…', workbench.question(KIND), workbench.progress());
    await workbench.waitForQuestion(KIND);
  };

  /** Makes a server by hand that serves two pages from a volume, one of which the site’s folder has as well. */
  async function makeOldServer(): Promise<void> {
    const maker = newContext();
    old = await makeByHand(maker);
    const { ec2 } = maker.clients;
    await ec2.send(new CreateTagsCommand({ Resources: [old.id], Tags: [{ Key: 'Name', Value: NAME }] }));
    await waitUntilOnline(maker, old.id, newOp());
    const script = `set -e
disk=$(lsblk -dnrpo NAME,SERIAL | sed -n 's/ ${serialOf(old.volumeId)}$//p')
yum install -y httpd
printf 'n\\np\\n1\\n\\n+250M\\nw\\n' | fdisk $disk; udevadm settle
mkfs.ext4 -q \${disk}p1
mount \${disk}p1 /var/www/html
base64 -d <<<${Buffer.from(OLD).toString('base64')} | tee /var/www/html/history.html >/var/www/html/index.html
systemctl enable --now httpd`;
    await runScript(maker, old.id, { name: 'by hand', script, timeoutSeconds: 300 }, newOp());
    address = `http://${(await describeInstance(ec2, old.id)).PublicDnsName}/`;
  }

  it('is found in a list by its name, and shown with what it serves before anything is changed', async () => {
    assert.equal(await titleOf('index.html'), 'Since long ago');
    const before = await siteFile();
    await workbench.inThemes('adopt-kind', listServers, () => workbench.closeQuickInput());
    await workbench.pick('Server');
    await workbench.search(WHICH, NAME);
    await workbench.entry(`${NAME} (${old.id})`).getByText('fits, as far as it shows from outside').waitFor();
    await workbench.screenshot('adopt-list');
    await workbench.answer(WHICH);
    await workbench.dialog().waitFor();
    await workbench.screenshot('adopt-plan-high-contrast');
    const plan = await workbench.answerDialog('Cancel');
    assert.match(plan, /Account 123456789012, region us-east-1/);
    assert.match(plan, /It serves 2 files of its own\. They stay/);
    assert.match(plan, /Not in this folder, and served on: history\.html\./);
    assert.match(plan, /make server i-[0-9a-f]+ and volume vol-[0-9a-f]+ this site’s/);
    assert.match(plan, /in “server”: "securityGroup": "sg-[0-9a-f]+"/);
    assert.equal(await siteFile(), before);
  });

  it('is adopted with its volume, and mounted for good by the plan that comes next', async () => {
    for (const theme of ['light', 'dark'] as const) {
      await workbench.chooseTheme(theme);
      await listServers();
      await workbench.pick('Server');
      await workbench.search(WHICH, NAME);
      await workbench.entry(`${NAME} (${old.id})`).waitFor();
      await workbench.screenshot(`adopt-list-${theme}`);
      await workbench.answer(WHICH);
      await workbench.dialog().waitFor();
      await workbench.screenshot(`adopt-plan-${theme}`);
      if (theme === 'light') await workbench.answerDialog('Cancel');
    }
    await workbench.answerDialog('Adopt');
    await workbench.dialog().filter({ hasText: 'Provision the volume' }).waitFor();
    await workbench.screenshot('adopt-provision');
    const then = await workbench.answerDialog('Provision');
    assert.match(then, /1 step:\n• write the mount on \/var\/www\/html into \/etc\/fstab/);
    await workbench.showView('Sitelift');
    const tree = workbench.tree();
    await tree.waitForText('Server', /^Server running$/);
    await tree.waitForText('Volume', /^Volume attached · mounted$/);
    await tree.expand('Server');
    await workbench.inThemes('adopt-tree', () => tree.showTooltip('Adopted'));
    assert.match(await tree.text('Adopted'), /^Adopted was there before the site$/);
    await tree.collapse('Server');
  });

  it('gets all of the rest but the distribution, which CloudFront does not make yet, and then that as well', async () => {
    await session.sandbox.settings({ unverifiedAccount: 1 });
    await workbench.runCommand('Sitelift: Provision All…', workbench.dialog(), workbench.progress());
    await workbench.dialog().waitFor();
    await workbench.screenshot('adopt-rest-plan');
    await workbench.answerDialog('Provision');
    await workbench.notification('until AWS has verified it').waitFor();
    await workbench.tree().waitForText('Bucket', /^Bucket 0 objects$/);
    // Escape, which leaves a choice of themes, takes notifications from the corner.
    const all = workbench.page.locator('.notifications-center', { hasText: 'until AWS has verified it' });
    await workbench.inThemes('parked', () => workbench.runCommand('Notifications: Show Notifications', all));
    await workbench.runCommand('Notifications: Clear All Notifications');
    await session.sandbox.settings({ unverifiedAccount: 0 });
    await workbench.tree().choose('Next: Provision All…', workbench.dialog());
    assert.match(await workbench.answerDialog('Provision'), /CloudFront distribution/);
    await workbench.tree().waitForText('Distribution', /^Distribution Deployed$/);
  });

  it('is published to, and serves on what only it has', async () => {
    await publishSite(workbench);
    assert.deepEqual(await Promise.all(['', 'news.html', 'history.html'].map(titleOf)), [
      ...['Far Shores', 'News one', 'Since long ago'],
    ]);
    await workbench.screenshot('adopt-published');
  });

  it('is given older pages back by a snapshot of its volume, beside which the former one is kept', async () => {
    const name = 'What the snapshot is to be called';
    const which = 'Snapshot to restore';
    await workbench.inThemes(
      'snapshot-name',
      async () => {
        await workbench.runCommand('Sitelift: Snapshot Volume…', workbench.question(name), workbench.progress());
        await workbench.waitForQuestion(name);
      },
      () => workbench.closeQuickInput(),
    );
    await workbench.answer(name, 'before the news');
    await workbench.dialog().waitFor();
    await workbench.screenshot('snapshot-plan');
    await workbench.answerDialog('Take Snapshot');
    await workbench.notification('has a snapshot more').waitFor();
    await put('news.html', '<!doctype html><title>News two</title>\n');
    await publishSite(workbench);
    assert.equal(await titleOf('news.html'), 'News two');
    await workbench.inThemes(
      'restore-list',
      async () => {
        await workbench.runCommand('Sitelift: Restore Snapshot…', workbench.question(which), workbench.progress());
        await workbench.waitForQuestion(which);
      },
      () => workbench.closeQuickInput(),
    );
    await workbench.answer(which);
    await workbench.dialog().waitFor();
    await workbench.screenshot('restore-plan');
    assert.match(await workbench.answerDialog('Restore'), new RegExp(`instead of ${old.volumeId}, which is kept`));
    await workbench.notification('serves the pages of its snapshot').waitFor();
    await workbench.screenshot('restored');
    assert.deepEqual(await Promise.all(['news.html', 'history.html'].map(titleOf)), ['News one', 'Since long ago']);
    const tree = workbench.tree();
    await workbench.showView('Sitelift');
    await tree.waitForText('Volume', /^Volume attached · mounted$/);
    await tree.expand('Volume');
    await tree.waitForText('Kept beside', new RegExp(`^Kept beside ${old.volumeId}, 3 GiB, adopted$`));
    await workbench.inThemes('restore-tree', () => tree.showTooltip('Kept beside'));
    const spoken = await tree.rows().evaluateAll((rows) => rows.map((row) => row.ariaLabel ?? ''));
    for (const label of [
      'Server, running',
      'Volume, attached, mounted',
      `Kept beside, ${old.volumeId}, 3 GiB, adopted`,
    ]) {
      assert.ok(
        spoken.some((text) => text.startsWith(label)),
        `${label} in: ${spoken.join('; ')}`,
      );
    }
    assert.ok(spoken.every((text) => text.trim() !== ''));
    await tree.collapse('Volume');
  });

  it('is not replaced, as it was there before, and says what to do instead', async () => {
    const refused = workbench.notification('was there before this site, so it is not ended for another one');
    await workbench.runCommand('Sitelift: Replace Server…', refused, workbench.progress());
    await refused.getByRole('button', { name: 'Destroy Server…' }).waitFor();
    await workbench.screenshot('replace-refused');
  });

  it('was adopted, published to and restored without one click of the mouse', () => {
    assert.equal(workbench.clicks, 0);
  });
});
