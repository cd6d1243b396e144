import type { Volume, VolumeState } from '@aws-sdk/client-ec2';
import { ROLE_TAG, SNAPSHOT_TAG } from '../../names';
import { isAdopted } from '../adopt/adopted';
import { tagOf } from '../../tags';
import { FORMER_VOLUME } from '../succession';

/** A volume of the site that is not the site’s volume, and costs. */
export interface OtherVolume {
  /** `former`: another one took its place. `restored`: it was made of a snapshot and did not take the volume’s place. */
  readonly kind: 'former' | 'restored';
  readonly volumeId: string;
  readonly state: VolumeState;
  /** It was there before the site, and stays when that goes. */
  readonly isAdopted?: boolean;
  readonly sizeGib: number;
  readonly volumeType: string | undefined;
  /** The snapshot that it was made from, if it was. */
  readonly snapshotId?: string;
}

/** What some volumes are beside the site’s volume; those that AWS could not make cost nothing and do not count. */
export function otherVolumes(volumes: readonly Volume[]): readonly OtherVolume[] {
  return volumes.flatMap((one) => {
    const { Size: sizeGib = 0, State: state = 'creating', VolumeId: volumeId, VolumeType: volumeType } = one;
    if (!volumeId || state === 'error') return [];
    const kind = tagOf(one, ROLE_TAG) === FORMER_VOLUME ? ('former' as const) : ('restored' as const);
    const adopted = isAdopted(one.Tags) ? { isAdopted: true } : {};
    return [{ kind, volumeId, state, sizeGib, volumeType, ...adopted, ...snapshotOf(one) }];
  });
}

/** The snapshot that a volume was made from, as its tag tells. */
export function snapshotOf(volume: Volume): { readonly snapshotId?: string } {
  const snapshotId = tagOf(volume, SNAPSHOT_TAG);
  return snapshotId === undefined ? {} : { snapshotId };
}
