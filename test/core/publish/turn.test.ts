import { HeadObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createClients } from '../../../src/core/aws/clients';
import type { Context } from '../../../src/core/context';
import { run, type Plan, type Step } from '../../../src/core/plan';
import { moment } from '../../../src/core/publish/moment';
import { readText } from '../../../src/core/publish/pending';
import { deleteObject, placeOf, putObject } from '../../../src/core/publish/store';
import { inTurn, type Origin } from '../../../src/core/publish/turn';
import { bucket } from '../../../src/core/resources/bucket';
import { controlPlane, newContext, newOp } from '../sandbox';

const KEY = '_sitelift/publishing.json';
const ANNA: Origin = { host: 'annas-desk', folder: 'site', place: 'anna' };
const BERT: Origin = { host: 'berts-desk', folder: 'copy', place: 'bert' };

describe('a turn', function () {
  this.timeout(120_000);
  let context: Context;
  let log: string[];

  before(async () => {
    context = newContext();
    await run(bucket.plan(context, { bucket: { kind: 'absent' } }), newOp());
  });
  beforeEach(() => (log = []));
  afterEach(() => controlPlane().send('DELETE', 'faults'));

  const step = (key: string, work: () => unknown = () => undefined): Step => ({
    key,
    title: key,
    run: async () => {
      log.push(key);
      await work();
    },
  });
  const planned = (origin: Origin, plan: Plan, check: () => Promise<void> = () => Promise.resolve(), pace?: object) => {
    const beginning = { key: 'turn', title: 'turn', check };
    return inTurn(context, origin, beginning, plan, {
      expirySeconds: 900,
      renewalSeconds: 120,
      answerSeconds: 15,
      ...pace,
    });
  };
  const note = async () => {
    const text = await readText(context, KEY, newOp());
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
  };
  const puts = async () =>
    (await controlPlane().calls()).filter(
      ({ action, parameters }) => action === 'PutObject' && parameters?.['Key'] === KEY,
    ).length;
  const leave = (content: object | string) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    return putObject(context, KEY, Buffer.from(text), { ContentType: 'application/json' }, newOp());
  };
  const holding = (change: object = {}) => ({
    ...{ ...BERT, id: 'other', by: 'arn:bert', processId: process.pid, at: '2026-01-02T03:04:05.678Z' },
    ...change,
  });

  it('is told in the bucket while it lasts, by whom and from where, and given back at its end', async () => {
    const seen: unknown[] = [];
    const look = async () => void seen.push(await note());
    await controlPlane().send('DELETE', 'calls');
    await run(planned(ANNA, [[step('one', look), step('two')], [step('three', look)]]), newOp());
    assert.equal(await puts(), 1);
    assert.equal(seen.length, 2);
    for (const held of seen as Record<string, unknown>[]) {
      assert.equal(held['host'], 'annas-desk');
      assert.equal(held['folder'], 'site');
      assert.match(String(held['by']), /^arn:aws:/);
      assert.match(String(held['at']), /^20\d\d-/);
    }
    assert.equal(await note(), undefined);
  });

  it('keeps a second publisher out, who changes nothing and is told who publishes', async () => {
    const second = () => run(planned(BERT, [[step('second')]]), newOp());
    const refused = async () => {
      await assert.rejects(
        second(),
        /^UserError: arn:aws:\S+ is publishing this site from “site” on annas-desk since 20\d\d-\d\d-\d\d \d\d:\d\d UTC\. Nothing was uploaded\..*publish again after 20\d\d/,
      );
    };
    await run(planned(ANNA, [[step('first', refused)]]), newOp());
    assert.deepEqual(log, ['first']);
    await second();
    assert.deepEqual(log, ['first', 'second']);
  });

  it('goes to one of two who ask at the same moment', async () => {
    let open = () => undefined as void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const outcomes = [ANNA, BERT].map((origin) =>
      run(planned(origin, [[step(origin.host, () => gate)]]), newOp()).then(
        () => 'published',
        () => (open(), 'refused'),
      ),
    );
    assert.deepEqual((await Promise.all(outcomes)).sort(), ['published', 'refused']);
    assert.equal(log.length, 1);
    assert.equal(await note(), undefined);
  });

  it('goes to one of two who find the note of a computer that died at the same moment', async () => {
    await leave(holding({ processId: spawnSync(process.execPath, ['-e', '']).pid }));
    let open = () => undefined as void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const outcomes = ['one', 'two'].map((key) =>
      run(planned(BERT, [[step(key, () => gate)]]), newOp()).then(
        () => 'published',
        () => (open(), 'refused'),
      ),
    );
    assert.deepEqual((await Promise.all(outcomes)).sort(), ['published', 'refused']);
    assert.equal(log.length, 1);
  });

  it('is given back when what was planned no longer holds, and when a step fails, once the others have ended', async () => {
    const gone = () => Promise.reject(new Error('not as planned'));
    await assert.rejects(run(planned(ANNA, [[step('one')]], gone), newOp()), /not as planned/);
    assert.equal(await note(), undefined);
    assert.deepEqual(log, []);
    let fail = () => undefined as void;
    const failing = new Promise<void>((_resolve, reject) => (fail = () => reject(new Error('failed'))));
    const slow = async () => {
      fail();
      // Whoever would give it back before this step has ended now has the time to.
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.ok(await note());
    };
    await assert.rejects(
      run(planned(ANNA, [[step('fails', () => failing), step('slow', slow)], [step('later')]]), newOp()),
      /failed/,
    );
    assert.deepEqual(log.sort(), ['fails', 'slow']);
    assert.equal(await note(), undefined);
  });

  it('is given back after a cancel between two steps', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const op = {
      ...newOp(signal),
      report: (text: string, done?: number) => void (text === 'turn' && done === 0.5 && controller.abort()),
    };
    // Half of all is done when the turn is taken; then the cancel comes before the only step has begun.
    await assert.rejects(run(planned(ANNA, [[step('one')]]), op), { name: 'AbortError' });
    for (let attempt = 0; attempt < 100 && (await note()); attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await note(), undefined);
  });

  it('is not even taken after a cancel during what is looked at first', async () => {
    const controller = new AbortController();
    const [[first] = []] = planned(ANNA, [[step('one')]], () => Promise.resolve(controller.abort()));
    assert.ok(first);
    await assert.rejects(first.run(newOp(controller.signal)), { name: 'AbortError' });
    assert.equal(await note(), undefined);
  });

  it('ends with the reason, and not as if it were cancelled, when AWS does not answer after a sleep', async () => {
    const sleep = { service: 's3', action: 'PutObject', kind: 'delay', seconds: 60, times: 100 };
    const fallAsleep = () => controlPlane().send('POST', 'faults', sleep);
    const plan = planned(ANNA, [[step('one')]], fallAsleep, { expirySeconds: 0, answerSeconds: 0.1 });
    await assert.rejects(run(plan, newOp()), { name: 'TimeoutError' });
    assert.deepEqual(log, []);
    await deleteObject(context, KEY, newOp());
  });

  it('is taken from a computer that died: after a while by anybody, at once by the same folder', async () => {
    await leave(holding());
    const { LastModified } = await context.clients.s3.send(new HeadObjectCommand(placeOf(context, KEY)));
    const end = moment(new Date((LastModified?.getTime() ?? 0) + 900_000).toISOString());
    await assert.rejects(run(planned(ANNA, [[step('early')]]), newOp()), {
      message: `arn:bert is publishing this site from “copy” on berts-desk since 2026-01-02 03:04 UTC. Nothing was uploaded. Wait until that has ended and publish again; if it was cut short, publish again after ${end}.`,
    });
    await run(planned(ANNA, [[step('late')]], undefined, { expirySeconds: 0 }), newOp());
    assert.equal(await note(), undefined);
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    await leave(holding({ processId: dead }));
    await assert.rejects(run(planned(ANNA, [[step('other folder')]]), newOp()), /is publishing/);
    const elsewhere = { ...BERT, host: 'another-desk' };
    await assert.rejects(run(planned(elsewhere, [[step('other folder')]]), newOp()), /is publishing/);
    await run(planned(BERT, [[step('same folder')]]), newOp());
    assert.ok(log.includes('same folder') && !log.includes('early') && !log.includes('other folder'));
    await leave(holding({ processId: 1 }));
    await assert.rejects(run(planned(BERT, [[step('living process')]]), newOp()), /is publishing/);
    await leave(holding({ processId: 'no number' }));
    await assert.rejects(run(planned(BERT, [[step('unknown process')]]), newOp()), /is publishing/);
    await leave('not JSON');
    await assert.rejects(
      run(planned(ANNA, [[step('unreadable')]]), newOp()),
      /^UserError: Somebody is publishing this site from “\?” on \? since a time that it does not tell/,
    );
    for (const text of ['null', '7', '"text"']) {
      await leave(text);
      await assert.rejects(run(planned(ANNA, [[step('unreadable')]]), newOp()), /Somebody is publishing/);
    }
    await deleteObject(context, KEY, newOp());
  });

  it('is taken again at once by the window that could not give it back, but not while that has it', async () => {
    const lostCredentials = async () => {
      await assert.rejects(run(planned(ANNA, [[step('meanwhile')]]), newOp()), /is publishing this site/);
      const error = { kind: 'error', code: 'ExpiredToken', status: 400, times: 1000 };
      await controlPlane().send('POST', 'faults', { service: 's3', action: 'DeleteObject', ...error });
      throw new Error('the session has ended');
    };
    await assert.rejects(run(planned(ANNA, [[step('one', lostCredentials)]]), newOp()), /the session has ended/);
    await controlPlane().send('DELETE', 'faults');
    assert.ok(await note());
    await assert.rejects(run(planned(BERT, [[step('other folder')]]), newOp()), /is publishing this site/);
    await run(planned(ANNA, [[step('again')]]), newOp());
    assert.deepEqual(log, ['one', 'again']);
    assert.equal(await note(), undefined);
  });

  it('of a computer that died is over after fifteen minutes by AWS’s clock', async () => {
    await leave(holding());
    const beginning = { key: 'turn', title: 'turn', check: () => Promise.resolve() };
    const publishAfter = async (clockSkewSeconds: number) => {
      await controlPlane().send('POST', 'settings', { clockSkewSeconds });
      const later = { site: context.site, clients: createClients({ region: context.site.region }) };
      await run(inTurn(later, ANNA, beginning, [[step(`after ${clockSkewSeconds}`)]]), newOp());
    };
    try {
      await assert.rejects(publishAfter(800), /is publishing/);
      await publishAfter(1300);
    } finally {
      await controlPlane().send('POST', 'settings', { clockSkewSeconds: 0 });
    }
    assert.deepEqual(log, ['after 1300']);
  });

  it('is asked for again when somebody else’s request or note was in its way and has gone', async () => {
    for (const [status, code] of [
      [409, 'ConditionalRequestConflict'],
      [412, 'PreconditionFailed'],
      [404, 'NoSuchKey'],
    ] as const) {
      await controlPlane().send('POST', 'faults', { service: 's3', action: 'PutObject', kind: 'error', code, status });
      await run(planned(ANNA, [[step(code)]]), newOp());
    }
    assert.equal(log.length, 3);
  });

  it('is not waited for without an end', async () => {
    const fault = { service: 's3', action: 'PutObject', kind: 'error', code: 'PreconditionFailed', status: 412 };
    await controlPlane().send('POST', 'faults', { ...fault, times: 99 });
    await controlPlane().send('DELETE', 'calls');
    await assert.rejects(
      run(planned(ANNA, [[step('one')]]), newOp()),
      /^UserError: Others are publishing this site just now\. Nothing was uploaded/,
    );
    const calls = await controlPlane().calls();
    assert.equal(calls.filter(({ action }) => action === 'PutObject').length, 5);
    assert.deepEqual(log, []);
  });

  it('is nobody’s when it cannot be asked for', async () => {
    const fault = { service: 's3', action: 'PutObject', kind: 'error', code: 'AccessDenied', status: 403 };
    await controlPlane().send('POST', 'faults', fault);
    await assert.rejects(run(planned(ANNA, [[step('one')]]), newOp()), { name: 'AccessDenied' });
    assert.deepEqual(log, []);
  });

  it('is known for its own when only the answer was lost, and is kept up', async () => {
    await controlPlane().send('POST', 'faults', { service: 's3', action: 'PutObject', kind: 'cut', when: 'after' });
    const plan = planned(ANNA, [[step('one')], [step('two')]], undefined, { expirySeconds: 0.000_1 });
    await run(plan, newOp());
    assert.deepEqual(log, ['one', 'two']);
    assert.equal(await note(), undefined);
  });

  it('is renewed before a step once half of its time is over', async () => {
    const sleep = () => new Promise((resolve) => setTimeout(resolve, 600));
    await controlPlane().send('DELETE', 'calls');
    await run(planned(ANNA, [[step('long', sleep)], [step('next')]], undefined, { expirySeconds: 1 }), newOp());
    assert.ok((await puts()) > 1);
  });

  it('is renewed while a long step runs, and leaves alone a note that has become another’s', async () => {
    const renewed = async (times: number) => {
      for (let attempt = 0; attempt < 400; attempt += 1) {
        if ((await puts()) >= times) return;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      assert.fail('the note is not renewed');
    };
    const robbed = async () => {
      const before = await puts();
      await leave(holding());
      await renewed(before + 2);
      // Whoever would renew it without a condition now has the time to.
      await new Promise((resolve) => setTimeout(resolve, 300));
    };
    await controlPlane().send('DELETE', 'calls');
    const pace = { renewalSeconds: 0.05 };
    await run(planned(ANNA, [[step('long', () => renewed(4))]], undefined, pace), newOp());
    assert.equal(await note(), undefined);
    await run(planned(ANNA, [[step('robbed', robbed)]], undefined, pace), newOp());
    assert.equal((await note())?.['id'], 'other');
    await deleteObject(context, KEY, newOp());
  });

  it('ends when this computer slept so long that somebody else began', async () => {
    const asleep = async () => {
      await leave(holding());
    };
    const plan = planned(ANNA, [[step('before', asleep)], [step('after')]], undefined, { expirySeconds: 0.000_1 });
    await assert.rejects(run(plan, newOp()), /held up so long that somebody else has begun one/);
    assert.deepEqual(log, ['before']);
    assert.equal((await note())?.['id'], 'other');
  });

  it('says a moment so that it means the same to everybody', () => {
    assert.equal(moment('2026-11-24T00:14:59.999Z'), '2026-11-24 00:14 UTC');
    assert.equal(moment('at 2026-11-24T00:14'), 'a time that it does not tell');
    assert.equal(moment('[x](command:y)'), 'a time that it does not tell');
  });
});
