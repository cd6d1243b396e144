import assert from 'node:assert/strict';
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
});
