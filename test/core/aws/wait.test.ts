import assert from 'node:assert/strict';
import { appearance, isConflict, isNotSeenYet, retry, unlessMissing, waitFor } from '../../../src/core/aws/wait';
import { isAbort, isUserError } from '../../../src/core/op';
import { newOp } from '../sandbox';
import { atTestSpeed, onTestClock } from '../testClock';

const awsError = (name: string, status?: number) =>
  Object.assign(new Error(name), { name }, status === undefined ? {} : { $metadata: { httpStatusCode: status } });

describe('waiting', () => {
  onTestClock();

  it('looks at once, then after growing intervals up to the slowest', async () => {
    const looksAt: number[] = [];
    const look = () => {
      looksAt.push(Date.now());
      return Promise.resolve(looksAt.length === 6 ? 'there' : undefined);
    };
    const pace = { firstSeconds: 1, slowestSeconds: 2, limitSeconds: 60 };
    assert.equal(await atTestSpeed(waitFor('it', look, pace, newOp())), 'there');
    const intervals = looksAt.slice(1).map((at, index) => at - (looksAt[index] ?? 0));
    assert.deepEqual(intervals, [1000, 1500, 2000, 2000, 2000]);
  });

  it('looks as often for an AWS that is ten times as quick, in a tenth of the time', async () => {
    const counted = async (secondMs: number): Promise<{ looks: number; tookMs: number }> => {
      const beginMs = Date.now();
      let looks = 0;
      const look = () => Promise.resolve(void (looks += 1));
      const pace = { firstSeconds: 1, slowestSeconds: 2, limitSeconds: 60 };
      await assert.rejects(atTestSpeed(waitFor('it', look, pace, { ...newOp(), secondMs })), /Waited 60 s/);
      return { looks, tookMs: Date.now() - beginMs };
    };
    const [usual, quick] = [await counted(1000), await counted(100)];
    assert.ok(usual.looks > 30 && usual.tookMs > 57_000, JSON.stringify(usual));
    assert.deepEqual(quick, { looks: usual.looks, tookMs: usual.tookMs / 10 });
  });

  it('looks exactly as often as it is told to, when it is told', async () => {
    const looksAt: number[] = [];
    const look = () => {
      looksAt.push(Date.now());
      return Promise.resolve(looksAt.length === 4 ? 'there' : undefined);
    };
    const intervalSeconds = () => (looksAt.length < 3 ? 1 : 6);
    await atTestSpeed(waitFor('it', look, { limitSeconds: 60, intervalSeconds }, newOp()));
    const intervals = looksAt.slice(1).map((at, index) => at - (looksAt[index] ?? 0));
    assert.deepEqual(intervals, [1000, 1000, 6000]);
  });

  it('takes any value but undefined for an answer', async () => {
    for (const value of [false, 0, '', null]) {
      assert.equal(await waitFor('it', () => Promise.resolve(value), { limitSeconds: 1 }, newOp()), value);
    }
  });

  for (const [limitSeconds, sentence] of [
    [30, /^Waited 30 s for the moon, in vain\. Nothing is lost: run the command again to go on waiting\.$/],
    [600, /^Waited 10 min for the moon, in vain\./],
  ] as const) {
    it(`ends after ${limitSeconds} s with what it waited for`, async () => {
      const begin = Date.now();
      const error = await atTestSpeed(
        waitFor('the moon', () => Promise.resolve(undefined), { limitSeconds }, newOp()),
      ).then(
        () => assert.fail('ended well'),
        (thrown: unknown) => thrown,
      );
      assert.ok(isUserError(error));
      assert.match(error.message, sentence);
      const waitedSeconds = (Date.now() - begin) / 1000;
      assert.ok(waitedSeconds <= limitSeconds + 1 && waitedSeconds >= limitSeconds - 6, String(waitedSeconds));
    });
  }

  it('ends with the error of a look', async () => {
    const look = () => Promise.reject(awsError('AccessDenied'));
    await assert.rejects(waitFor('it', look, { limitSeconds: 60 }, newOp()), { name: 'AccessDenied' });
  });

  it('ends at once when it is cancelled, also while it pauses', async () => {
    const controller = new AbortController();
    let looks = 0;
    const look = () => {
      looks += 1;
      setImmediate(() => controller.abort());
      return Promise.resolve(undefined);
    };
    const waiting = waitFor('it', look, { firstSeconds: 1000, limitSeconds: 5000 }, newOp(controller.signal));
    await assert.rejects(waiting, (error) => isAbort(error));
    assert.equal(looks, 1);
    await assert.rejects(
      waitFor('it', () => assert.fail('looked'), { limitSeconds: 1 }, newOp(controller.signal)),
      (error) => isAbort(error),
    );
  });

  it('repeats an attempt while its error passes, and gives what it gives then', async () => {
    let attempts = 0;
    const attempt = () => {
      attempts += 1;
      return attempts < 4 ? Promise.reject(awsError('NoSuchBucket')) : Promise.resolve(undefined);
    };
    assert.equal(await atTestSpeed(retry(attempt, isNotSeenYet, { limitSeconds: 60 }, newOp())), undefined);
    assert.equal(attempts, 4);
  });

  it('repeats no attempt whose error does not pass', async () => {
    let attempts = 0;
    const attempt = () => {
      attempts += 1;
      return Promise.reject(awsError('AccessDenied'));
    };
    await assert.rejects(retry(attempt, isNotSeenYet, { limitSeconds: 60 }, newOp()), { name: 'AccessDenied' });
    assert.equal(attempts, 1);
  });

  it('throws the error that did not pass in time', async () => {
    const attempt = () => Promise.reject(awsError('NoSuchBucket'));
    await assert.rejects(atTestSpeed(retry(attempt, isNotSeenYet, { limitSeconds: 60 }, newOp())), {
      name: 'NoSuchBucket',
    });
  });

  it('gives undefined for what does not appear within half a minute', async () => {
    const begin = Date.now();
    assert.equal(await atTestSpeed(appearance(() => Promise.resolve(undefined), newOp())), undefined);
    assert.ok(Date.now() - begin <= 31_000 && Date.now() - begin >= 24_000);
    assert.equal(await appearance(() => Promise.resolve('it'), newOp()), 'it');
    await assert.rejects(
      appearance(() => Promise.reject(awsError('AccessDenied')), newOp()),
      { name: 'AccessDenied' },
    );
  });
});

