import { createHash } from 'node:crypto';
import type { Site } from './site';

/** Tag key that says which site a resource belongs to; its value is the site's id. */
export const SITE_TAG = 'sitelift:site';
/** Tag key that says what a resource is for the site, e.g. `server`. */
export const ROLE_TAG = 'sitelift:role';
/** Tag key, on what is the same in every region, that says in which one the site lies. */
export const REGION_TAG = 'sitelift:region';
/** Tag key of a volume that we created blank; only such a volume may ever be formatted. */
export const BLANK_TAG = 'sitelift:created-blank';

/** Tag key of what was there before the site and was given to it; it is never ended, emptied or deleted with the site. */
export const ADOPTED_TAG = 'sitelift:adopted';
/** Tag key on what is to take another one’s place; its value is the id of that one. It takes it as soon as that one is gone, or has another role. */
export const REPLACES_TAG = 'sitelift:replaces';
/** Tag key of a volume that was made from a snapshot; its value is the snapshot’s id. */
export const SNAPSHOT_TAG = 'sitelift:snapshot';
/** Tag key of a snapshot that tells which request made it, since AWS knows no client token for snapshots. */
export const REQUEST_TAG = 'sitelift:request';

/** Tag key on the bucket of a site that is being destroyed; its value is the moment at which that began. */
export const DESTROYING_TAG = 'sitelift:destroying';

/** Prefix of everything that the distribution may read; the distribution's origin path is `/site`. */
export const PUBLIC_PREFIX = 'site/';
/** Prefix of what stays private: staged bundles and releases. */
export const PRIVATE_PREFIX = '_sitelift/';

/** The common start of the names of all that belongs to one site. */
export function stackName(site: Pick<Site, 'id'>): string {
  return `sitelift-${site.id}`;
}

/** What a bucket's name depends on. */
type Named = Pick<Site, 'id' | 'account' | 'region' | 'bucket'>;

/** The bucket's name, at most 63 characters: that of the site file, or one of the site's own. */
export function bucketName(site: Named): string {
  return site.bucket.name ?? `${stackName(site)}-${site.account}-${site.region}`;
}

/** The S3 origin's regional domain; the global one answers 307 for hours on new buckets. */
export function bucketDomain(site: Named): string {
  return `${bucketName(site)}.s3.${site.region}.amazonaws.com`;
}

/** The region of a site's bucket whose regional domain this is; undefined for any other domain, also for a bucket of another account or site. */
export function bucketRegionOf(site: Omit<Named, 'region'>, domain: string): string | undefined {
  const [, , region = ''] = domain.split('.');
  return domain === bucketDomain({ ...site, region }) ? region : undefined;
}

/** The distribution's comment: shown in the console and the first thing it is found by. */
export function distributionComment(site: Pick<Site, 'id' | 'name'>): string {
  return `Sitelift: ${site.name} (${site.id})`;
}

/** A client token of at most 64 ASCII characters for one generation of one resource of the site. */
export function clientToken(site: Pick<Site, 'id'>, role: string, generation: number): string {
  return createHash('sha256')
    .update(`${stackName(site)}/${role}/${generation}`)
    .digest('hex')
    .slice(0, 48);
}

/** The tags that every resource of the site is created with; a name's characters that some service refuses in tags become dashes. */
export function tagsFor(site: Pick<Site, 'id' | 'name'>, role: string): { Key: string; Value: string }[] {
  return [
    { Key: 'Name', Value: tagText(`${site.name} ${role}`) },
    { Key: SITE_TAG, Value: site.id },
    { Key: ROLE_TAG, Value: role },
  ];
}

/** A text as the value of a tag: some services refuse other characters than these, and EC2 more than 256. */
export function tagText(text: string): string {
  return text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '-').slice(0, 255);
}

/** Where readers find the pages: at the server, or at the distribution that serves the whole site, under the name that it was given if there is one. */
export function siteUrl(
  { distribution: { serves } }: Pick<Site, 'distribution'>,
  { alias, domain, host }: Readonly<Record<'alias' | 'host', string | undefined>> & { readonly domain: string },
): string {
  return serves === 'site' ? `https://${alias ?? domain}/` : `http://${host ?? ''}/`;
}

/** Folder on the server that the volume is mounted on: httpd's document root. */
export const DOCUMENT_ROOT = '/var/www/html';

/** The NVMe serial that a volume shows on Nitro: its id without the dash (EC2 documentation, “Map NVMe disks to volumes”). */
export function serialOf(volumeId: string): string {
  return volumeId.replace('-', '');
}
