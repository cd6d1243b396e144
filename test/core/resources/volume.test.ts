import { CreateTagsCommand, CreateVolumeCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { ADOPTED_TAG, BLANK_TAG, tagsFor } from '../../../src/core/names';
import { run } from '../../../src/core/plan';
import { known } from '../../../src/core/resources/resource';
import { planProvision } from '../../../src/core/resources/planProvision';
import { describeSite } from '../../../src/core/resources/stack';
import { scriptText } from '../../../src/core/remote/ssm';
import mountScript from '../../../src/core/remote/scripts/mount.sh';
import { newAgent } from '../remote/agent';
import { controlPlane, newContext, newOp } from '../sandbox';
import { provision } from './provisioned';

describe('mounting a volume', () => {
  before(() => controlPlane().send('POST', 'settings', { profileSeconds: 0.2 }));

  /** Runs the step that mounts and gives what was sent to the server. */
  async function mounted({ site, clients }: Context): Promise<string | undefined> {
    const agent = newAgent({ Status: 'Success' });
    const context = { site, clients: { ...clients, ssm: agent.context.clients.ssm } };
    const plan = planProvision('volume', context, await describeSite({ site, clients }, newOp()));
    const step = plan.flat().find(({ key }) => key === 'mount') ?? assert.fail('nothing is to be mounted');
    await run([[step]], newOp());
    assert.equal(agent.sent.length, 1);
    return agent.sent[0]?.Parameters?.['commands']?.[0];
  }
  const script = (volumeId: string, blank: 'yes' | 'no', partitionMib: number, takesSettings: 'yes' | 'no' = 'yes') =>
    scriptText({
      script: mountScript,
      values: {
        VOLUME_ID: volumeId,
        SERIAL: volumeId.replace('-', ''),
        CREATED_BLANK: blank,
        PARTITION_MIB: String(partitionMib),
        MOUNT_POINT: '/var/www/html',
        TAKES_SETTINGS: takesSettings,
      },
    });

  it('may format one that was made blank here, and no longer once it is not marked so', async () => {
    const context = newContext((file) => (file['volume'] = { sizeGib: 1, partitionMib: 250 }));
    await provision(context, 'volume');
    const { volumeId } = known((await describeSite(context, newOp())).volume) ?? assert.fail('no volume');
    assert.equal(await mounted(context), script(volumeId, 'yes', 250));
    const marked = { Resources: [volumeId], Tags: [{ Key: BLANK_TAG }] };
    await context.clients.ec2.send(new DeleteTagsCommand(marked));
    assert.equal(await mounted(context), script(volumeId, 'no', 250));
    const other = { ...marked, Tags: [{ Key: BLANK_TAG, Value: 'no' }] };
    await context.clients.ec2.send(new CreateTagsCommand(other));
    assert.equal(await mounted(context), script(volumeId, 'no', 250));
  });

  it('never formats one that was adopted, nor takes settings from it, whatever an earlier site says of it', async () => {
    const context = newContext();
    await provision(context, 'volume');
    const { volumeId } = known((await describeSite(context, newOp())).volume) ?? assert.fail('no volume');
    const Tags = [{ Key: ADOPTED_TAG, Value: 'yes' }];
    await context.clients.ec2.send(new CreateTagsCommand({ Resources: [volumeId], Tags }));
    assert.equal(await mounted(context), script(volumeId, 'no', 0, 'no'));
  });

  it('formats none that somebody else made, though it carries the site’s tag', async () => {
    const context = newContext();
    const { VolumeId: volumeId = '' } = await context.clients.ec2.send(
      new CreateVolumeCommand({
        AvailabilityZone: 'us-east-1a',
        Size: 1,
        TagSpecifications: [{ ResourceType: 'volume', Tags: tagsFor(context.site, 'volume') }],
      }),
    );
    await provision(context, 'volume');
    assert.equal(await mounted(context), script(volumeId, 'no', 0));
  });
});
