import { bucketName } from '../../src/core/names';
import { parseSite, siteFileText } from '../../src/core/site';

/** The text of the site file of the one site that is published; its id is fixed, as is all that is named after it. */
export const SITE_TEXT = siteFileText({
  name: 'Bench',
  id: 'benchpub',
  account: '123456789012',
  region: 'us-east-1',
  root: '.',
});

/** That site. */
export const SITE = parseSite(SITE_TEXT);

/** Its bucket. */
export const BUCKET = bucketName(SITE);

/** The domain of its distribution. */
export const DOMAIN = 'dbench00000001.cloudfront.net';
