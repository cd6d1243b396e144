import { ListObjectVersionsCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
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
  readonly storageClass: string | undefined;
}

/** The objects of the bucket whose keys start with a prefix. */
export async function listObjects({ site, clients }: Context, prefix: string, op: Op): Promise<ListedObject[]> {
  const owned = { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
  const found = await allItems(
    paginateListObjectsV2({ client: clients.s3 }, { ...owned, Prefix: prefix }, { abortSignal: op.signal }),
    ({ Contents }) => Contents,
  );
  return found.map(({ ETag = '', Key = '', LastModified, Size = 0, StorageClass }) => ({
    ...{ key: Key, sizeBytes: Size, etag: ETag.replaceAll('"', '') },
    storageClass: StorageClass,
    writtenMs: LastModified?.getTime() ?? 0,
  }));
}

/** True where there is any version of any object whose key starts with a prefix. */
export async function holdsBelow({ site, clients }: Context, Prefix: string, op: Op): Promise<boolean> {
  const owned = { Bucket: bucketName(site), ExpectedBucketOwner: site.account };
  const { DeleteMarkers = [], Versions = [] } = await clients.s3.send(
    new ListObjectVersionsCommand({ ...owned, Prefix, MaxKeys: 1 }),
    { abortSignal: op.signal },
  );
  return DeleteMarkers.length + Versions.length > 0;
}
