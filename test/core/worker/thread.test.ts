import assert from 'node:assert/strict';
import type { Worker } from 'node:worker_threads';
import { createSourceThread } from './sourceThread';
import type { Thread } from '../../../src/core/worker/thread';

/** Takes far longer than a millisecond to read. */
const LARGE = Buffer.from('<i>x</i>'.repeat(500_000));
const SMALL = { id: 1, bytes: Buffer.from('<img src=a.png>'), path: 'index.html' };
const never = new AbortController().signal;

describe('a thread', () => {
  let thread: Thread;
  const workers: Worker[] = [];
  const exits: Promise<unknown>[] = [];
  const watch = (worker: Worker) => {
    workers.push(worker);
    exits.push(new Promise((resolve) => worker.once('exit', resolve)));
  };
  before(() => void process.on('worker', watch));
  beforeEach(() => {
    workers.length = 0;
    exits.length = 0;
    thread = createSourceThread();
  });
  afterEach(async () => {
    await thread.close();
    await Promise.all(exits);
  });
  after(() => void process.off('worker', watch));

  const rewritten = async () => Buffer.from((await thread.ask('rewrite', SMALL, never)).bytes).toString();

  it('gives each of many that ask at once the answer to his own question', async () => {
    thread.tell('setAssets', { id: 1, domain: 'd', assets: [] });
    const pages = Array.from({ length: 20 }, (_, index) => Buffer.from('x'.repeat(index)));
    const answers = await Promise.all(
      pages.map((bytes) => thread.ask('rewrite', { id: 1, bytes, path: 'index.html' }, never)),
    );
    assert.deepEqual(
      answers.map(({ bytes }) => Buffer.from(bytes)),
      pages,
    );
    assert.equal(workers.length, 1);
  });

  it('gives a thread as many tasks at one time as it was made for, and each its own answer', async () => {
    thread = createSourceThread({ atOnce: 2 });
    thread.start();
    const site = { folder: __dirname, root: __dirname, allow: [] };
    const slow = thread.ask('scan', site, never);
    const quick = thread.ask('findImages', { text: '<img src="a.png">', path: 'index.html' }, never);
    const order: string[] = [];
    await Promise.all([
      slow.then(({ left }) => order.push(`slow ${Array.isArray(left)}`)),
      quick.then((found) => order.push(`quick ${'images' in found}`)),
    ]);
    assert.deepEqual(order, ['quick true', 'slow true']);
    assert.equal(workers.length, 1);
  });

  it('fails all that it is at work on when it ends', async () => {
    thread = createSourceThread({ atOnce: 2, heapLimitMib: 80 });
    thread.tell('setAssets', { id: 1, domain: 'd', assets: [] });
    const large = { id: 1, bytes: Buffer.alloc(4_000_000, '<i>x</i>'), path: 'large.html' };
    const asked = [thread.ask('rewrite', large, never), thread.ask('rewrite', SMALL, never)];
    for (const end of await Promise.allSettled(asked)) assert.equal(end.status, 'rejected');
    assert.equal(await rewritten(), '<img src=a.png>');
  });

  it('passes on what a task throws, and goes on', async () => {
    await assert.rejects(thread.ask('rewrite', SMALL, never), /before the assets are known/);
    thread.tell('setAssets', { id: 1, domain: 'd', assets: [] });
    assert.equal(await rewritten(), '<img src=a.png>');
    assert.equal(workers.length, 1);
  });

  it('is ended by a deadline, and knows what it was told when it starts anew', async () => {
    thread.tell('setAssets', { id: 1, domain: 'd', assets: ['a.png'] });
    const late = thread.ask('rewrite', { id: 1, bytes: LARGE, path: 'large.html' }, never, 0.001);
    const next = rewritten();
    await assert.rejects(late, { name: 'TimeoutError' });
    assert.equal(await next, '<img src=https://d/a.png>');
    assert.equal(workers.length, 2);
    await exits[0];
  });

  it('does not take this process along when a task takes too much memory', async () => {
    thread = createSourceThread({ heapLimitMib: 80 });
    thread.tell('setAssets', { id: 1, domain: 'd', assets: [] });
    const large = { id: 1, bytes: Buffer.alloc(4_000_000, '<i>x</i>'), path: 'large.html' };
    for (let count = 1; count <= 5; count += 1) {
      await assert.rejects(thread.ask('rewrite', large, never), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
    }
  });

  it('is ended by an abort with the reason of the signal, and is not even started once that is aborted', async () => {
    const cancelled = new AbortController();
    const reason = new Error('cancelled');
    thread.tell('setAssets', { id: 1, domain: 'd', assets: [] });
    await rewritten();
    const asked = thread.ask('rewrite', { id: 1, bytes: LARGE, path: 'large.html' }, cancelled.signal);
    const queued = thread.ask('rewrite', SMALL, cancelled.signal);
    setImmediate(() => cancelled.abort(reason));
    await assert.rejects(asked, reason);
    await assert.rejects(queued, reason);
    await exits[0];
    assert.equal(workers.length, 1);
  });

  it('ends when nobody asks for some time, and starts again', async () => {
    thread = createSourceThread({ idleSeconds: 0 });
    thread.tell('setAssets', { id: 1, domain: 'd', assets: ['a.png'] });
    for (const count of [1, 2]) {
      assert.equal(await rewritten(), '<img src=https://d/a.png>');
      await exits[count - 1];
      assert.equal(workers.length, count);
    }
  });

  it('fails whoever waits, and whoever asks later, when it is closed', async () => {
    thread.tell('setAssets', { id: 1, domain: 'd', assets: [] });
    const asked = thread.ask('rewrite', { id: 1, bytes: LARGE, path: 'large.html' }, never);
    const closed = assert.rejects(asked, { name: 'AbortError' });
    await new Promise((resolve) => setImmediate(resolve));
    await thread.close();
    await closed;
    await assert.rejects(thread.ask('rewrite', SMALL, never), { name: 'AbortError' });
    assert.equal(workers.length, 1);
    await exits[0];
  });
});
