import { areOfOneTime } from './pairing';
import { isMounted } from './volume/mounted';
import { known } from './resource';
import type { SiteHave } from './stack';

/** How far the provisioning of a site has come. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What comes by itself and is waited for; undefined when nothing is. */
  readonly waitsFor: string | undefined;
}

interface Part {
  readonly isThere: boolean;
  readonly waitsFor?: string | false | undefined;
}

/**
 * How many of the parts of a site are there, and what is waited for, as AWS shows it, whoever began it and where; undefined where that cannot be told, and for a
 * server that somebody has stopped.
 */
export function progressOf(site: SiteHave): Progress | undefined {
  const [server, volume] = [known(site.server), known(site.volume)];
  const isUnread = Object.values(site).some(({ kind }) => kind === 'unknown');
  const isRunning = server?.state === 'running';
  // Who looked inside in vain knows nothing of the web server and of what is mounted.
  const isBlind = isRunning && server.inspection === undefined && (server.online || server.inspectionProblem);
  if (
    isUnread ||
    isBlind ||
    !areOfOneTime(site.server, site.volume) ||
    server?.state === 'stopped' ||
    server?.state === 'stopping'
  )
    return undefined;
  const attachment = volume?.attachment;
  const isAttached = attachment !== undefined && attachment.instanceId === server?.instanceId;
  const parts: readonly Part[] = [
    { isThere: server !== undefined && server.role !== 'lacking' },
    { isThere: server !== undefined && server.portOpen !== false },
    { isThere: isRunning, waitsFor: server?.state === 'pending' && 'the server to start' },
    { isThere: isRunning && server.online, waitsFor: isRunning && !server.online && 'the server’s agent' },
    { isThere: server?.inspection?.webServer.active ?? false },
    {
      isThere: volume !== undefined && ['available', 'in-use'].includes(volume.state),
      waitsFor: volume?.state === 'creating' && 'the volume to be made',
    },
    {
      isThere: isAttached && attachment.state === 'attached',
      waitsFor: attachment?.state === 'attaching' && 'the volume to be attached',
    },
    { isThere: volume !== undefined && isMounted(volume, server) },
    { isThere: known(site.bucket) !== undefined },
    { isThere: known(site.distribution) !== undefined },
  ];
  return {
    done: parts.filter(({ isThere }) => isThere).length,
    total: parts.length,
    waitsFor: parts.map(({ waitsFor }) => waitsFor).find((what) => typeof what === 'string'),
  };
}
