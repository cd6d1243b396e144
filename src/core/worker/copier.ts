import { hash } from 'node:crypto';
import { inTurn, meaningOf, newRequests, plainValue, type Meaning, type Reach, type Requests } from './requests';
import { pathOf } from './s3Signer';
import type { WireAnswer } from './wires';

/** An object of the site's bucket that is to be there once more under another key. */
export interface Copying {
  /** Where it lies. */
  readonly from: string;
  /** What its ETag must be, without quotation marks; undefined where the key tells its bytes. */
  readonly etag: string | undefined;
  readonly key: string;
  readonly sha256: string;
  readonly contentType: string;
  readonly cacheControl: string;
}

/** Objects with what is needed to copy them. */
export interface CopyBatch extends Reach {
  readonly copies: readonly Copying[];
}

const NOTHING = Buffer.alloc(0);
const SUM_OF_NOTHING = hash('sha256', NOTHING);

/**
 * Copies objects inside the bucket, as many together as there are connections. Gives the ETag of each copy, or undefined for one that plainly was not
 * made: after the first that failed for another reason than that its source has gone or changed, no other one is started.
 */
export async function copy({ copies, ...reach }: CopyBatch): Promise<(string | undefined)[]> {
  const requests = newRequests(reach);
  const { account, bucket } = reach.target;
  let failed = false;
  return Promise.all(
    copies.map((one) =>
      inTurn(0, async () => {
        if (failed) return undefined;
        const copied = await make(one, requests, bucket, account).catch(() => undefined);
        failed ||= copied === undefined;
        return copied === 'lost' ? undefined : copied?.etag;
      }),
    ),
  );
}

type Copied = { readonly etag: string } | 'lost';

function make(one: Copying, requests: Requests, bucket: string, account: string): Promise<Copied | undefined> {
  const headers = {
    'cache-control': plainValue(one.cacheControl),
    'content-type': plainValue(one.contentType),
    'x-amz-content-sha256': SUM_OF_NOTHING,
    'x-amz-copy-source': `${bucket}/${pathOf(one.from)}`,
    'x-amz-copy-source-if-match': one.etag,
    'x-amz-meta-sha256': one.sha256,
    'x-amz-metadata-directive': 'REPLACE',
    'x-amz-source-expected-bucket-owner': account,
    // Copying tags would need rights of its own.
    'x-amz-tagging-directive': 'REPLACE',
  };
  return requests.put(one.key, headers, NOTHING, meaningOfCopy);
}

/**
 * S3 may begin to answer with 200 before the copy is made, and tell of a failure in the body (Amazon S3 API, “CopyObject”), so that only a body that
 * names the copy's ETag counts.
 */
function meaningOfCopy(answer: WireAnswer): Meaning<Copied> {
  const { body, status } = answer;
  if (status === 404 || status === 412) return { value: 'lost' };
  if (status !== 200) return meaningOf(answer);
  const [, result = ''] =
    /^\s*(?:<\?xml[^>]*\?>)?\s*<CopyObjectResult\b[^>]*>(.*)<\/CopyObjectResult>\s*$/s.exec(body) ?? [];
  const [, etag] = /<ETag>(?:"|&quot;|&#34;)?([\w-]+)(?:"|&quot;|&#34;)?<\/ETag>/.exec(result) ?? [];
  return etag === undefined ? 'again' : { value: { etag } };
}