describe('errors that pass', () => {
  it('are those of things that were just made', () => {
    for (const code of [
      'InvalidVolume.NotFound',
      'InvalidInstanceID.NotFound',
      'NoSuchBucket',
      'NoSuchEntity',
      'NoSuchEntityException',
      'InvocationDoesNotExist',
      'IncorrectState',
    ]) {
      assert.ok(isNotSeenYet(awsError(code)), code);
    }
    for (const code of ['AccessDenied', 'NotFound.Never', 'NoSuchKey', 'IncorrectStateMachine']) {
      assert.ok(!isNotSeenYet(awsError(code)), code);
    }
  });

  it('are those of somebody else’s change at the same time', () => {
    for (const code of ['OperationAborted', 'PreconditionFailed', 'ConflictException', 'ConcurrentModification']) {
      assert.ok(isConflict(awsError(code)), code);
    }
    assert.ok(isConflict(awsError('Anything', 409)));
    assert.ok(!isConflict(awsError('AccessDenied', 403)));
    assert.ok(!isConflict(awsError('AccessDenied')));
  });

  it('are told from what does not exist', async () => {
    const missing = () => Promise.reject(awsError('NoSuchKey'));
    assert.equal(await unlessMissing(missing, 'NoSuchThing', 'NoSuchKey'), undefined);
    await assert.rejects(unlessMissing(missing, 'NoSuchThing'), { name: 'NoSuchKey' });
    assert.equal(await unlessMissing(() => Promise.resolve(1), 'NoSuchKey'), 1);
  });
});
