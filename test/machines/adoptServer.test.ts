import {
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateVolumeCommand,
  DescribeVolumesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { encodePath } from '../../src/core/html/assetUrl';
import { waitFor } from '../../src/core/aws/wait';
import type { Context } from '../../src/core/context';
import { SITE_TAG } from '../../src/core/names';
import { run } from '../../src/core/plan';
import { quote, runScript, waitUntilOnline } from '../../src/core/remote/ssm';
import { planAdoption } from '../../src/core/resources/adopt/planAdoption';
import { wished } from '../../src/core/resources/adopt/wants';
import { describeParts } from '../../src/core/resources/teardown/parts';
import { planTeardown } from '../../src/core/resources/teardown/planTeardown';
import { describeInstance, instanceReaches, launchInstance, makeProfile } from '../sandbox/controlplane/testInstances';
import type { TestControlPlane } from '../sandbox/controlplane/testControlPlane';
import { newContext, newOp } from '../core/sandbox';
import { keysOf } from '../core/resources/provisioned';
import { eventually, fetched, newSite, type SiteDriver } from './siteDriver';

/** What is served before any site is there, by path. */
const BEFORE: Readonly<Record<string, string>> = {
  'index.html': '<h1>Grüße</h1>\n',
  'old/only here.html': 'old\n',
  '$(touch PWNED) `id`.html': 'hostile\n',
  'pictures/sun.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
};

const HIDDEN = '# of the admin\n';

describe('a server that was made by hand and serves pages from a volume', function () {
  this.timeout(900_000);
  const maker = newContext();
  const { ec2 } = maker.clients;
  let id: string;
  let volumeId: string;
  let site: SiteDriver;
  const inside = (script: string) =>
    runScript(maker, id, { name: 'by hand', script: `set -e\n${script}`, timeoutSeconds: 300 }, newOp());
  const uuid = () => inside('findmnt -nro UUID /var/www/html; stat -c %Y /var/www/html/index.html');
  const host = async () => (await describeInstance(ec2, id)).PublicDnsName ?? assert.fail('no address');

  before(async () => {
    const plane = maker.clients as unknown as TestControlPlane;
    const name = `web-${maker.site.id}`;
    await makeProfile(plane, name);
    const { GroupId = '' } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: name, Description: 'web' }));
    const rule = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule] }));
    id = await launchWith(plane, name, GroupId);
    await instanceReaches(ec2, id, 'running');
    const made = await ec2.send(
      new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1, VolumeType: 'gp3' }),
    );
    volumeId = made.VolumeId ?? assert.fail('no volume');
    await until(async () => (await volumeNow()).State === 'available');
    await ec2.send(new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: id, Device: '/dev/sdf' }));
    await until(async () => (await volumeNow()).Attachments?.[0]?.State === 'attached');
    await waitUntilOnline(maker, id, newOp());
    await inside(`disk=$(lsblk -dnrpo NAME,SERIAL | sed -n 's/ ${volumeId.replace('-', '')}$//p')
yum install -y httpd
printf 'n\\np\\n1\\n\\n+250M\\nw\\n' | fdisk $disk; udevadm settle
mkfs.ext4 -q ${'$'}{disk}p1
mount ${'$'}{disk}p1 /var/www/html
systemctl enable --now httpd`);
    for (const [path, content] of Object.entries(BEFORE)) {
      const encoded = [path, content].map((text) => Buffer.from(text).toString('base64'));
      await inside(`path=/var/www/html/$(base64 -d <<<${encoded[0]})
mkdir -p "$(dirname "$path")"; base64 -d <<<${encoded[1]} >"$path"`);
    }
    await inside(`printf %s ${quote(HIDDEN)} >/var/www/html/.htaccess`);
  });
  after(async () => {
    await site?.remove();
    if (id) await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  });

  async function launchWith(plane: TestControlPlane, name: string, groupId: string): Promise<string> {
    const wish = {
      Placement: { AvailabilityZone: 'us-east-1a' },
      IamInstanceProfile: { Name: name },
      SecurityGroupIds: [groupId],
    };
    let launched: string | undefined;
    await until(async () => {
      launched = await launchInstance(plane, wish).catch((error: unknown) => {
        if (String(error).includes('Invalid IAM Instance Profile')) return undefined;
        throw error;
      });
      return launched !== undefined;
    });
    return launched ?? assert.fail('not launched');
  }
  const until = (look: () => Promise<boolean>) =>
    waitFor('that', async () => ((await look()) ? true : undefined), { limitSeconds: 120 }, newOp());
  const volumeNow = async () =>
    (await ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }))).Volumes?.[0] ?? assert.fail('gone');
  const adoption = ({ context, folder }: { readonly context: Context; readonly folder: string }) =>
    planAdoption('server', id, context, folder, newOp());

  it('is adopted with its volume, and told of what it serves; provisioning only lets that outlast a boot', async () => {
    const before = await uuid();
    const first = await newSite((file) => void Object.assign(file, { id: maker.site.id }));
    await first.put('index.html', 'new\n');
    const { about, plan, wants } = await adoption(first);
    assert.match(about.join('\n'), /serves 5 files of its own/);
    assert.match(
      about.join('\n'),
      /Not in this folder, and served on: \$\(touch PWNED\) .*, \.htaccess, old\/only here\.html, pictures\/sun\.svg\./,
    );
    assert.match(about.join('\n'), /In this folder with other content, .*: index\.html\./);
    site = await newSite((file) => void Object.assign(file, wished(first.context.site, wants)));
    await first.remove();
    await run(plan, newOp());
    assert.deepEqual(await site.provision('volume'), ['mount']);
    assert.deepEqual(await site.provision('volume'), []);
    const again = await adoption(site);
    assert.deepEqual([again.wants, keysOf(again.plan)], [[], []]);
    assert.equal(await uuid(), before);
    assert.match(
      await inside('grep " /var/www/html " /etc/fstab; ls /var/www/html'),
      /^UUID=[^]*x-sitelift[^]*lost\+found\nold/m,
    );
  });

  it('is published to without losing a page that was there', async () => {
    await site.put('index.html', 'new\n');
    await site.put('news.html', 'news\n');
    await site.provision();
    await site.publish();
    const address = await host();
    assert.equal(await eventually(address, 'news.html'), 'news\n');
    for (const [path, content] of Object.entries(BEFORE)) {
      const { body, status } = fetched(address, encodePath(path));
      assert.deepEqual([status, body], ['200', path === 'index.html' ? 'new\n' : content], path);
    }
    assert.equal(await inside('cat /var/www/html/.sitelift/before/index.html'), BEFORE['index.html']);
    const { other } = await site.verify();
    assert.deepEqual([other.count, other.paths.length], [4, 4]);
    assert.equal(await inside('find / -name PWNED -not -path "/proc/*" 2>/dev/null || true'), '');
  });

  it('gets its former pages back, to the byte, when the release of what it served is brought back', async () => {
    await site.put('old/only here.html', 'published\n');
    await site.publish();
    await site.drop('old/only here.html');
    await site.publish();
    const address = await host();
    assert.equal(fetched(address, encodePath('old/only here.html')).status, '404');
    const { former } = await site.ledger();
    const first = former.at(-1) ?? assert.fail('nothing is kept');
    assert.deepEqual([typeof first.imported, first.counts.added], ['string', Object.keys(BEFORE).length]);
    await site.rollback(first.at);
    for (const [path, content] of Object.entries(BEFORE)) {
      const { body, status } = fetched(address, encodePath(path));
      assert.deepEqual([status, body], ['200', content], path);
    }
    assert.notEqual(fetched(address, 'news.html').status, '200');
    assert.equal(await inside('cat /var/www/html/.htaccess'), HIDDEN);
    assert.deepEqual((await site.verify()).other.paths, ['.htaccess']);
  });

  it('keeps what was brought back where the folder has other pages, when that is published again', async () => {
    await site.publish();
    const address = await host();
    for (const [path, content] of Object.entries(BEFORE)) {
      const { body, status } = fetched(address, encodePath(path));
      assert.deepEqual([status, body], ['200', path === 'index.html' ? 'new\n' : content], path);
    }
    assert.equal(fetched(address, 'news.html').body, 'news\n');
    assert.deepEqual(await site.publish(), []);
  });

  it('stays, with its volume and all of its pages, when the site is destroyed with its data', async () => {
    const [have, parts] = await Promise.all([site.describe(), describeParts(site.context, newOp())]);
    const plan = planTeardown('all', site.context, have, parts, 'delete');
    const keys = keysOf(plan);
    assert.deepEqual(
      keys.filter((key) => /terminate|Volume|Server|detach|unmount|snapshot/.test(key)),
      ['letGoServer', 'letGoVolume'],
    );
    await run(plan, newOp());
    assert.equal((await describeInstance(ec2, id)).State?.Name, 'running');
    const { Attachments, Tags = [] } = await volumeNow();
    assert.equal(Attachments?.[0]?.State, 'attached');
    assert.deepEqual(
      Tags.filter(({ Key }) => Key?.startsWith(SITE_TAG.split(':')[0] ?? '')),
      [],
    );
    assert.equal(fetched(await host(), encodePath('old/only here.html')).body, 'old\n');
  });
});
