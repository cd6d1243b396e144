import { HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Context } from '../../../src/core/context';
import type { Material } from '../../../src/core/publish/planPublish';
import { placeOf } from '../../../src/core/aws/store';
import { hashedName } from '../../../src/core/release/hashedName';
import { newOp } from '../sandbox';
import { sha256 } from './pages/bundling';
import { newPublishDriver, type PublishDriver } from './publishDriver';

/** Content that is copied in the bucket instead of being sent twice. */
export const LARGE = 'x'.repeat(40_000);
/** How long browsers may keep what has a hashed name. */
export const LASTING = 'public, max-age=31536000, immutable';

/** A site whose published pages name assets by their content. */
export interface HashedDriver {
  readonly site: PublishDriver;
  /** What to publish with; the site's own context has plain names. */
  readonly hashed: Context;
  publish(material?: Partial<Material>): Promise<string[]>;
  /** What readers get for a page. */
  page(path?: string): string | undefined;
  url(path: string): string;
  /** Content type, caching, sum and encryption of an asset. */
  headersOf(path: string): Promise<(string | undefined)[]>;
}

/** Makes the site with the files of its folder. */
export async function newHashedDriver(
  files: Record<string, string>,
  serves: 'images' | 'site' = 'images',
): Promise<HashedDriver> {
  const site = await newPublishDriver(files, serves);
  const hashed: Context = { ...site.context, site: { ...site.context.site, assets: { naming: 'hashed' } } };
  return {
    ...{ site, hashed },
    publish: (material = {}) => site.publish(newOp(), material, hashed),
    page: (path = 'index.html') => site.server.pages.get(path),
    url: (path) => `https://${site.domain}/${path}`,
    async headersOf(path) {
      const head = await hashed.clients.s3.send(new HeadObjectCommand(placeOf(hashed, `site/${path}`)));
      return [head.ContentType, head.CacheControl, head.Metadata?.['sha256'], head.ServerSideEncryption];
    },
  };
}

/** The hashed name of an asset with some content. */
export function named(path: string, content: string): string {
  return hashedName(path, sha256(content));
}
