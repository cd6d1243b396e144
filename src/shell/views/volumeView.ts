import type { ConsolePlace } from '../../core/consoleUrl';
import { DOCUMENT_ROOT } from '../../core/names';
import { isInsideUnread } from '../../core/resources/pairing';
import type { ServerHave } from '../../core/resources/server/server';
import { mountOf } from '../../core/resources/volume/mounted';
import type { VolumeHave } from '../../core/resources/volume/volume';
import { adoptedDetails, look, OLDER, type Shown } from './shown';

/** How the volume is shown; whether it is mounted, a look inside the server tells. */
export function volumeView(have: VolumeHave, server: ServerHave | undefined): Shown {
  const mounted = mountOf(have, server);
  const attachment = have.attachment?.state;
  const isAttached = attachment === 'attached';
  const isHere = isAttached && have.attachment?.instanceId === server?.instanceId;
  const isDue = isHere && server !== undefined && isInsideUnread({ kind: 'known', have: server });
  const state =
    attachment === undefined
      ? have.state === 'creating' || have.state === 'error'
        ? have.state
        : 'not attached'
      : `${attachment}${isAttached && mounted ? ' · mounted' : isDue ? ' · mount not read yet' : ''}`;
  const next =
    isAttached && mounted
      ? []
      : [`Next: ${attachment === undefined ? 'Attach' : 'Provision'} Volume… attaches and mounts it.`];
  const place: ConsolePlace = { kind: 'volume', id: have.volumeId };
  return {
    state,
    ...look(attachment === 'attaching' || attachment === 'detaching', mounted !== undefined, 'database', 'database'),
    ...(isDue ? { icon: { id: 'database' } } : {}),
    ...(attachment === undefined && have.state === 'available' ? { mark: 'detached' } : {}),
    ...{ value: have.volumeId, place },
    tooltip:
      server?.inspection || !isAttached
        ? next
        : isDue
          ? ['Whether it is mounted has not been read since it was attached. Next: Refresh reads it.']
          : ['Whether it is mounted is known once the server’s agent answers.'],
    details: [
      { label: 'Volume', value: have.volumeId, place, about: 'Its id in EBS.' },
      ...adoptedDetails(have.isAdopted, place),
      {
        label: 'Size',
        value: `${have.sizeGib} GiB${have.encrypted ? ', encrypted' : ''}`,
        place,
        about: '“volume.sizeGib” in sitelift.json. Resize Volume… makes it larger while it is in use.',
      },
      {
        label: 'Zone',
        value: have.zone,
        place,
        about: 'The availability zone. A server is launched where the volume is.',
      },
      {
        label: 'Attached to',
        value: have.attachment ? `${have.attachment.instanceId} as ${have.attachment.device}` : 'nothing',
        place: have.attachment ? { kind: 'instance', id: have.attachment.instanceId } : place,
        about: 'The instance, and the device name that EC2 has for it there.',
      },
      ...(mounted
        ? [
            {
              ...{ label: 'Mounted', value: `${mounted.partition} on ${DOCUMENT_ROOT} (${mounted.fileSystem})` },
              ...{ place, about: 'As a look inside the server found it.' },
            },
            {
              ...{ label: 'Free', value: `${mebibytes(mounted.freeBytes)} of ${mebibytes(mounted.sizeBytes)} MiB` },
              ...{ place, about: 'As the last look inside the server found it.' },
            },
          ]
        : []),
      ...(have.others ?? []).map(({ isAdopted, kind, sizeGib, volumeId }) => ({
        ...{
          label: kind === 'former' ? 'Kept beside' : 'Restored beside',
          value: `${volumeId}, ${sizeGib} GiB${isAdopted ? ', adopted' : ''}`,
        },
        place: { kind: 'volume', id: volumeId } as const,
        about:
          kind === 'former'
            ? `Another volume took its place. It costs until you delete it in the EC2 console.${isAdopted ? ` ${OLDER}` : ''}`
            : 'Made from a snapshot, and not in use. It costs until it is: restore that snapshot again, or delete it in the EC2 console.',
      })),
    ],
  };
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
