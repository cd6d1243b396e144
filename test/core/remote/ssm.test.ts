import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { parseInspection } from '../../../src/core/remote/inspect';
import { quote, redact, scriptText } from '../../../src/core/remote/ssm';

describe('remote scripts', () => {
  for (const text of ["it's", '$(touch /tmp/x)', '`id`', 'a\nb', '"', '\\', 'ä 🙂', '', "'; exit 9; '", '-n', '!!']) {
    it(`carry a value as it is: ${JSON.stringify(text)}`, () => {
      const script = scriptText({ script: 'printf %s "$VALUE"', values: { VALUE: text } });
      assert.equal(execFileSync('bash', ['-c', script], { encoding: 'utf8' }), text);
    });
  }

  it('cannot carry a NUL character', () => assert.throws(() => quote('a\0b'), /NUL/));

  it('tell nothing of a presigned URL', () => {
    const told = redact('curl: https://b.s3/x?X-Amz-Credential=AKIA%2F1&X-Amz-Signature=abc&x=1 failed');
    assert.ok(!/AKIA|abc/.test(told));
  });
});

describe('parseInspection', () => {
  it('reads what the look inside prints', () => {
    const seen = parseInspection(
      'installed=yes\nenabled=enabled\nactive=active\npartition=/dev/nvme1n1p1\nserial=vol0abc\nfile_system=ext4\nsize_bytes=262144000\nfree_bytes=1\nin_fstab=yes\nrelease=abc\n',
    );
    assert.deepEqual(seen.webServer, { installed: true, enabled: true, active: true });
    assert.equal(seen.mount?.serial, 'vol0abc');
    assert.equal(seen.mount?.inFstab, true);
    assert.equal(seen.release, 'abc');
  });

  it('sees no mount where there is none', () => {
    assert.equal(parseInspection('installed=no\nenabled=\nactive=inactive\n').mount, undefined);
  });
});
