import { AttachVolumeCommand, CreateTagsCommand, CreateVolumeCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { BLANK_TAG, serialOf } from '../../src/core/names';
import { run } from '../../src/core/plan';
import { known } from '../../src/core/resources/resource';
import { planProvision } from '../../src/core/resources/planProvision';
import { newOp } from '../core/sandbox';
import { eventually, newSite, type SiteDriver } from './siteDriver';

describe('a site on an Ubuntu server', function () {
  this.timeout(900_000);
  let site: SiteDriver;
  before(async () => {
    site = await newSite((file) => {
      file['server'] = { image: 'ubuntu-24.04' };
    });
    await site.provision('server');
  });
  after(() => site.remove());

  it('gets its volume once nothing is in the way, and is published', async () => {
    const { ec2 } = site.context.clients;
    const { zone, instanceId, host = '' } = known((await site.describe()).server) ?? assert.fail('no server');
    const decoy = await ec2.send(new CreateVolumeCommand({ AvailabilityZone: zone, Size: 1, VolumeType: 'gp3' }));
    const decoyId = decoy.VolumeId ?? assert.fail('no decoy');
    await ec2.send(new AttachVolumeCommand({ VolumeId: decoyId, InstanceId: instanceId, Device: '/dev/sdg' }));
    const plan = planProvision('volume', site.context, await site.describe());
    await run(
      plan.filter((stage) => stage.every(({ key }) => key !== 'mount')),
      newOp(),
    );
    const volumeId = known((await site.describe()).volume)?.volumeId ?? assert.fail('no volume');
    const diskOf = (id: string) => `$(lsblk -dnpo NAME,SERIAL | awk '$2 == "${serialOf(id)}" { print $1 }')`;
    const onDisks = (script: string) => site.inside(`disk=${diskOf(volumeId)}\ndecoy=${diskOf(decoyId)}\n${script}`);

    await onDisks('mkswap -q $disk');
    await assert.rejects(site.provision(), /has a swap file system.*Nothing was changed/);
    await onDisks('wipefs -qa $disk; udevadm settle');
    const tag = { Key: BLANK_TAG, Value: 'yes' };
    await ec2.send(new DeleteTagsCommand({ Resources: [volumeId], Tags: [{ Key: BLANK_TAG }] }));
    await assert.rejects(site.provision(), /was not created by Sitelift, so it is not formatted/);
    await ec2.send(new CreateTagsCommand({ Resources: [volumeId], Tags: [tag] }));
    await site.inside(`echo 'server:/pages /var/www/html nfs _netdev 0 0' >>/etc/fstab`);
    await assert.rejects(
      site.provision(),
      /a line for \/var\/www\/html that is not Sitelift’s: “server:\/pages .*nothing was changed/,
    );
    await site.inside(`sed -i '/^server:/d' /etc/fstab`);

    await site.provision();
    const mount = known((await site.describe()).server)?.inspection?.mount ?? assert.fail('nothing is mounted');
    assert.equal(mount.serial, serialOf(volumeId));
    assert.equal((await onDisks('blkid -p $decoy; echo $?')).trim(), '2');
    assert.match(await site.inside('ls /var/www/html'), /index\.html/);
    await site.put('index.html', '<!doctype html><title>Ubuntu</title>\n');
    await site.publish();
    assert.match(await eventually(host, 'index.html'), /Ubuntu/);
    assert.equal((await site.inside('systemctl is-enabled apache2')).trim(), 'enabled');
    assert.deepEqual(await site.provision(), []);
  });
});
