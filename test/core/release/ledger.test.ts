import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import type { Context } from '../../../src/core/context';
import { placeOf, putObject } from '../../../src/core/aws/store';
import {
  ledgerHint,
  NO_LEDGER,
  readLedger,
  swapLedger,
  type Ledger,
  type Release,
} from '../../../src/core/release/ledger';
import { newBucketContext } from '../resources/provisioned';
import { controlPlane, newContext, newOp, refuse } from '../sandbox';
import { newMemoryCache, type MemoryCache } from './memoryCache';

const KEY = '_sitelift/ledger.json';
const RELEASE: Release = {
  ...{
    id: 'a1'.repeat(20),
    host: 'annas-desk',
    folder: 'site',
    place: 'anna',
    by: 'arn:anna',
    at: '2026-01-02T03:04:05.678Z',
  },
  ...{ counts: { added: 1, changed: 0, removed: 0 }, base: '', changes: { pages: [['a.html']], assets: [] } },
};
const LEDGER: Ledger = {
  ...{
    format: 1,
    revision: 'x',
    current: RELEASE,
    former: [{ ...RELEASE, restores: RELEASE.at, commit: 'c0ffee'.repeat(7) }],
  },
  target: { instanceId: 'i-1', volumeId: 'vol-1', distributionId: 'E1', domain: 'd1', release: 'r1' },
  ...{ toSweep: true, uploaded: [['a.png', 'a'.repeat(64), 1, 'image/png', 'public', 'etag']] },
  publishing: {
    ...{ id: 'p1', host: 'berts-desk', folder: 'copy', place: 'bert', by: 'arn:bert', at: RELEASE.at },
    ...{ processId: 7, renewals: 2, forgets: ['/a.png'], isOver: true },
  },
};

