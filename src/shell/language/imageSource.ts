import * as vscode from 'vscode';
import { rootFolder } from '../../core/site';
import type { Sites } from '../sites';
import type { ImageLocation } from './imageActions';

/** What is known of the CDN for a document of a site; undefined for documents of no site. */
export async function locateImages(sites: Sites, documentPath: string): Promise<ImageLocation | undefined> {
  const entry = await sites.entryFor(vscode.Uri.file(documentPath));
  if (!entry?.site) return undefined;
  const distribution = entry.have?.distribution;
  const bucket = entry.have?.bucket;
  return {
    rootFolder: rootFolder(entry.folder.uri.fsPath, entry.site),
    domain: distribution?.kind === 'known' ? distribution.have.domain : undefined,
    distributionState: stateOf(distribution),
    uploaded: (path) => {
      if (bucket?.kind === 'known') return bucket.have.objects.has(path);
      return bucket?.kind === 'absent' ? false : undefined;
    },
  };
}

function stateOf(seen: NonNullable<Sites['entries'][number]['have']>['distribution'] | undefined) {
  if (seen?.kind === 'known') return seen.have.deployed ? 'deployed' : 'deploying';
  return seen?.kind === 'absent' ? 'absent' : 'unknown';
}
