import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { encodePath } from '../../src/core/html/assetUrl';
import { run } from '../../src/core/plan';
import { runScript, waitUntilOnline } from '../../src/core/remote/ssm';
import type { Adoptable } from '../../src/core/resources/adopt/candidates';
import { planAdoption } from '../../src/core/resources/adopt/planAdoption';
import { wished } from '../../src/core/resources/adopt/wants';
import { newContext, newOp } from '../core/sandbox';
import { makeByHand } from '../core/resources/handMade';
import { makeEdge, readAt, type HandMadeEdge } from '../core/resources/handMadeEdge';
import { describeInstance } from '../sandbox/controlplane/testInstances';
import { eventually, fetched, newSite, type SiteDriver } from './siteDriver';

const PAGES: Readonly<Record<string, string>> = {
  'old.html': '<h1>Grüße</h1><img src="https://images.example/sun.svg">\n',
  'deep/below/$(id).html': 'deep\n',
};
const IMAGES: Readonly<Record<string, string>> = {
  'sun.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'images/a b/ü %25+&.svg': 'hostile',
  'images/moon.svg': 'moon',
};

describe('the instance, volume, bucket and distribution of the classic sequence', function () {
  this.timeout(900_000);
  const maker = newContext();
  let serverId: string;
  let edge: HandMadeEdge;
  let site: SiteDriver;
  const host = async () =>
    (await describeInstance(maker.clients.ec2, serverId)).PublicDnsName ?? assert.fail('no name');

  before(async () => {
    const [hand, made] = await Promise.all([makeByHand(maker), makeEdge(maker, { objects: IMAGES })]);
    serverId = hand.id;
    edge = made;
    await waitUntilOnline(maker, serverId, newOp());
    const inside = (script: string) =>
      runScript(maker, serverId, { name: 'by hand', script: `set -e\n${script}`, timeoutSeconds: 300 }, newOp());
    await inside(`disk=$(lsblk -dnrpo NAME,SERIAL | sed -n 's/ ${hand.volumeId.replace('-', '')}$//p')
yum install -y httpd
printf 'n\\np\\n1\\n\\n+250M\\nw\\n' | fdisk $disk; udevadm settle
mkfs.ext4 -q ${'$'}{disk}p1
mount ${'$'}{disk}p1 /var/www/html
systemctl enable --now httpd`);
    for (const [path, content] of Object.entries(PAGES)) {
      const encoded = [path, content].map((text) => Buffer.from(text).toString('base64'));
      await inside(`path=/var/www/html/$(base64 -d <<<${encoded[0]})
mkdir -p "$(dirname "$path")"; base64 -d <<<${encoded[1]} >"$path"`);
    }
  });
  after(async () => {
    await site?.remove();
    if (serverId) await maker.clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [serverId] }));
  });

  /** Adopts for a site, and gives the site as its file says it then. */
  async function adopt(kind: Adoptable, id: string, of: SiteDriver): Promise<SiteDriver> {
    const { plan, wants } = await planAdoption(kind, id, of.context, of.folder, newOp());
    await run(plan, newOp());
    await of.remove();
    return newSite((file) => void Object.assign(file, wished(of.context.site, wants)));
  }

  it('are adopted, two by two, and provisioned to the end', async () => {
    const first = await newSite((file) => void Object.assign(file, { id: maker.site.id }));
    site = await adopt('distribution', edge.id, await adopt('server', serverId, first));
    const keys = await site.provision();
    assert.deepEqual(
      keys.filter((key) => ['instance', 'volume', 'distribution'].includes(key)),
      [],
    );
    assert.deepEqual(await site.provision(), []);
  });

  it('are published to without losing a page or an image that was there', async () => {
    await site.put('index.html', '<img src="images/new.svg">\n');
    await site.put('images/new.svg', '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>');
    await site.publish();
    const address = await host();
    assert.match(await eventually(address, 'index.html'), new RegExp(`https://${edge.domain}/images/new\\.svg`));
    for (const [path, content] of Object.entries(PAGES)) {
      assert.deepEqual(fetched(address, encodePath(path)), { status: '200', body: content }, path);
    }
    for (const [path, body] of Object.entries(IMAGES)) {
      const answer = await readAt(maker, edge.domain, path);
      assert.deepEqual(answer, { status: 200, body, type: 'image/svg+xml' }, path);
      const original = await maker.clients.s3.send(new GetObjectCommand({ Bucket: edge.bucket, Key: path }));
      assert.equal(await original.Body?.transformToString(), body);
    }
    assert.equal((await readAt(maker, edge.domain, 'images/new.svg')).status, 200);
    // What is served and is none of the release is told.
    const others = Object.keys(PAGES).length + Object.keys(IMAGES).length;
    assert.equal((await site.verify()).other.count, others);
    assert.deepEqual(await site.publish(), []);
  });

  it('keep what is private from everybody but the account', async () => {
    const { Contents = [] } = await maker.clients.s3.send(
      new ListObjectsV2Command({ Bucket: edge.bucket, Prefix: '_sitelift/' }),
    );
    assert.ok(Contents.length > 0);
    for (const { Key = '' } of Contents) assert.equal((await readAt(maker, edge.domain, Key)).status, 403);
  });
});
