import { AttachVolumeCommand, CreateTagsCommand, CreateVolumeCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { BLANK_TAG, serialOf } from '../../src/core/names';
import { run } from '../../src/core/plan';
import { known } from '../../src/core/resources/resource';
import { planProvision } from '../../src/core/resources/stack';
import { newOp } from '../core/sandbox';
import { inSequence } from '../setup/sequence';
import { eventually, newSite, type SiteDriver } from './siteDriver';

/** Shell words that give the one partition of `$disk`. */
const PARTITION = `$(lsblk -nrpo NAME,TYPE $disk | awk '$2 == "part" { print $1 }')`;

describe('the mount rules, on Ubuntu', function () {
  this.timeout(900_000);
  inSequence(this);
  let site: SiteDriver;
  let volumeId: string;
  let decoyId: string;

  /** Runs a script with `$disk`, the data disk, and `$decoy`, a blank disk that was plugged in before it. */
  const onDisks = (script: string) =>
    site.inside(
      ['disk', 'decoy']
        .map(
          (name) =>
            `${name}=$(lsblk -dnpo NAME,SERIAL | awk '$2 == "${serialOf(name === 'disk' ? volumeId : decoyId)}" { print $1 }')`,
        )
        .concat(script)
        .join('\n'),
    );

  before(async () => {
    site = await newSite((file) => {
      file['server'] = { image: 'ubuntu-24.04' };
    });
    const { ec2 } = site.context.clients;
    await site.provision('server');
    const { instanceId, zone } = await site.server();
    const decoy = await ec2.send(new CreateVolumeCommand({ AvailabilityZone: zone, Size: 1, VolumeType: 'gp3' }));
    decoyId = decoy.VolumeId ?? assert.fail('no decoy');
    await ec2.send(new AttachVolumeCommand({ VolumeId: decoyId, InstanceId: instanceId, Device: '/dev/sdg' }));
    const plan = planProvision('volume', site.context, await site.describe());
    await run(
      plan.filter((stage) => stage.every(({ key }) => key !== 'mount')),
      newOp(),
    );
    volumeId = known((await site.describe()).volume)?.volumeId ?? assert.fail('no volume');
  });
  after(() => site.remove());

  it('never format a disk that holds something recognisable', async () => {
    await onDisks('mkswap -q $disk');
    await assert.rejects(site.provision(), /swap file system.*Nothing was changed/);
    assert.equal((await onDisks('blkid -p -s TYPE -o value $disk')).trim(), 'swap');
    await onDisks('wipefs -qa $disk; printf "label: gpt\\n,50MiB\\n,50MiB\\n" | sfdisk -q $disk');
    await assert.rejects(site.provision(), /several partitions, none made by Sitelift/);
    await onDisks(`sfdisk -q --delete $disk 2; udevadm settle; mkswap -q ${PARTITION}`);
    await assert.rejects(site.provision(), /Nothing was changed/);
    await onDisks(`wipefs -qa ${PARTITION}; wipefs -qa $disk; blockdev --rereadpt $disk; udevadm settle`);
  });

  it('never format a blank disk that Sitelift did not create', async () => {
    const { ec2 } = site.context.clients;
    await ec2.send(new DeleteTagsCommand({ Resources: [volumeId], Tags: [{ Key: BLANK_TAG }] }));
    await assert.rejects(site.provision(), /was not created by Sitelift, so it is not formatted/);
    await ec2.send(new CreateTagsCommand({ Resources: [volumeId], Tags: [{ Key: BLANK_TAG, Value: 'yes' }] }));
  });

  it('go on where a run was cut between partitioning and formatting', async () => {
    await onDisks('printf "label: gpt\\nname=sitelift-new\\n" | sfdisk -q $disk; udevadm settle');
    assert.ok((await site.provision()).includes('mount'));
    assert.equal((await onDisks('sfdisk --part-label $disk 1')).trim(), 'sitelift-data');
  });

  it('take the disk by its serial and leave the other one blank', async () => {
    const mount = (await site.server()).inspection?.mount ?? assert.fail('nothing is mounted');
    assert.equal(mount.serial, serialOf(volumeId));
    assert.equal((await onDisks('blkid -p $decoy; echo $?')).trim(), '2');
  });

  it('keep the pages that were in the old document root', async () => {
    assert.match(await site.inside('ls /var/www/html'), /index\.html/);
  });

  it('lead to a site that is published and comes from Apache', async () => {
    await site.put('index.html', '<!doctype html><title>Ubuntu</title>\n');
    await site.publish();
    const { host } = await site.server();
    assert.match(await eventually(host ?? '', 'index.html'), /Ubuntu/);
    assert.equal((await site.inside('systemctl is-enabled apache2')).trim(), 'enabled');
    assert.deepEqual(await site.provision(), []);
  });
});
