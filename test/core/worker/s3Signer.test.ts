import { SignatureV4 } from '@smithy/signature-v4';
import type { HashConstructor } from '@smithy/types';
import assert from 'node:assert/strict';
import { createHash, createHmac, type BinaryLike } from 'node:crypto';
import { createS3Signer, pathOf } from '../../../src/core/worker/s3Signer';

class Sha256 {
  readonly #hash;

  constructor(secret?: BinaryLike) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }

  update(data: BinaryLike): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

const SUM = createHash('sha256').update('body').digest('hex');
const KEYS = ['site/a.png', "it's (1) & [2]!*~-_.png", 'a b+c%20d', '100%', 'ü/日本 😀', '#?;:@=,$', 'a//b/../c/.'];

describe('the signer for S3', () => {
  it('signs as AWS’s own does, whatever is in the key, on one day and on the next', async () => {
    for (const sessionToken of [undefined, 'token//+=='.repeat(40)]) {
      const secrets = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
      const signer = createS3Signer(secrets, 'eu-central-1');
      const theirs = new SignatureV4({
        ...{ service: 's3', region: 'eu-central-1', uriEscapePath: false, applyChecksum: false },
        sha256: Sha256 as HashConstructor,
        credentials: { ...secrets, ...(sessionToken ? { sessionToken } : {}) },
      });
      for (const [key, date] of KEYS.flatMap((key) => [
        [key, '2025-12-31T23:59:59Z'] as const,
        [key, '2026-01-01T00:00:00Z'] as const,
      ])) {
        const names = {
          'cache-control': 'public, max-age=300',
          'content-type': 'text/html; charset=utf-8',
          host: 'b.s3.eu-central-1.amazonaws.com',
          'x-amz-content-sha256': SUM,
          'x-amz-date': date.replace(/[-:]/g, ''),
          'x-amz-meta-sha256': SUM,
          ...(sessionToken ? { 'x-amz-security-token': sessionToken } : {}),
        };
        const path = `/${pathOf(key)}`;
        const signed = await theirs.sign(
          { method: 'PUT', protocol: 'https:', hostname: names.host, path, query: {}, headers: names },
          { signingDate: new Date(date), signableHeaders: new Set(['cache-control']), unsignableHeaders: new Set() },
        );
        assert.equal(signer.sign(path, Object.entries(names).flat()), signed.headers['authorization']);
      }
    }
  });

  it('escapes in a key what is not a letter, a digit or one of -._~/', () => {
    assert.equal(pathOf("a b+c/~!'()*%ü"), 'a%20b%2Bc/~%21%27%28%29%2A%25%C3%BC');
  });
});
