import assert from 'node:assert/strict';
import { isAbort, isUserError, UserError } from '../../src/core/op';

describe('an error for the user', () => {
  it('keeps what caused it and the way on that it offers', () => {
    const cause = new Error('no such thing');
    const remedy = { title: 'Create Site…', command: 'sitelift.createSite' };
    const error = new UserError('There is no site.', { cause, remedy });
    assert.equal(String(error), 'UserError: There is no site.');
    assert.deepEqual([error.cause, error.remedy], [cause, remedy]);
    assert.equal(new UserError('There is no site.').remedy, undefined);
  });

  it('is known by its name, since each bundle has its own copy of the class', () => {
    assert.ok(isUserError(new UserError('There is no site.')));
    assert.ok(isUserError(Object.assign(new Error('There is no site.'), { name: 'UserError' })));
    for (const other of [new Error('UserError'), { name: 'UserError' }, 'UserError', undefined]) {
      assert.ok(!isUserError(other), String(other));
    }
  });
});

describe('an abort', () => {
  it('is what an aborted signal makes functions throw, and no other end', () => {
    const cancelled = new AbortController();
    cancelled.abort();
    assert.throws(() => cancelled.signal.throwIfAborted(), isAbort);
    const timeout = new DOMException('It takes too long.', 'TimeoutError');
    for (const other of [timeout, new Error('AbortError'), { name: 'AbortError' }, undefined]) {
      assert.ok(!isAbort(other), String(other));
    }
  });
});
