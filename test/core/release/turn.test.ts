import { ListBucketsCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createClients } from '../../../src/core/aws/clients';
import { run, stepsOf } from '../../../src/core/plan';
import type { Ledger } from '../../../src/core/release/ledger';
import { NO_CACHE } from '../../../src/core/release/localCache';
import { moment } from '../../../src/core/release/moment';
import { readReleases } from '../../../src/core/release/releases';
import { inTurn } from '../../../src/core/release/turn';
import { controlPlane, newOp, refuse } from '../sandbox';
import { ANNA, BERT, BERTS, newTurnDriver, type TurnDriver } from './turnDriver';

const TAKEN = /^UserError: Somebody else published, or began to, since this was planned\. Nothing was changed/;

describe('a turn', function () {
  this.timeout(60_000);
  let site: TurnDriver;
  before(async () => {
    site = await newTurnDriver();
  });
  beforeEach(() => site.reset());
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  const deadProcess = () => spawnSync(process.execPath, ['-e', '']).pid;
  /** Runs plans together, the steps of which wait until one of them was refused. */
  const race = async (...keys: readonly string[]) => {
    let open = () => undefined as void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const plans = await Promise.all(keys.map((key) => site.planned(BERT, [[site.step(key, () => gate)]])));
    const outcomes = plans.map((plan) =>
      run(plan, newOp()).then(
        () => 'published',
        (error: unknown) => (open(), String(error)),
      ),
    );
    return (await Promise.all(outcomes)).sort((one) => (one === 'published' ? 1 : -1));
  };

  it('is told in the ledger while it lasts, by whom and from where, and leaves there what came of it', async () => {
    const seen: Ledger[] = [];
    const look = async () => {
      seen.push(await site.ledger());
      // Who runs it is not to be told that somebody publishes.
      assert.equal((await readReleases(site.context, NO_CACHE, newOp())).publishing, undefined);
    };
    await site.publish(ANNA, [[site.step('one', look), site.step('two')], [site.step('three', look)]]);
    assert.equal(await site.writes(), 2);
    assert.equal(seen.length, 2);
    for (const { publishing } of seen) {
      assert.ok(publishing);
      const { at, by, id, ...rest } = publishing;
      assert.deepEqual(rest, { ...ANNA, processId: process.pid, renewals: 0, forgets: ['/a.png'] });
      assert.match(`${by} ${at} ${id}`, /^arn:aws:\S+ 20\d\d-\S+Z [\da-f-]{36}$/);
    }
    const { current, publishing } = await site.ledger();
    assert.equal(publishing, undefined);
    assert.deepEqual(
      [current?.host, current?.by, current?.at],
      [...['annas-desk', seen[0]?.publishing?.by, seen[0]?.publishing?.at]],
    );
  });

  it('is a step before all others and one after them, which read as they are told', async () => {
    const plan = await site.planned(ANNA, [[site.step('a'), site.step('b')], [site.step('c')]]);
    assert.deepEqual(
      plan.map((stage) => stage.map(({ key }) => key)),
      [['turn'], ['a', 'b'], ['c'], ['end']],
    );
    const read = await site.read();
    const begin = { key: 'begin', title: 'remove much', loses: 'files' as const, items: ['x'] };
    const turns = { begin, forgets: [], end: { key: 'end', title: 'end' }, endsWith: () => assert.fail() };
    const [first] = stepsOf(inTurn(site.context, ANNA, read, turns, []));
    assert.deepEqual({ ...first, run: undefined }, { ...begin, run: undefined });
  });

  it('keeps a second publisher out, who changes nothing and is told who publishes', async () => {
    const early = await site.planned(BERT, [[site.step('early')]]);
    const refused = async () => {
      await assert.rejects(
        site.publish(BERT, [[site.step('second')]]),
        /^UserError: arn:aws:\S+ is publishing this site from “site” on annas-desk since 20\d\d-\d\d-\d\d \d\d:\d\d UTC\. Nothing was uploaded\..*publish again after 20\d\d/,
      );
      await assert.rejects(run(early, newOp()), TAKEN);
    };
    await site.publish(ANNA, [[site.step('first', refused)]]);
    await assert.rejects(run(early, newOp()), TAKEN);
    assert.deepEqual(site.log, ['first']);
    await site.publish(BERT, [[site.step('second')]]);
    assert.deepEqual(site.log, ['first', 'second']);
  });

  it('goes to one of two who ask at the same moment', async () => {
    const [refusal, ...others] = await race('one', 'two');
    assert.match(refusal ?? '', TAKEN);
    assert.deepEqual([others, site.log.length, (await site.ledger()).publishing], [['published'], 1, undefined]);
  });

  it('goes to one of two who find that of a computer that died at the same moment', async () => {
    await site.leave({ ...BERTS, processId: deadProcess() });
    const [refusal, ...others] = await race('one', 'two', 'three');
    assert.match(refusal ?? '', TAKEN);
    assert.deepEqual([others.filter((each) => each === 'published').length, site.log.length], [1, 1]);
  });

  it('that was cut short stays in the ledger as such, once all its steps have ended, and anybody may begin', async () => {
    let fail = () => undefined as void;
    const failing = new Promise<void>((_resolve, reject) => (fail = () => reject(new Error('failed'))));
    const slow = async () => {
      fail();
      // Whoever would end it before this step has ended now has the time to.
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal((await site.ledger()).publishing?.isOver, undefined);
    };
    const plan = [[site.step('fails', () => failing), site.step('slow', slow)], [site.step('later')]];
    await assert.rejects(site.publish(ANNA, plan), /failed/);
    assert.deepEqual(site.log.sort(), ['fails', 'slow']);
    const { current, publishing } = await site.ledger();
    assert.deepEqual([publishing?.isOver, publishing?.forgets, current], [true, ['/a.png'], undefined]);
    await site.publish(BERT, [[site.step('other folder')]]);
    assert.equal((await site.ledger()).current?.host, 'berts-desk');
  });

  it('leaves the ledger as it was after a cancel before its first step', async () => {
    await site.publish(BERT, []);
    const before = await site.ledger();
    const controller = new AbortController();
    const report = (text: string, done = 0) => void (text === 'turn' && done > 0.3 && controller.abort());
    const plan = await site.planned(ANNA, [[site.step('one')]]);
    await assert.rejects(run(plan, { ...newOp(controller.signal), report }), { name: 'AbortError' });
    let after = await site.ledger();
    for (let attempt = 0; attempt < 100 && after.publishing; attempt += 1) after = await site.ledger();
    assert.deepEqual(after, { ...before, revision: after.revision });
    assert.deepEqual(site.log, []);
  });

  it('leaves the ledger as it was when it was cancelled while AWS had taken it already', async () => {
    const slow = { service: 's3', action: 'PutObject', kind: 'delay', seconds: 1, when: 'after' };
    const controller = new AbortController();
    const plan = await site.planned(ANNA, [[site.step('one')]]);
    await controlPlane().send('POST', 'faults', slow);
    const cancelled = run(plan, newOp(controller.signal));
    while (!(await site.ledger()).publishing) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    await assert.rejects(cancelled, { name: 'AbortError' });
    assert.deepEqual([(await site.ledger()).publishing, site.log], [undefined, []]);
    await site.publish(BERT, [[site.step('other folder')]]);
  });

  it('is cut short by a cancel between two steps, and by one during a step once that has ended', async () => {
    for (const during of [false, true]) {
      const controller = new AbortController();
      const cancel = () => void (during && controller.abort());
      const report = (text: string, done = 0) => void (!during && text === 'one' && done > 0.4 && controller.abort());
      const plan = await site.planned(ANNA, [[site.step('one', cancel)], [site.step('two')]]);
      await assert.rejects(run(plan, { ...newOp(controller.signal), report }), { name: 'AbortError' });
      let { publishing } = await site.ledger();
      for (let attempt = 0; attempt < 100 && !publishing?.isOver; attempt += 1) ({ publishing } = await site.ledger());
      assert.equal(publishing?.isOver, true);
    }
    assert.deepEqual(site.log, ['one', 'one']);
  });

  it('is taken from a computer that died: after a while by anybody, at once by the same folder', async () => {
    await site.leave(BERTS);
    const { writtenMs } = await site.read();
    const end = moment(new Date(writtenMs + 900_000).toISOString());
    await assert.rejects(site.planned(ANNA, []), {
      message: `arn:bert is publishing this site from “copy” on berts-desk since 2026-01-02 03:04 UTC. Nothing was uploaded. Wait until that has ended and publish again; if it was cut short, publish again after ${end}.`,
    });
    await site.publish(ANNA, [[site.step('late')]], { expirySeconds: 0 });
    await site.leave({ ...BERTS, processId: deadProcess() });
    await assert.rejects(site.planned(ANNA, []), /is publishing/);
    await assert.rejects(site.planned({ ...BERT, host: 'another-desk' }, []), /is publishing/);
    await site.publish(BERT, [[site.step('same folder')]]);
    await site.leave({ ...BERTS, processId: 1 });
    await assert.rejects(site.planned(BERT, []), /is publishing/);
    await site.leave({ ...BERTS, at: 'no time' });
    await assert.rejects(site.planned(ANNA, []), /since a time that it does not tell/);
    assert.deepEqual(site.log, ['late', 'same folder']);
  });

  it('is taken again at once by the window that could not tell its end, but not while that has it', async () => {
    const lostCredentials = async () => {
      await assert.rejects(site.planned(ANNA, []), /is publishing this site/);
      const error = { kind: 'error', code: 'ExpiredToken', status: 400, times: 1000 };
      await controlPlane().send('POST', 'faults', { service: 's3', action: 'PutObject', ...error });
      throw new Error('the session has ended');
    };
    await assert.rejects(site.publish(ANNA, [[site.step('one', lostCredentials)]]), /the session has ended/);
    await controlPlane().send('DELETE', 'faults');
    assert.equal((await site.ledger()).publishing?.isOver, undefined);
    await assert.rejects(site.planned(BERT, []), /is publishing this site/);
    await site.publish(ANNA, [[site.step('again')]]);
    assert.deepEqual(site.log, ['one', 'again']);
  });

  it('of a computer that died is over after fifteen minutes by AWS’s clock', async () => {
    await site.leave(BERTS);
    const publishAfter = async (clockSkewSeconds: number) => {
      await controlPlane().send('POST', 'settings', { clockSkewSeconds });
      const { clients, site: same } = site.context;
      const later = { site: same, clients: createClients({ region: clients.region }) };
      // The SDK learns the time with the first answer.
      await later.clients.s3.send(new ListBucketsCommand({}));
      await run(await site.planned(ANNA, [[site.step(`after ${clockSkewSeconds}`)]], {}, later), newOp());
    };
    try {
      await assert.rejects(publishAfter(800), /is publishing/);
      await publishAfter(1300);
    } finally {
      await controlPlane().send('POST', 'settings', { clockSkewSeconds: 0 });
      // The SDK learns of the time from a refusal.
      await Promise.allSettled([site.read()]);
    }
    assert.deepEqual(site.log, ['after 1300']);
  });

  it('is nobody’s when it cannot be asked for', async () => {
    const plan = await site.planned(ANNA, [[site.step('one')]]);
    await refuse('s3', 'PutObject');
    await assert.rejects(run(plan, newOp()), { name: 'AccessDenied' });
    assert.deepEqual([site.log, (await site.ledger()).publishing], [[], undefined]);
  });

  it('says a moment so that it means the same to everybody', () => {
    assert.equal(moment('2026-11-24T00:14:59.999Z'), '2026-11-24 00:14 UTC');
    assert.equal(moment('at 2026-11-24T00:14'), 'a time that it does not tell');
    assert.equal(moment('[x](command:y)'), 'a time that it does not tell');
  });
});
