import assert from 'node:assert/strict';
import { explain } from '../../src/core/aws/errors';
import { logTo } from '../../src/shell/log';

describe('the log', () => {
  const entries: string[] = [];
  const write = (level: string) => (text: unknown) => void entries.push(`${level} ${String(text)}`);
  const ignore = () => undefined;
  const log = logTo({
    ...{ debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    ...{ show: ignore, dispose: ignore },
  });
  beforeEach(() => (entries.length = 0));

  it('gets one line for each entry, whatever the names of files and the words of servers hold', () => {
    const name = 'a\n2026-11-24 12:00:00.000 [info] Published\r\u001b[2Jb\u202e.html';
    log.debug(name);
    log.info(name);
    log.warn(name);
    const line = 'a 2026-11-24 12:00:00.000 [info] Published [2Jb.html';
    assert.deepEqual(
      entries,
      ['debug', 'info', 'warn'].map((level) => `${level} ${line}`),
    );
  });

  it('tells an error in one line, and behind it where it came from and nothing else', () => {
    const error = new TypeError('first\n    at forged (file:///x)\nsecond');
    log.error('Could not publish the site', error);
    const [first, ...frames] = (entries[0] ?? '').split('\n');
    assert.equal(first, 'error Could not publish the site: first     at forged (file:///x) second');
    assert.ok(frames.length > 0);
    for (const frame of frames) assert.match(frame, /^ {4}at (?!forged)/);
  });

  it('has the id of the request to AWS that an error came of, though the user is told another sentence', () => {
    const $metadata = { httpStatusCode: 400, requestId: '0b1c-\n42' };
    const cause = Object.assign(new Error('slow'), { name: 'Throttling', $metadata });
    log.error('Could not publish the site', explain(cause));
    log.error('Could not publish the site', Object.assign(new Error('strange'), { name: 'Strange', $metadata }));
    assert.equal((entries[0] ?? '').split('\n')[1], '    AWS: Throttling, HTTP 400, request id 0b1c- 42');
    assert.deepEqual((entries[1] ?? '').split('\n').slice(0, 2), [
      'error Could not publish the site: strange',
      '    AWS: Strange, HTTP 400, request id 0b1c- 42',
    ]);
    const circle = new Error('circle');
    log.error('Could not publish the site', Object.assign(circle, { cause: circle }));
    assert.doesNotMatch(entries[2] ?? '', /request id/);
  });
});
