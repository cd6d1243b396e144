import type { Op } from '../op';
import type { Context } from '../context';
import { parseReport } from './report';
import inspectScript from './scripts/inspect.sh';
import { runScript } from './ssm';

/** What a read-only look inside the server finds. */
export interface Inspection {
  readonly webServer: { readonly installed: boolean; readonly enabled: boolean; readonly active: boolean };
  /** The partition on the document root, if one is mounted there. */
  readonly mount: MountSeen | undefined;
  /** Id of the release whose pages are in the document root. */
  readonly release: string | undefined;
  /** SHA-256 of the server's list of the pages that were published to it. */
  readonly list: string | undefined;
  /** Id of the release whose pages were being put in place when that was cut short: those of two may stand side by side. */
  readonly placing: string | undefined;
  /** Id of the settings that the web server works by; undefined before the first publication to this server, or when somebody changed them. */
  readonly settings: string | undefined;
  /** By which it is known what was served before the first publication, where that is kept on the server. */
  readonly before?: string | undefined;
  /** Id of the site that it is kept for, whose notes of releases these are. */
  readonly keptFor?: string | undefined;
}

/** A mounted partition and the disk that it is on. */
export interface MountSeen {
  readonly partition: string;
  readonly serial: string;
  readonly fileSystem: string;
  readonly sizeBytes: number;
  readonly freeBytes: number;
  /** Size of the disk as the server sees it. */
  readonly diskBytes: number;
  /** The most that the partition could have where it begins; 0 where the file system is on the whole disk. */
  readonly roomBytes: number;
  /** 0 where it is of a kind that is not made larger here. */
  readonly fileSystemBytes: number;
  readonly inFstab: boolean;
}

/** Looks inside a server whose agent answers; changes nothing there. It throws when the look fails, which says nothing of what is inside. */
export async function inspect(context: Context, instanceId: string, op: Op): Promise<Inspection> {
  const remote = { name: 'look', script: inspectScript, timeoutSeconds: 60, deliverySeconds: 60 };
  return parseInspection(await runScript(context, instanceId, remote, op));
}

/** Reads the `name=value` lines of `inspect.sh`. */
export function parseInspection(output: string): Inspection {
  const report = parseReport(output);
  const text = (name: string) => report.text(name).trim();
  const partition = text('partition');
  return {
    webServer: {
      installed: text('installed') === 'yes',
      enabled: text('enabled') === 'enabled',
      active: text('active') === 'active',
    },
    mount: partition
      ? {
          partition,
          serial: text('serial'),
          fileSystem: text('file_system'),
          sizeBytes: Number(text('size_bytes')),
          freeBytes: Number(text('free_bytes')),
          diskBytes: Number(text('disk_bytes')),
          roomBytes: Number(text('room_bytes')),
          fileSystemBytes: Number(text('file_system_bytes')),
          inFstab: text('in_fstab') === 'yes',
        }
      : undefined,
    release: text('release') || undefined,
    list: text('list') || undefined,
    placing: report.all('placing').length > 0 ? text('placing') || '?' : undefined,
    settings: text('settings') || undefined,
    ...(/^\d+$/.test(text('before')) ? { before: text('before') } : {}),
    ...(text('kept_for') === '' ? {} : { keptFor: text('kept_for') }),
  };
}
