import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { bucketName, PUBLIC_PREFIX } from '../names';
import type { Op } from '../op';
import type { Context } from '../context';
import type { StoredObject } from '../resources/bucket';
import type { LocalFile } from './localFiles';

/** Files up to this size are sent as one buffer, larger ones as a stream. */
const BUFFERED_BYTES = 16 * 1024 * 1024;
/** Browsers ask again after minutes; the edges keep an object until it is invalidated. */
const ASSET_CACHING = 'public, max-age=300, s-maxage=31536000';

/** Puts a file of this computer into the bucket under a key. */
export async function putFile(
  { site, clients }: Context,
  key: string,
  file: Pick<LocalFile, 'absolutePath' | 'sizeBytes' | 'contentType'>,
  cacheControl: string | undefined,
  op: Op,
): Promise<void> {
  const small = file.sizeBytes <= BUFFERED_BYTES;
  await clients.s3.send(
    new PutObjectCommand({
      Bucket: bucketName(site),
      ExpectedBucketOwner: site.account,
      Key: key,
      Body: small ? await readFile(file.absolutePath) : createReadStream(file.absolutePath),
      ...(small ? {} : { ContentLength: file.sizeBytes }),
      ContentType: file.contentType,
      ...(cacheControl ? { CacheControl: cacheControl } : {}),
    }),
    { abortSignal: op.signal },
  );
}

/** Puts an asset where the distribution reads it, under its stable name. */
export async function putAsset(context: Context, asset: LocalFile, op: Op): Promise<void> {
  await putFile(context, PUBLIC_PREFIX + asset.path, asset, ASSET_CACHING, op);
}

/** A URL that lets its holder read one object for some minutes. It is a secret. */
export async function presign({ site, clients }: Context, key: string, seconds: number): Promise<string> {
  return getSignedUrl(clients.s3, new GetObjectCommand({ Bucket: bucketName(site), Key: key }), { expiresIn: seconds });
}

/** Why an asset must be uploaded, or undefined when the bucket holds the same bytes. */
export async function uploadReason(
  asset: LocalFile,
  stored: StoredObject | undefined,
): Promise<'new' | 'changed' | undefined> {
  if (!stored) return 'new';
  if (stored.sizeBytes !== asset.sizeBytes) return 'changed';
  return stored.etag === (await md5(asset.absolutePath)) ? undefined : 'changed';
}

async function md5(file: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
