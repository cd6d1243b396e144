import assert from 'node:assert/strict';
import { UserError } from '../../../src/core/op';
import { run, stepsOf } from '../../../src/core/plan';
import { planAssets } from '../../../src/core/publish/planUpload';
import { bucket as makeBucket } from '../../../src/core/resources/bucket';
import type { SiteHave } from '../../../src/core/resources/stack';
import { controlPlane, newContext, newOp } from '../sandbox';

describe('Upload to CDN', () => {
  const context = newContext();
  const origin = { host: 'desk', folder: 'site', place: 'here' };
  const asset = {
    ...{ path: 'a.png', absolutePath: '/nowhere/a.png', sizeBytes: 1234, modifiedMs: 0 },
    contentType: 'image/png',
  };
  const bucket = { kind: 'known', have: { objects: new Map() } } as unknown as SiteHave['bucket'];
  const absent = { kind: 'absent' } as const;
  const unknown = { kind: 'unknown', reason: 'The network is down.' } as const;
  const plan = (site: Pick<SiteHave, 'bucket' | 'distribution'>) => planAssets(context, site, [asset], origin, newOp());

  it('uploads nothing while it is not known whether edges hold the old bytes', async () => {
    await controlPlane().send('DELETE', 'calls');
    await assert.rejects(
      plan({ bucket, distribution: unknown }),
      /The distribution cannot be read, so nothing is uploaded: The network is down\./,
    );
    await assert.rejects(plan({ bucket: unknown, distribution: absent }), /The bucket cannot be read/);
    await assert.rejects(plan({ bucket: unknown, distribution: unknown }), {
      message:
        'The bucket cannot be read, so nothing is uploaded: The network is down. ' +
        'The distribution cannot be read, so nothing is uploaded: The network is down.',
    });
    assert.deepEqual(await controlPlane().calls(), []);
  });

  it('says that there is no bucket, and the way to one', async () => {
    await assert.rejects(plan({ bucket: absent, distribution: absent }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /There is no bucket to upload to yet/);
      assert.deepEqual(error.remedy, {
        title: 'Provision Distribution…',
        command: 'sitelift.provisionDistribution',
      });
      return true;
    });
  });

  it('tells where an asset is found', async () => {
    const have = { id: 'E1', domain: 'd1.cloudfront.net' };
    const distribution = { kind: 'known', have } as unknown as SiteHave['distribution'];
    const own = newContext();
    await run(makeBucket.plan(own, { bucket: absent }), newOp());
    const { domain } = await planAssets(own, { bucket, distribution }, [asset], origin, newOp());
    assert.equal(domain, 'd1.cloudfront.net');
  });

  it('uploads to a bucket without a distribution, where no edge holds anything', async () => {
    const { plan: found, domain } = await plan({ bucket, distribution: absent });
    assert.equal(domain, undefined);
    assert.deepEqual(
      stepsOf(found).map(({ key, title, sizeBytes }) => [key, title, sizeBytes]),
      [
        ['turn', 'make sure that nobody else publishes meanwhile', undefined],
        ['upload a.png', 'upload a.png (new)', 1234],
      ],
    );
  });
});
