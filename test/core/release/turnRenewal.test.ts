import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../../../src/core/plan';
import { controlPlane, newOp } from '../sandbox';
import { ANNA, BERTS, newTurnDriver, type TurnDriver } from './turnDriver';

const TAKEN = /^UserError: This publication was held up so long that somebody else has begun one\. Publish again/;

describe('a turn that lasts', function () {
  this.timeout(60_000);
  let site: TurnDriver;
  const { setInterval, clearInterval } = globalThis;
  const ticking = new Set<unknown>();
  before(async () => {
    site = await newTurnDriver();
    globalThis.setInterval = ((work: () => void, milliseconds: number) => {
      const timer = setInterval(work, milliseconds);
      ticking.add(timer);
      return timer;
    }) as typeof setInterval;
    globalThis.clearInterval = (timer) => {
      ticking.delete(timer);
      clearInterval(timer);
    };
  });
  after(() => void Object.assign(globalThis, { setInterval, clearInterval }));
  beforeEach(() => site.reset());
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  const fault = (change: object) =>
    controlPlane().send('POST', 'faults', { service: 's3', action: 'PutObject', ...change });
  const until = async (isSo: () => Promise<boolean>) => {
    for (let attempt = 0; attempt < 400; attempt += 1) {
      if (await isSo()) return;
      await delay(25);
    }
    assert.fail('it never came to that');
  };
  it('is renewed before a step once half of its time is over', async () => {
    const steps = [[site.step('long', () => delay(600))], [site.step('next')]];
    await site.publish(ANNA, steps, { expirySeconds: 1 });
    assert.ok((await site.writes()) > 2);
    await site.reset();
    await site.publish(ANNA, [[site.step('short')], [site.step('next')]]);
    assert.equal(await site.writes(), 2);
  });

  it('is renewed while a long step runs, and tells each sign of life', async () => {
    let renewals: number | undefined = 0;
    const long = async () => {
      await until(async () => (await site.writes()) >= 4);
      renewals = (await site.ledger()).publishing?.renewals;
    };
    await site.publish(ANNA, [[site.step('long', long)]], { renewalSeconds: 0.05 });
    assert.ok(renewals && renewals >= 3);
    const { current, publishing } = await site.ledger();
    assert.deepEqual([current?.host, publishing], ['annas-desk', undefined]);
    const writes = await site.writes();
    await delay(200);
    assert.equal(await site.writes(), writes);
  });

  it('leaves alone a ledger that has become another’s, whatever it was doing', async () => {
    for (const fails of [false, true]) {
      await site.reset();
      const robbed = async () => {
        await site.leave(BERTS);
        // Whoever would renew it without a condition now has the time to.
        await delay(300);
        if (fails) throw new Error('failed');
      };
      const plan = await site.planned(ANNA, [[site.step('robbed', robbed)]], { renewalSeconds: 0.05 });
      await assert.rejects(run(plan, newOp()), fails ? /^Error: failed/ : TAKEN);
      const { current, publishing } = await site.ledger();
      assert.deepEqual([current, publishing], [undefined, BERTS]);
    }
    assert.equal(ticking.size, 0);
  });

  it('stops what it is doing as soon as it learns that somebody else has begun, and says so', async () => {
    const plan = await site.planned(
      ANNA,
      [
        [
          {
            ...site.step('sending'),
            async run({ signal }) {
              await site.leave(BERTS);
              await delay(60_000, undefined, { signal });
            },
          },
        ],
      ],
      { renewalSeconds: 0.05 },
    );
    await assert.rejects(run(plan, newOp()), TAKEN);
    assert.deepEqual((await site.ledger()).publishing, BERTS);
  });

  it('ends when this computer slept so long that somebody else began, or even ended', async () => {
    for (const hasEnded of [false, true]) {
      await site.reset();
      const asleep = async () => {
        await site.leave(BERTS);
        if (hasEnded) await site.publish(ANNA, [], { expirySeconds: 0 });
      };
      const plan = [[site.step('before', asleep)], [site.step('after')]];
      await assert.rejects(site.publish(ANNA, plan, { expirySeconds: 0.000_1 }), TAKEN);
      assert.deepEqual(site.log, ['before']);
      const { current, publishing } = await site.ledger();
      assert.deepEqual([publishing?.id, current?.host], hasEnded ? [undefined, 'annas-desk'] : ['other', undefined]);
    }
  });

  it('ends with the reason, and not as if it were cancelled, when AWS does not answer after a sleep', async () => {
    const asleep = () => fault({ kind: 'delay', seconds: 2, times: 100 });
    const plan = [[site.step('before', asleep)], [site.step('after')]];
    const pace = { expirySeconds: 0, answerSeconds: 0.3 };
    await assert.rejects(site.publish(ANNA, plan, pace), { name: 'TimeoutError' });
    assert.deepEqual(site.log, ['before']);
  });

  it('is known for its own when only an answer was lost: to its beginning, to a sign of life, to its end', async () => {
    for (const nth of [1, 2, 3]) {
      await site.reset();
      await fault({ kind: 'cut', when: 'after', nth });
      await site.publish(ANNA, [[site.step('one')]], { expirySeconds: 0.000_1 });
      assert.deepEqual([site.log, (await site.ledger()).current?.host], [['one'], 'annas-desk']);
    }
  });

  it('goes on after a sign of life that AWS took and never answered', async () => {
    const silent = async () => {
      await fault({ kind: 'delay', when: 'after', seconds: 1, times: 1 });
      await until(async () => ((await site.ledger()).publishing?.renewals ?? 0) >= 1);
      await delay(1200);
    };
    const pace = { renewalSeconds: 0.2, answerSeconds: 0.5 };
    await site.publish(ANNA, [[site.step('one', silent)], [site.step('two')]], pace);
    assert.deepEqual(site.log, ['one', 'two']);
    const { current, publishing } = await site.ledger();
    assert.deepEqual([current?.host, publishing], ['annas-desk', undefined]);
  });

  it('ends as it should though the last sign of life fails', async () => {
    const failing = async () => {
      const before = await site.writes();
      await fault({ kind: 'error', code: 'AccessDenied', status: 403, times: 2 });
      await until(async () => (await site.writes()) >= before + 2);
    };
    await site.publish(ANNA, [[site.step('one', failing)]], { renewalSeconds: 0.1 });
    assert.equal((await site.ledger()).publishing, undefined);
  });

  it('holds nothing back once it is over, however it ended', async () => {
    const failing = () => Promise.reject(new Error('failed'));
    await site.publish(ANNA, [[site.step('one')]]);
    await assert.rejects(site.publish(ANNA, [[site.step('two', failing)]]));
    const plan = await site.planned(ANNA, [[site.step('three')]]);
    await fault({ kind: 'error', code: 'AccessDenied', status: 403 });
    await assert.rejects(run(plan, newOp()));
    assert.equal(ticking.size, 0);
    const controller = new AbortController();
    await run(await site.planned(ANNA, []), newOp(controller.signal));
    const writes = await site.writes();
    controller.abort();
    await delay(100);
    assert.equal(await site.writes(), writes);
  });
});
