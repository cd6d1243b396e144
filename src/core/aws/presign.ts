import {
  GetObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type PutObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { BuildMiddleware } from '@smithy/types';
import type { Context } from '../context';
import { awsTimeMs, placeOf } from './store';

/** A URL that lets its holder read one object for some minutes by AWS's clock, not by this computer's. It is a secret. */
export async function presign(context: Context, key: string, seconds: number): Promise<string> {
  const { Bucket, Key } = placeOf(context, key);
  return getSignedUrl(context.clients.s3, new GetObjectCommand({ Bucket, Key }), timesOf(context, seconds));
}

/** As `presign`, a URL that lets its holder store one object. */
export async function presignPut(context: Context, key: string, seconds: number): Promise<string> {
  const { Bucket, Key } = placeOf(context, key);
  const command = new PutObjectCommand({ Bucket, Key });
  // The SDK would sign the checksum of a body that it has not, and S3 refuses any other.
  const unsummed: BuildMiddleware<PutObjectCommandInput, PutObjectCommandOutput> = (next) => (given) => {
    const { headers } = given.request as { headers: Record<string, string> };
    for (const name of Object.keys(headers)) if (/^x-amz-(checksum|sdk-checksum)/.test(name)) delete headers[name];
    return next(given);
  };
  command.middlewareStack.add(unsummed, { step: 'build', priority: 'low', name: 'unsummed' });
  return getSignedUrl(context.clients.s3, command, timesOf(context, seconds));
}

function timesOf(context: Context, seconds: number) {
  return { expiresIn: seconds, signingDate: new Date(awsTimeMs(context)) };
}
