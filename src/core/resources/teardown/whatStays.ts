import { known } from '../resource';
import type { SiteHave } from '../stack';
import type { VolumeFate } from './volumeRemoval';

/** What is still there once a whole site is destroyed, in words. */
export function whatStays(site: SiteHave, fate: VolumeFate): string {
  const [server, volume] = [known(site.server), known(site.volume)];
  const [bucket, distribution] = [known(site.bucket), known(site.distribution)];
  const { others = [] } = volume ?? {};
  const formers = others.filter(({ kind }) => kind === 'former').map(({ volumeId }) => volumeId);
  const spares = others.filter(({ kind }) => kind === 'restored').map(({ volumeId }) => volumeId);
  const older = (what: string, id: string) => `the ${what} ${id}, which was there before the site`;
  const made = { keep: 'the volume, which goes on costing', snapshot: 'the snapshot, which costs', delete: undefined };
  return [
    'the files of this folder',
    server?.isAdopted ? older('server', server.instanceId) : undefined,
    volume?.isAdopted ? older('volume', volume.volumeId) : site.volume.kind === 'absent' ? undefined : made[fate],
    bucket?.tagged && bucket.isAdopted ? older('bucket', `${bucket.name} with its objects`) : undefined,
    distribution?.isAdopted ? older('distribution', distribution.id) : undefined,
    formers.length > 0 ? `${formers.join(', ')}, whose place another volume took` : undefined,
    fate === 'keep' && spares.length > 0 ? `${spares.join(', ')}, which is not in use` : undefined,
  ]
    .filter((one) => one !== undefined)
    .join('; ');
}
