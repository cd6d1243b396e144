import assert from 'node:assert/strict';
import { answerIn } from '../../../src/core/worker/httpAnswer';

const XML = '<CopyObjectResult>…</CopyObjectResult>'.replace('…', 'text');
const OPEN = false;
const CLOSED = true;

describe('an answer by HTTP', () => {
  const whole: readonly [title: string, text: string, body: string, isOver: boolean][] = [
    ['without a body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', '', OPEN],
    ['with a body of a told length', `HTTP/1.1 200 OK\r\ncontent-length:${XML.length}\r\n\r\n${XML}`, XML, OPEN],
    [
      'with a body in chunks',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\n\r\n   \r\n${XML.length.toString(16)} \r\n${XML}\r\n0\r\n\r\n`,
      `\r\n   ${XML}`,
      OPEN,
    ],
    [
      'behind interim ones',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\na: b\r\n\r\nHTTP/1.1 200 \r\ncontent-length: 1\r\n\r\nx',
      'x',
      OPEN,
    ],
  ];
  for (const [title, text, body, isOver] of whole) {
    it(`is known as whole ${title}, and at no moment before`, () => {
      for (let end = 0; end < text.length; end += 1)
        assert.equal(answerIn(text.slice(0, end)), 'unfinished', text.slice(0, end));
      assert.deepEqual(answerIn(text), { answer: { status: 200, etag: '', body }, isOver });
    });
  }

  const over: readonly [title: string, text: string, body: string][] = [
    ['that says so', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx', 'x'],
    ['with more behind it', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP', 'x'],
    ['with trailers behind its chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\na: b\r\n\r\n', ''],
    ['with a body whose end only the connection’s tells', 'HTTP/1.1 200 OK\r\n\r\nx', ''],
    ['with a body of more than 64 KiB', `HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n${'x'.repeat(70_000)}`, ''],
    ['with chunks that are none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n', ''],
  ];
  for (const [title, text, body] of over) {
    it(`is the last of its connection ${title}`, () => {
      assert.deepEqual(answerIn(text), { answer: { status: 200, etag: '', body }, isOver: CLOSED });
    });
  }

  it('counts as soon as its head is there when it tells of a failure', () => {
    const failed = { answer: { status: 503, etag: '', body: '' }, isOver: CLOSED };
    assert.deepEqual(answerIn('HTTP/1.1 503 Slow Down\r\nContent-Length: 100\r\n\r\n<Error>'), failed);
  });

  it('tells its ETag without quotation marks', () => {
    for (const etag of ['etag: "e-2"', 'ETAG:e-2', 'ETag: \t"e-2" ']) {
      const heard = answerIn(`HTTP/1.1 200 OK\r\nx-a: etag: no\r\n${etag}\r\ncontent-length: 0\r\n\r\n`);
      assert.deepEqual(heard, { answer: { status: 200, etag: 'e-2', body: '' }, isOver: OPEN });
    }
  });

  it('is none when it is in no HTTP, or has no end', () => {
    for (const text of ['SSH-2.0-OpenSSH\r\n\r\n', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(70_000)}`]) {
      assert.equal(answerIn(text), undefined);
    }
    assert.equal(answerIn('HTTP/1.1 100 Continue\r\n\r\n'.repeat(4000)), undefined);
  });
});
