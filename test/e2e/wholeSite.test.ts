import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { newOp } from '../core/sandbox';
import { newSite, type SiteDriver } from '../machines/siteDriver';
import { enterSandbox } from '../sandbox/enterSandbox';
import { startSandbox, type Sandbox } from '../sandbox/sandbox';
import { waitUntilDeployed } from '../../src/core/resources/distribution/distribution';
import { known } from '../../src/core/resources/resource';
import { inSequence } from '../setup/sequence';
import { launchBrowser, type Browser } from '../vscode/browser';
import { loadPage, type LoadedPage } from './loadedPage';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const page = (title: string, release: string): string =>
  `<!doctype html><title>${title} ${release}</title><link rel="stylesheet" href="/site.css"><img src="/images/a.png"><img src="/images/${title}.png"><p>${title}`;
/** What readers type, and the page that each is. */
const URLS: Readonly<Record<string, string>> = {
  '': 'home',
  'index.html': 'home',
  'news/': 'news',
  'about.html': 'about',
};

describe('a site that the distribution serves whole', function () {
  this.timeout(1_200_000);
  inSequence(this);
  let sandbox: Sandbox;
  let leave: () => void;
  let browser: Browser;
  let site: SiteDriver;
  let address: string;

  before(async () => {
    sandbox = await startSandbox({ machines: true, deploySeconds: 2, registrationSeconds: 1 });
    leave = enterSandbox({ ...sandbox, env: { ...sandbox.env, SITELIFT_CONTROL_PLANE: sandbox.endpointUrl } });
    // A dead server is waited for in time-outs of CloudFront, which are real seconds to no reader of this test.
    await sandbox.settings({ originSecondMs: 300 });
    browser = await launchBrowser({ sandbox });
    site = await newSite((file) => void (file['distribution'] = { serves: 'site' }));
    await write('one');
    await site.put('site.css', 'p { background: url("images/b.png") }');
    for (const name of ['a', 'b', 'home', 'news', 'about']) await site.put(`images/${name}.png`, PNG);
  });
  after(async () => {
    await site?.remove();
    await browser?.close();
    leave?.();
    await sandbox?.stop();
  });

  const write = async (release: string): Promise<void> => {
    await site.put('index.html', page('home', release));
    await site.put('news/index.html', page('news', release));
    await site.put('about.html', page('about', release));
  };
  const visit = (path: string): Promise<LoadedPage> => loadPage(browser.context, `${address}${path}`);
  /** Reads every page as a person does. */
  const browse = async (release: string): Promise<void> => {
    for (const [path, title] of Object.entries(URLS)) {
      const { images, status, title: shown } = await visit(path);
      assert.deepEqual([status, shown], [200, `${title} ${release}`], path);
      assert.equal(images.length, 3, path);
      assert.ok(
        images.every(({ complete }) => complete),
        path,
      );
    }
  };

  it('is at the distribution’s address by HTTPS, pages, style sheets and images', async () => {
    await site.provision();
    await site.publish();
    const { domain } = await waitUntilDeployed(site.context, newOp());
    address = `https://${domain}/`;
    await browse('one');
    const { status } = await visit('nowhere.html');
    assert.equal(status, 404);
  });

  it('shows a changed release to whoever comes after its publication', async () => {
    await write('two');
    await site.publish();
    await browse('two');
  });

  it('stays up while its server is terminated, for whom the edges have it and for whom not', async () => {
    const { instanceId } = await site.server();
    let isOver = false;
    const reading = (async () => {
      for (let round = 0; !isOver || round === 0; round += 1) await browse('two');
    })();
    await site.context.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    await browse('two');
    // Readers elsewhere come to edges that have nothing of it.
    sandbox.clearEdge();
    await browse('two');
    assert.equal((await visit('nowhere.html')).status, 404);
    isOver = true;
    await reading;
  });

  it('gets a new server that takes the volume over, and was never away', async () => {
    let isOver = false;
    const reading = (async () => {
      for (let round = 0; !isOver || round === 0; round += 1) await browse('two');
    })();
    const volume = known((await site.describe()).volume)?.volumeId;
    await site.provision();
    assert.equal(known((await site.describe()).volume)?.volumeId, volume);
    await waitUntilDeployed(site.context, newOp());
    sandbox.clearEdge();
    await browse('two');
    isOver = true;
    await reading;
    await write('three');
    await site.publish();
    await browse('three');
    assert.ok((await site.verify()).isWhole);
  });
});
