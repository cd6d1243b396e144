import type { ConsolePlace } from '../../core/consoleUrl';
import type { DistributionHave } from '../../core/resources/distribution/distribution';
import { offerOf } from '../../core/resources/distribution/offer';
import { restrictionText } from '../../core/resources/distribution/geoRestriction';
import { adoptedDetails, look, type Shown } from './shown';

/** How the distribution is shown. */
export function distributionView(have: DistributionHave): Shown {
  const place: ConsolePlace = { kind: 'distribution', id: have.id };
  const elsewhere = have.otherRegion === undefined ? undefined : `a bucket of this site in ${have.otherRegion}`;
  return {
    state: stateOf(have),
    ...look(!have.deployed, have.enabled, 'globe', 'globe'),
    ...(have.enabled ? {} : { mark: 'disabled' }),
    ...{ value: have.id, place },
    tooltip: [
      ...(have.deployed ? [] : ['CloudFront is bringing it to its edges, which takes minutes. Nothing is to be done.']),
      ...(have.enabled
        ? []
        : [
            `Readers do not get ${offerOf(have)} while it is disabled.`,
            'Next: Enable Distribution… lets them in again.',
          ]),
    ],
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
      ...adoptedDetails(have.isAdopted, place),
      {
        ...{
          label: 'Origin',
          value: have.readsBucket ? originOf(have) : (elsewhere ?? 'not this bucket: provision it again'),
        },
        ...{ place, about: 'Where the edges fetch what they do not have.' },
      },
      {
        ...{ label: 'Geo restriction', value: restrictionText(have.geoRestriction), place },
        about: aboutRestriction(have),
      },
    ],
  };
}

function stateOf({ deployed, enabled }: DistributionHave): string {
  if (enabled) return deployed ? 'Deployed' : 'Deploying…';
  return deployed ? 'disabled' : 'Disabling…';
}

function aboutRestriction({ geoRestriction, pagesHost }: DistributionHave): string {
  if (geoRestriction === 'none') return 'Readers of all countries are let in; Set Geo Restriction… changes that.';
  const refusal = pagesHost === undefined ? '403 (Forbidden) instead of images' : '404.html with the status 404';
  return `CloudFront gives readers elsewhere ${refusal}, by the country of their address; Set Geo Restriction… changes that.`;
}

function originOf({ pagesHost }: DistributionHave): string {
  return pagesHost === undefined ? 'the bucket, below site/' : 'the server, and the bucket when that does not answer';
}
