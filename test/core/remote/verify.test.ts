import assert from 'node:assert/strict';
import { parsePagesCheck, verifyPages } from '../../../src/core/remote/verify';
import { newOp } from '../sandbox';
import { newAgent } from './agent';

const SAME = 'list=abc\nfiles=7\nchanged=0\nmissing=0\nother=0\n';

describe('a comparison of the pages with what was published', () => {
  it('tells how many differ, and some of their paths', () => {
    const seen = parsePagesCheck(
      'list=abc\nfiles=7\nchanged=1\nmissing=0\nother=21\nchanged_path= a=b.html\nother_path=x\nother_path=other=y\n',
    );
    assert.deepEqual(seen, {
      list: 'abc',
      files: 7,
      changed: { count: 1, paths: [' a=b.html'] },
      missing: { count: 0, paths: [] },
      other: { count: 21, paths: ['x', 'other=y'] },
    });
  });

  it('is not taken for one that found no difference when something is not told', () => {
    for (const line of SAME.trimEnd().split('\n')) {
      assert.throws(() => parsePagesCheck(SAME.replace(`${line}\n`, '')), /did not tell/);
    }
  });

  it('is made by the agent of the server', async () => {
    const agent = newAgent({ Status: 'Success', StandardOutputContent: SAME });
    assert.equal((await verifyPages(agent.context, 'i-0123456789abcdef0', newOp())).files, 7);
  });
});
