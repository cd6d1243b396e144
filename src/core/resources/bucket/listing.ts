import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { allItems } from '../../aws/pages';
import type { Context } from '../../context';
import { bucketName } from '../../names';
import type { Op } from '../../op';

/** An object as a listing shows it. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly writtenMs: number;
}

/** The objects of the bucket whose keys start with a prefix. */
export async function listObjects({ site, clients }: Context, prefix: string, op: Op): Promise<ListedObject[]> {
  const owned = { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
  const found = await allItems(
    paginateListObjectsV2({ client: clients.s3 }, { ...owned, Prefix: prefix }, { abortSignal: op.signal }),
    ({ Contents }) => Contents,
  );
  return found.map(({ Key = '', Size = 0, ETag = '', LastModified }) => ({
    ...{ key: Key, sizeBytes: Size, etag: ETag.replaceAll('"', '') },
    writtenMs: LastModified?.getTime() ?? 0,
  }));
}
