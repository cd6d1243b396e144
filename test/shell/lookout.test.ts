import assert from 'node:assert/strict';
import { Lookout, secondsToNextLook, type Clock, type Depth, type Found } from '../../src/shell/lookout';

const SETTLED: Found = { pending: false, failed: false, changed: false };
const MINUTE = 60_000;

/** A clock that stands still until it is told to go on. */
class StillClock implements Clock {
  #nowMs = 1_000_000;
  #calls: { readonly atMs: number; readonly call: () => void }[] = [];
  nowMs = () => this.#nowMs;

  after(ms: number, call: () => void): () => void {
    const entry = { atMs: this.#nowMs + ms, call };
    this.#calls.push(entry);
    return () => (this.#calls = this.#calls.filter((other) => other !== entry));
  }

  /** Lets time pass, with all that happens in it. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await turn();
    for (;;) {
      const [next] = this.#calls.filter(({ atMs }) => atMs <= endMs).sort((one, other) => one.atMs - other.atMs);
      if (!next) break;
      this.#calls = this.#calls.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.call();
      await turn();
    }
    this.#nowMs = endMs;
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('looking at AWS', () => {
  let clock: StillClock;
  let looks: { readonly depth: Depth; readonly atMs: number }[];
  let found: Found;
  let lookout: Lookout;

  beforeEach(() => {
    clock = new StillClock();
    looks = [];
    found = SETTLED;
    lookout = new Lookout((depth) => {
      looks.push({ depth, atMs: clock.nowMs() });
      return Promise.resolve(found);
    }, clock);
  });
  afterEach(() => lookout.close());

  const depths = () => looks.map(({ depth }) => depth);
  const pauses = () => looks.slice(1).map(({ atMs }, index) => (atMs - (looks[index]?.atMs ?? 0)) / 1000);

  it('does not happen in an hour in which nobody watches', async () => {
    lookout.expire();
    await clock.pass(60 * MINUTE);
    assert.deepEqual(looks, []);
  });

  it('does not happen any more in an hour after somebody watched', async () => {
    lookout.watch(true);
    found = { ...SETTLED, pending: true };
    await clock.pass(MINUTE);
    lookout.watch(false);
    const before = looks.length;
    assert.ok(before > 3);
    await clock.pass(60 * MINUTE);
    assert.equal(looks.length, before);
  });

  it('is deep once more after one that found that what is known holds no more, but not while work goes on', async () => {
    lookout.watch(true);
    await clock.pass(1000);
    found = { ...SETTLED, pending: true, lacking: true };
    let end: () => void = () => undefined;
    const work = lookout.during(() => new Promise<void>((resolve) => (end = resolve)));
    await clock.pass(10_000);
    assert.ok(looks.length > 2);
    assert.deepEqual([...new Set(depths().slice(1))], ['cheap']);
    looks = [];
    end();
    await work;
    await clock.pass(1000);
    assert.deepEqual(depths(), ['deep']);
    await clock.pass(10_000);
    found = SETTLED;
    looks = [];
    await clock.pass(11 * MINUTE);
    assert.deepEqual(depths().slice(0, 2), ['deep', 'cheap']);
  });

  it('is deep the first time and cheap from then on', async () => {
    lookout.watch(true);
    await clock.pass(10 * MINUTE);
    assert.equal(depths()[0], 'deep');
    assert.deepEqual([...new Set(depths().slice(1))], ['cheap']);
  });

  it('goes from one minute to five while all is settled, and notices a change made elsewhere', async () => {
    lookout.watch(true);
    await clock.pass(20 * MINUTE);
    assert.deepEqual(pauses().slice(0, 5), [120, 240, 300, 300]);
    found = { ...SETTLED, changed: true };
    const before = looks.length;
    await clock.pass(5 * MINUTE);
    assert.ok(looks.length > before);
  });

  it('comes every few seconds while something is pending, every twenty at most', async () => {
    lookout.watch(true);
    found = { ...SETTLED, pending: true };
    await clock.pass(5 * MINUTE);
    assert.ok((pauses()[0] ?? 99) < 6);
    assert.equal(Math.max(...pauses()), 20);
  });

  it('takes what has been pending for a quarter of an hour for settled', async () => {
    lookout.watch(true);
    found = { ...SETTLED, pending: true };
    await clock.pass(60 * MINUTE);
    assert.equal(pauses().at(-1), 300);
    assert.ok(looks.length < 70, `${looks.length} looks`);
  });

  it('goes on after one that failed, more and more seldom', async () => {
    lookout.watch(true);
    found = { ...SETTLED, failed: true };
    await clock.pass(30 * MINUTE);
    assert.deepEqual(pauses().slice(0, 6), [15, 30, 60, 120, 240, 300]);
  });

  it('is deep again until a deep one succeeded', async () => {
    lookout.watch(true);
    found = { ...SETTLED, failed: true };
    await clock.pass(MINUTE);
    found = SETTLED;
    await clock.pass(2 * MINUTE);
    assert.deepEqual(depths(), ['deep', 'deep', 'deep', 'deep', 'cheap']);
  });

  it('comes at once for who comes back after a while, not for who just looked away', async () => {
    lookout.watch(true);
    await clock.pass(MINUTE - 1);
    lookout.watch(false);
    lookout.watch(true);
    await clock.pass(0);
    assert.deepEqual(depths(), ['deep', 'cheap']);
    for (let blink = 0; blink < 5; blink += 1) {
      lookout.watch(false);
      lookout.watch(true);
      await clock.pass(1000);
    }
    assert.equal(looks.length, 2);
    await clock.pass(5000);
    assert.equal(looks.length, 3);
  });

  it('is deep after work that changed AWS while somebody watched', async () => {
    lookout.watch(true);
    await clock.pass(0);
    await lookout.during(() => Promise.resolve());
    await clock.pass(0);
    assert.deepEqual(depths(), ['deep', 'deep']);
  });

  it('is brief after work that tells what it changes, watched or not, and others come when they would have come', async () => {
    await lookout.during(() => Promise.resolve(), true);
    await clock.pass(MINUTE);
    assert.deepEqual(depths(), ['brief']);
    lookout.watch(true);
    await clock.pass(MINUTE);
    await lookout.during(() => Promise.resolve(), true);
    await clock.pass(2 * MINUTE);
    assert.deepEqual(depths(), ['brief', 'deep', 'brief', 'cheap']);
    assert.deepEqual(pauses(), [60, 60, 60]);
  });

  it('is brief after any work while nobody watches, and deep at once for who comes then or needs it', async () => {
    lookout.want();
    await clock.pass(MINUTE);
    await lookout.during(() => Promise.resolve());
    await assert.rejects(
      lookout.during(() => Promise.reject(new Error('no')), true),
      /no/,
    );
    await lookout.during(() => Promise.resolve(), true);
    await clock.pass(0);
    assert.deepEqual(depths(), ['deep', 'brief', 'brief', 'brief']);
    lookout.want();
    await clock.pass(0);
    await assert.rejects(
      lookout.during(() => Promise.reject(new Error('no')), true),
      /no/,
    );
    lookout.watch(true);
    await clock.pass(0);
    assert.deepEqual(depths().slice(4), ['deep', 'brief', 'deep']);
  });

  it('is deep after work that failed while somebody watched, and brief for none where a deep one waits', async () => {
    lookout.watch(true);
    await clock.pass(0);
    await assert.rejects(
      lookout.during(() => Promise.reject(new Error('no')), true),
      /no/,
    );
    await clock.pass(0);
    assert.deepEqual(depths(), ['deep', 'deep']);
    await Promise.all([lookout.lookNow(), lookout.lookNow(), lookout.during(() => Promise.resolve(), true)]);
    await clock.pass(0);
    assert.deepEqual(depths().slice(2), ['deep', 'deep']);
  });

  it('leaves nobody who watches with what an earlier one could not read', async () => {
    lookout.watch(true);
    await clock.pass(MINUTE);
    for (const failed of ['cheap', 'deep']) {
      if (failed === 'deep') lookout.expire();
      found = { ...SETTLED, failed: true };
      await clock.pass(10 * MINUTE);
      found = SETTLED;
      const before = looks.length;
      await lookout.during(() => Promise.resolve(), true);
      assert.deepEqual(depths().slice(before), [failed]);
    }
  });

  it('that is brief and fails is followed by a deep one before long', async () => {
    lookout.watch(true);
    await clock.pass(20 * MINUTE);
    const before = looks.length;
    found = { ...SETTLED, failed: true };
    await lookout.during(() => Promise.resolve(), true);
    found = SETTLED;
    await clock.pass(15_000);
    assert.deepEqual(depths().slice(before), ['brief', 'deep']);
  });

  it('keeps no work waiting that changed AWS', async () => {
    let finish: () => void = () => undefined;
    const slow = new Lookout((depth) => {
      looks.push({ depth, atMs: clock.nowMs() });
      return new Promise((resolve) => (finish = () => resolve(SETTLED)));
    }, clock);
    assert.equal(await slow.during(() => Promise.resolve('done')), 'done');
    assert.deepEqual(depths(), ['brief']);
    finish();
    slow.close();
  });

  it('comes often while work changes AWS and somebody watches', async () => {
    lookout.watch(true);
    await clock.pass(20 * MINUTE);
    const before = looks.length;
    let finish: () => void = () => undefined;
    const work = lookout.during(() => new Promise<void>((resolve) => (finish = resolve)));
    await clock.pass(MINUTE);
    assert.ok(looks.length >= before + 4, `${looks.length - before} looks`);
    finish();
    await work;
    await turn();
    assert.equal(depths().at(-1), 'deep');
  });

  it('is as thorough as what asks for it while one is under way, though nobody watches', async () => {
    let end: () => void = () => undefined;
    const slow = new Lookout((depth) => {
      looks.push({ depth, atMs: clock.nowMs() });
      return new Promise((resolve) => (end = () => resolve(SETTLED)));
    }, clock);
    const told = () => slow.during(() => Promise.resolve(), true);
    const asked = () => slow.lookNow();
    for (const [asks, depth] of [
      [[told], 'brief'],
      [[told, told], 'brief'],
      [[asked, told], 'deep'],
      [[told, asked], 'deep'],
    ] as const) {
      looks = [];
      void slow.lookNow();
      for (const ask of asks) {
        void ask();
        await turn();
      }
      end();
      await turn();
      end();
      await turn();
      assert.deepEqual(depths(), ['deep', depth]);
    }
    slow.close();
  });

  it('comes often no longer than work changes AWS, also after work that told what it changes', async () => {
    lookout.watch(true);
    await clock.pass(20 * MINUTE);
    await lookout.during(() => Promise.resolve(), true);
    let finish: () => void = () => undefined;
    const work = lookout.during(() => new Promise<void>((resolve) => (finish = resolve)));
    const before = looks.length;
    await clock.pass(MINUTE);
    assert.ok(looks.length >= before + 4, `${looks.length - before} looks`);
    finish();
    await work;
    const after = looks.length;
    await clock.pass(10 * MINUTE);
    assert.ok(looks.length <= after + 5, `${looks.length - after} looks`);
  });

  it('tells the failure of work that changed AWS', async () => {
    await assert.rejects(
      lookout.during(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.deepEqual(depths(), ['brief']);
  });

  it('that a person asks for is deep, and starts after one that is under way', async () => {
    const ends: (() => void)[] = [];
    const slow = new Lookout((depth) => {
      looks.push({ depth, atMs: clock.nowMs() });
      return new Promise((resolve) => ends.push(() => resolve(SETTLED)));
    }, clock);
    slow.watch(true);
    await clock.pass(0);
    let done = 0;
    const asked = [slow.lookNow().then(() => (done += 1)), slow.lookNow().then(() => (done += 1))];
    ends[0]?.();
    await turn();
    assert.equal(done, 0);
    assert.deepEqual(depths(), ['deep', 'deep']);
    ends[1]?.();
    await Promise.all(asked);
    assert.equal(looks.length, 2);
    slow.close();
  });

  it('is deep once something expired, as soon as somebody watches', async () => {
    lookout.watch(true);
    await clock.pass(MINUTE);
    lookout.watch(false);
    lookout.expire();
    await clock.pass(MINUTE);
    const before = looks.length;
    lookout.watch(true);
    await clock.pass(0);
    assert.deepEqual(depths().slice(before), ['deep']);
  });

  it('that somebody needs comes when there was none, or none for long', async () => {
    lookout.want();
    lookout.want();
    await turn();
    lookout.want();
    assert.equal(looks.length, 1);
    await clock.pass(6 * MINUTE);
    lookout.want();
    assert.equal(looks.length, 2);
  });

  it('that somebody needs comes within seconds while something is pending, although nobody watches', async () => {
    found = { ...SETTLED, pending: true };
    lookout.want();
    await clock.pass(5000);
    found = SETTLED;
    lookout.want();
    await clock.pass(5000);
    lookout.want();
    assert.deepEqual(depths(), ['deep', 'cheap']);
  });

  it('that somebody needs comes at once when something expired', async () => {
    lookout.want();
    await turn();
    lookout.expire();
    lookout.want();
    assert.deepEqual(depths(), ['deep', 'deep']);
  });

  it('ends when it is closed', async () => {
    lookout.watch(true);
    await clock.pass(MINUTE);
    const before = looks.length;
    lookout.close();
    await clock.pass(60 * MINUTE);
    await lookout.lookNow();
    assert.equal(looks.length, before);
  });

  it('waits for a time that only grows while nothing changes', () => {
    for (const state of [SETTLED, { ...SETTLED, pending: true }, { ...SETTLED, failed: true }]) {
      const waits = Array.from({ length: 100 }, (_, quiet) => secondsToNextLook(state, quiet));
      assert.deepEqual(
        waits,
        [...waits].sort((one, other) => one - other),
      );
      assert.equal(waits.at(-1), 300);
    }
  });
});
