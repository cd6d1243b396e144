import { bucketName } from '../../names';
import { UserError } from '../../op';
import { SITE_FILE, type Site } from '../../site';
import type { Seen } from '../resource';

/** Why a bucket that the site file names is left alone, and the way on; undefined for the site's own and for one that was adopted. */
export function namedRefusal(
  site: Site,
  have: { readonly tagged: boolean | undefined } | undefined,
): string | undefined {
  if (site.bucket.name === undefined || (have && have.tagged !== false)) return undefined;
  const what = have ? 'lacks this site’s tag' : 'does not exist';
  const way = have ? 'Run “Adopt Resource…” for it' : 'Make it and run “Adopt Resource…” for it';
  return `The bucket ${bucketName(site)}, which ${SITE_FILE} names, ${what}. ${way}, or take “name” out of “bucket” in ${SITE_FILE}.`;
}

/** Throws `UserError` where the site file names a bucket that is not there or was not adopted: provisioning makes none of that name, and gives none its tag. */
export function requireNamed(site: Site, seen: Seen<{ readonly tagged: boolean | undefined }>): void {
  if (seen.kind === 'unknown') return;
  const refusal = namedRefusal(site, seen.kind === 'known' ? seen.have : undefined);
  if (refusal === undefined) return;
  throw new UserError(`${refusal} Nothing was changed.`, {
    remedy: { title: 'Adopt Resource…', command: 'sitelift.adoptResource' },
  });
}
