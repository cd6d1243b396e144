import type { ConsolePlace } from '../../core/consoleUrl';
import type { BucketHave } from '../../core/resources/bucket/bucket';
import { moment } from '../../core/release/moment';
import { bytesOf } from '../../core/sizeText';
import { adoptedDetails, look, type Shown } from './shown';

/** How the bucket is shown. */
export function bucketView(have: BucketHave): Shown {
  const sizeBytes = bytesOf(have.objects.values());
  const isPrivate = have.blocksPublicAccess !== false && have.ownerEnforced !== false;
  const isKnown = have.blocksPublicAccess !== undefined && have.ownerEnforced !== undefined;
  const place: ConsolePlace = { kind: 'bucket', name: have.name };
  const since = have.destroyingSince;
  const objects = `${have.objects.size} ${have.objects.size === 1 ? 'object' : 'objects'}`;
  return {
    state: since === undefined ? objects : `being destroyed · ${objects}`,
    ...look(false, isPrivate && since === undefined, 'archive', 'archive'),
    ...{ value: have.name, place },
    tooltip: [
      ...(since === undefined
        ? []
        : [
            `Somebody began to destroy the site on ${moment(since)}.`,
            'Next: Destroy Site… goes on where it stopped; Provision All… keeps the site.',
          ]),
      ...have.problems,
    ],
    details: [
      {
        ...{ label: 'Bucket', value: have.name, place },
        about: 'Its name in S3. What readers may see lies below site/.',
      },
      ...adoptedDetails(have.isAdopted, place),
      {
        label: 'Size',
        value: `${(sizeBytes / 1_048_576).toFixed(1)} MiB`,
        place,
        about: 'Of the objects below site/.',
      },
      {
        ...{
          label: 'Access',
          value: isPrivate ? (isKnown ? 'private' : 'could not be read') : 'not private: provision it again',
        },
        ...{ place, about: 'Only the distribution may read it.' },
      },
    ],
  };
}
