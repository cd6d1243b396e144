import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketTaggingCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { bucketName, tagsFor } from '../../../src/core/names';
import { run } from '../../../src/core/plan';
import { known } from '../../../src/core/resources/resource';
import { describeSite } from '../../../src/core/resources/stack';
import { controlPlane, newContext, newOp } from '../sandbox';
import { callsOf, changesOf, keysOf, planned, provision } from './provisioned';

const named = ({ site }: Context) => ({ Bucket: bucketName(site) });
const titles = async (context: Context) => (await planned(context, 'bucket')).flat().map(({ title }) => title);
const tagsOf = async (context: Context) => {
  const { TagSet } = await context.clients.s3.send(new GetBucketTaggingCommand(named(context)));
  return new Map(TagSet?.map(({ Key, Value }) => [Key, Value]));
};

describe('the bucket', () => {
  afterEach(() => controlPlane().send('DELETE', 'denies'));

  it('ends unfinished uploads after a day, and nothing that releases need', async () => {
    const context = newContext();
    assert.deepEqual(await provision(context, 'bucket'), ['bucket']);
    const { Rules } = await context.clients.s3.send(new GetBucketLifecycleConfigurationCommand(named(context)));
    assert.deepEqual(
      Rules?.map(({ ID, Status, Filter, Expiration, AbortIncompleteMultipartUpload: abort }) => [
        ID,
        Status,
        Filter?.Prefix ?? '',
        Expiration?.Days,
        abort?.DaysAfterInitiation,
      ]),
      [['sitelift-uploads', 'Enabled', '', undefined, 1]],
    );
  });

  it('that was opened is closed again, and nothing else of it is put', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    await context.clients.s3.send(new DeletePublicAccessBlockCommand(named(context)));
    assert.deepEqual(await titles(context), [
      `put bucket ${bucketName(context.site)} in order (Block Public Access is not all on, wanted all on)`,
    ]);
    const calls = await callsOf(() => provision(context, 'bucket'));
    assert.deepEqual(
      changesOf(calls).map(({ action }) => action),
      ['PutPublicAccessBlock'],
    );
    assert.equal(known((await describeSite(context, newOp())).bucket)?.blocksPublicAccess, true);
    const closed = {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    };
    for (const setting of Object.keys(closed)) {
      const PublicAccessBlockConfiguration = { ...closed, [setting]: false };
      await context.clients.s3.send(
        new PutPublicAccessBlockCommand({ ...named(context), PublicAccessBlockConfiguration }),
      );
      assert.match((await titles(context))[0] ?? '', /\(Block Public Access is not all on, wanted all on\)$/, setting);
    }
    await provision(context, 'bucket');
    await context.clients.s3.send(
      new PutBucketOwnershipControlsCommand({
        ...named(context),
        OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] },
      }),
    );
    assert.match(
      (await titles(context))[0] ?? '',
      /\(the owner of objects is whoever uploads them, wanted the bucket’s\)$/,
    );
    await provision(context, 'bucket');
    assert.deepEqual(await titles(context), []);
  });

  it('keeps lifecycle rules and tags of the user’s', async () => {
    const context = newContext();
    await provision(context, 'bucket');
    const { s3 } = context.clients;
    const own = { ID: 'mine', Status: 'Enabled' as const, Filter: { Prefix: 'logs/' }, Expiration: { Days: 30 } };
    await s3.send(
      new PutBucketLifecycleConfigurationCommand({ ...named(context), LifecycleConfiguration: { Rules: [own] } }),
    );
    await s3.send(
      new PutBucketTaggingCommand({ ...named(context), Tagging: { TagSet: [{ Key: 'cost-centre', Value: '7' }] } }),
    );
    assert.match(
      (await titles(context))[0] ?? '',
      /\(this site’s tag is missing, wanted there; the end of unfinished uploads is never, wanted after a day\)$/,
    );
    await provision(context, 'bucket');
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand(named(context)));
    assert.deepEqual(
      Rules?.map(({ ID }) => ID),
      ['mine', 'sitelift-uploads'],
    );
    const tags = await tagsOf(context);
    assert.equal(tags.get('cost-centre'), '7');
    for (const { Key, Value } of tagsFor(context.site, 'bucket')) assert.equal(tags.get(Key), Value);
    assert.deepEqual(await titles(context), []);
  });

  it('without our tag is adopted when it is empty and left alone when it holds something', async () => {
    const empty = newContext();
    await empty.clients.s3.send(new CreateBucketCommand(named(empty)));
    await provision(empty, 'bucket');
    assert.equal(known((await describeSite(empty, newOp())).bucket)?.tagged, true);
    const full = newContext();
    await full.clients.s3.send(new CreateBucketCommand(named(full)));
    await full.clients.s3.send(new PutObjectCommand({ ...named(full), Key: 'theirs', Body: 'x' }));
    const calls = await callsOf(() =>
      assert.rejects(
        provision(full, 'bucket'),
        /exists with objects in it but without this site’s tag, so it is left alone\. If it is this site’s, give it the tag sitelift:site = /,
      ),
    );
    assert.deepEqual(changesOf(calls), []);
  });

  it('is made in an organisation that denies what is right already', async () => {
    const context = newContext();
    for (const action of ['s3:PutBucketPublicAccessBlock', 's3:PutBucketOwnershipControls']) {
      await controlPlane().send('POST', 'denies', { action });
    }
    await provision(context, 'distribution');
    assert.deepEqual(keysOf(await planned(context, 'distribution')), []);
  });

  it('is known although some of its settings may not be read, which are then left as they are', async () => {
    const context = newContext();
    await provision(context, 'distribution');
    for (const action of ['s3:GetBucketPolicy', 's3:GetBucketTagging', 's3:GetLifecycleConfiguration']) {
      await controlPlane().send('POST', 'denies', { action });
    }
    const { bucket } = await describeSite(context, newOp());
    const have = known(bucket) ?? assert.fail('unknown');
    assert.deepEqual(
      [have.tagged, have.endsUploads, have.policy, have.blocksPublicAccess],
      [undefined, undefined, undefined, true],
    );
    assert.match(
      have.problems.join('\n'),
      /Could not read the bucket’s policy: s3:GetBucketPolicy is forbidden to this AWS/,
    );
    assert.equal(have.problems.length, 3);
    assert.deepEqual(keysOf(await planned(context, 'distribution')), []);
  });

  it('makes nothing when its step is run a second time', async () => {
    const context = newContext();
    const plan = await planned(context, 'distribution');
    await run(plan, newOp());
    assert.deepEqual(changesOf(await callsOf(() => run(plan, newOp()))), []);
  });

  it('that may not be read tells why: an ended sign-in, wrong keys, or a right that is lacking', async () => {
    const context = newContext();
    for (const [code, status, reason] of [
      ['ExpiredToken', 400, /^The AWS sign-in has expired/],
      ['InvalidAccessKeyId', 403, /^AWS does not accept these credentials/],
      ['AccessDenied', 403, /belongs to another account, or these credentials lack s3:ListBucket\.$/],
    ] as const) {
      await controlPlane().send('POST', 'faults', {
        service: 's3',
        action: '*',
        kind: 'error',
        times: 2,
        code,
        status,
      });
      const { bucket: seen } = await describeSite(context, newOp());
      await controlPlane().send('DELETE', 'faults');
      assert.ok(seen.kind === 'unknown');
      assert.match(seen.reason, reason);
    }
  });
});
