import { mock } from 'node:test';

/** Has the tests of a suite run on a clock of their own, on which seconds of AWS are seconds, with the jitter of every interval in its middle. */
export function onTestClock(): void {
  const quick = process.env['SITELIFT_SECOND_MS'];
  beforeEach(() => {
    delete process.env['SITELIFT_SECOND_MS'];
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    mock.method(Math, 'random', () => 0.5);
  });
  afterEach(() => {
    mock.timers.reset();
    mock.restoreAll();
    if (quick !== undefined) process.env['SITELIFT_SECOND_MS'] = quick;
  });
}

/** Lets the clock of the test run until the promise has settled. */
export async function atTestSpeed<Value>(promise: Promise<Value>): Promise<Value> {
  let settled = false;
  const done = () => (settled = true);
  promise.then(done, done);
  for (let turns = 0; !settled && turns < 1_000_000; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!settled) mock.timers.tick(10);
  }
  return promise;
}