describe('the ledger', function () {
  this.timeout(60_000);
  let context: Context;
  let cache: MemoryCache;

  before(async () => {
    context = await newBucketContext();
  });
  beforeEach(async () => {
    cache = newMemoryCache();
    await context.clients.s3.send(new DeleteObjectCommand(placeOf(context, KEY)));
    await controlPlane().send('DELETE', 'calls');
  });
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  const read = (by = cache) => readLedger(context, by, newOp());
  const swap = (ledger: Ledger, etag: string | undefined) => swapLedger(context, ledger, etag, newOp());
  const written = async (change: Partial<Ledger> = {}) =>
    swap({ ...LEDGER, ...change }, (await read(newMemoryCache())).etag);
  const leave = (text: string) =>
    putObject(context, KEY, Buffer.from(text), { ContentType: 'application/json' }, newOp());
  const requests = async () => (await controlPlane().calls()).map(({ action }) => action);
  const fault = (change: object) =>
    controlPlane().send('POST', 'faults', {
      service: 's3',
      action: 'PutObject',
      kind: 'cut',
      when: 'after',
      ...change,
    });

  it('is none of a site that nothing was ever published to', async () => {
    assert.deepEqual(await read(), { ledger: NO_LEDGER, etag: undefined, writtenMs: 0, isUnreadable: false });
    assert.equal(await ledgerHint(context, cache), undefined);
    assert.equal(cache.puts(), 0);
  });

  it('is read as it was written, with the time by AWS’s clock, and another revision each time', async () => {
    const etag = await written();
    const found = await read();
    const { LastModified } = await context.clients.s3.send(new HeadObjectCommand(placeOf(context, KEY)));
    assert.deepEqual(found, {
      ledger: { ...LEDGER, revision: found.ledger.revision },
      ...{ etag, writtenMs: LastModified?.getTime(), isUnreadable: false },
    });
    assert.notEqual(await swap(LEDGER, etag), etag);
    const revisions = [LEDGER.revision, found.ledger.revision, (await read()).ledger.revision];
    assert.equal(new Set(revisions).size, 3);
  });

  it('is not sent again to a computer that has it, and is as old then as it is', async () => {
    await written();
    const first = await read();
    assert.equal(cache.puts(), 1);
    await controlPlane().send('DELETE', 'calls');
    const statuses: unknown[] = [];
    context.clients.s3.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        statuses.push((answer.response as { statusCode?: number }).statusCode);
        return answer;
      },
      { step: 'deserialize', name: 'watch', priority: 'low' },
    );
    try {
      assert.deepEqual(await read(), first);
      assert.deepEqual([await requests(), statuses], [['GetObject'], [304]]);
    } finally {
      context.clients.s3.middlewareStack.remove('watch');
    }
    assert.equal(cache.puts(), 1);
    assert.deepEqual(await ledgerHint(context, cache), first.ledger);
    await written({ former: [] });
    assert.deepEqual((await read()).ledger.former, []);
    assert.equal(cache.puts(), 2);
  });

  it('is read whole where this computer remembers another kind of thing', async () => {
    await written();
    const { ledger } = await read();
    const [[name] = assert.fail('nothing was kept')] = cache.kept;
    for (const text of ['', 'null', '{}', '{"etag":1,"writtenMs":0,"text":""}']) {
      cache.kept.set(name, Buffer.from(text));
      assert.equal(await ledgerHint(context, cache), undefined);
      assert.deepEqual((await read()).ledger, ledger);
    }
  });

  it('has gone when it was removed, though this computer remembers it', async () => {
    await written();
    await read();
    await context.clients.s3.send(new DeleteObjectCommand(placeOf(context, KEY)));
    assert.deepEqual(await read(), { ledger: NO_LEDGER, etag: undefined, writtenMs: 0, isUnreadable: false });
  });

  it('is told as unreadable, and can be replaced, when anything of it is of another kind', async () => {
    const { publishing, ...rest } = LEDGER;
    const wrong = [
      ...['', 'not JSON', 'null', '7', '[]', '{}'],
      ...[
        { ...LEDGER, format: 2 },
        { ...LEDGER, revision: undefined },
        { ...LEDGER, former: [7] },
      ],
      ...[
        { ...LEDGER, current: { ...RELEASE, counts: {} } },
        { ...LEDGER, uploaded: [['a.png', 'no sum', 1, '', '', '']] },
      ],
      ...[
        { ...rest, publishing: { ...publishing, processId: '7' } },
        { ...LEDGER, target: { instanceId: 'i-1' } },
      ],
      { ...LEDGER, current: { ...RELEASE, changes: { pages: [['a.html', 'no sum', 1, 'b1']], assets: [] } } },
    ];
    for (const value of wrong) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const etag = await leave(text);
      for (const found of [await read(), await read()]) {
        assert.deepEqual([found.ledger, found.etag, found.isUnreadable], [NO_LEDGER, etag, true], text);
      }
    }
    assert.ok(await written());
    assert.equal((await read()).isUnreadable, false);
  });

  it('goes to one of two who make the first, and to one of two who replace the same', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { etag } = await read();
      const by = (host: string) => swap({ ...LEDGER, current: { ...RELEASE, host } }, etag);
      const etags = await Promise.all(['one', 'two'].map(by));
      const [won, ...others] = etags.filter((each) => each !== undefined);
      assert.deepEqual([others.length, etags.length], [0, 2]);
      const now = await read();
      assert.deepEqual([now.etag, now.ledger.current?.host], [won, etags[0] === undefined ? 'two' : 'one']);
    }
  });

  it('is not made anew when it has gone since it was read', async () => {
    const etag = await written();
    await context.clients.s3.send(new DeleteObjectCommand(placeOf(context, KEY)));
    assert.equal(await swap(LEDGER, etag), undefined);
    assert.equal((await read()).etag, undefined);
  });

  it('counts as replaced when only the answer was lost', async () => {
    for (let round = 0; round < 2; round += 1) {
      const { etag } = await read();
      await fault({ times: 2 });
      const now = await swap({ ...LEDGER, toSweep: round === 1 }, etag);
      assert.ok(now);
      const found = await read();
      assert.deepEqual([found.etag, found.ledger.toSweep], [now, round === 1]);
    }
  });

  it('belongs to somebody else when an answer was lost and they were faster', async () => {
    const etag = await written();
    await fault({ when: 'before' });
    const theirs = { ...LEDGER, current: { ...RELEASE, host: 'theirs' } };
    const sent = context.clients.s3.middlewareStack;
    sent.add(
      (next) => async (args) => {
        sent.remove('meanwhile');
        await next(args).catch(() => swap(theirs, etag));
        return next(args);
      },
      { step: 'finalizeRequest', name: 'meanwhile', priority: 'low' },
    );
    assert.equal(await swap(LEDGER, etag), undefined);
    assert.equal((await read()).ledger.current?.host, 'theirs');
  });

  it('tells what else S3 answers', async () => {
    await refuse('s3', 'GetObject');
    await assert.rejects(read(), { name: 'AccessDenied' });
    await refuse('s3', 'PutObject');
    await assert.rejects(swap(LEDGER, undefined), { name: 'AccessDenied' });
    const elsewhere = newContext();
    await assert.rejects(readLedger(elsewhere, cache, newOp()), { name: 'NoSuchBucket' });
    await assert.rejects(swapLedger(elsewhere, LEDGER, undefined, newOp()), { name: 'NoSuchBucket' });
    const controller = new AbortController();
    controller.abort();
    await assert.rejects(readLedger(context, cache, newOp(controller.signal)), { name: 'AbortError' });
  });
});
