import type { ConsolePlace } from '../../core/consoleUrl';
import type { DistributionHave } from '../../core/resources/distribution';
import { look, type Shown } from './shown';

/** How the distribution is shown. */
export function distributionView(have: DistributionHave): Shown {
  const place: ConsolePlace = { kind: 'distribution', id: have.id };
  const elsewhere = have.otherRegion === undefined ? undefined : `a bucket of this site in ${have.otherRegion}`;
  return {
    state: have.enabled ? (have.deployed ? 'Deployed' : 'Deploying…') : 'disabled',
    ...look(!have.deployed, have.enabled, 'globe', 'globe'),
    ...{ value: have.id, place },
    tooltip: have.deployed
      ? troubleOf(have, elsewhere)
      : ['CloudFront is bringing it to its edges, which takes minutes. Nothing is to be done.'],
    details: [
      {
        label: 'Domain',
        value: have.domain,
        place,
        about:
          have.pagesHost === undefined
            ? 'Images are at https:// and this name.'
            : 'The site is at https:// and this name.',
      },
      ...(have.alias === undefined
        ? []
        : [{ label: 'Name', value: have.alias, place, about: 'A name of yours that the distribution was given.' }]),
      { label: 'Distribution', value: have.id, place, about: 'Its id in CloudFront.' },
      {
        ...{
          label: 'Origin',
          value: have.readsBucket ? originOf(have) : (elsewhere ?? 'not this bucket: provision it again'),
        },
        ...{ place, about: 'Where the edges fetch what they do not have.' },
      },
    ],
  };
}

function originOf({ pagesHost }: DistributionHave): string {
  return pagesHost === undefined ? 'the bucket, below site/' : 'the server, and the bucket when that does not answer';
}

function troubleOf(have: DistributionHave, elsewhere: string | undefined): string[] {
  // What reads a bucket of another region is not provisioned in this one.
  if (elsewhere !== undefined) return [`It reads ${elsewhere}.`];
  if (have.enabled && have.readsBucket && have.drift.length === 0) return [];
  return [...have.drift, 'Next: Provision Distribution… puts it in order.'];
}
