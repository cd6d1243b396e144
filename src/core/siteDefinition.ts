import * as v from 'valibot';
import { COUNTRY_CODES } from './countries';
import { alternative, flag, object, oneOf, someWords, text, wholeNumber } from './definitionShapes';
import { PUBLISH } from './publishDefinition';

/** Regions of China, of the United States’ government and of isolated or sovereign clouds (AWS documentation, “Partitions”). */
const OTHER_PARTITION = /^(cn|us-gov|eusc|[a-z]{2}-iso[a-z]*)-/;

function region(issue: { readonly input: unknown }): string {
  const found = issue.input;
  return typeof found === 'string' && OTHER_PARTITION.test(found)
    ? `a region of AWS’s commercial partition “aws”, the only one that Sitelift knows; “${found}” belongs to another`
    : 'the code of an AWS region, such as us-east-1';
}

const server = v.pipe(
  object(
    {
      address: v.exactOptional(
        oneOf(
          ['changing', 'elastic'],
          'Public address of the server: one that changes whenever it is stopped and started, or an Elastic IP address, which stays until it is given up. Either costs the same while the server runs; an Elastic IP address also while it is stopped.',
        ),
        'changing',
      ),
      openTo: v.exactOptional(
        oneOf(
          ['everyone', 'cloudfront'],
          'Who reaches port 80 of the server: everyone, or only CloudFront’s own addresses, where the distribution serves the whole site. Those are of all distributions, not only of this site’s.',
        ),
        'everyone',
      ),
      image: v.exactOptional(
        oneOf(
          ['amazon-linux-2023', 'ubuntu-24.04'],
          'Operating system; the newest image of it is taken when the server is launched.',
        ),
        'amazon-linux-2023',
      ),
      instanceType: v.exactOptional(
        text(
          /^[a-z0-9-]+\.[a-z0-9-]+$/,
          'an instance type such as t3.micro',
          'EC2 instance type of the Nitro system, x86_64 or arm64; the image follows its architecture. Another one than the server has is given to it while it is stopped for that.',
        ),
        't3.micro',
      ),
      keyName: v.exactOptional(
        text(
          /^[^\p{Cc}]{1,255}$/u,
          'the name of a key pair, of 1 to 255 characters',
          'Existing EC2 key pair to put on the server. Sitelift itself needs none.',
        ),
      ),
      securityGroup: v.exactOptional(
        text(
          /^sg-[0-9a-f]{8,17}$/,
          'the id of a security group, such as sg-0123456789abcdef0',
          'Existing security group to use instead of one that lets port 80 in and nothing else.',
        ),
      ),
      subnet: v.exactOptional(
        text(
          /^subnet-[0-9a-f]{8,17}$/,
          'the id of a subnet, such as subnet-0123456789abcdef0',
          'Existing subnet for the server, where the account has no default VPC or another one is wanted. The volume is made in its zone.',
        ),
      ),
      instanceProfile: v.exactOptional(
        text(
          /^[\w+=,.@-]{1,128}$/,
          'the name of an instance profile (not its ARN): letters, digits and _+=,.@-',
          'Existing instance profile to use instead of a role of our own, for accounts in which you may not make roles. Its role must let the SSM agent work.',
        ),
      ),
    },
    'The EC2 instance that serves the pages.',
  ),
  v.forward(
    v.check(
      ({ openTo, securityGroup }) => openTo === 'everyone' || securityGroup === undefined,
      'everyone, or left out, where “server.securityGroup” names a group of yours, which Sitelift never changes: narrow that one yourself',
    ),
    ['openTo'],
  ),
);

const volume = v.pipe(
  object(
    {
      sizeGib: v.exactOptional(
        wholeNumber(
          1,
          16_384,
          'Size of the volume in GiB. A larger one makes it grow, with its partition and file system while they are in use; a smaller one is refused.',
        ),
        1,
      ),
      partitionMib: v.exactOptional(
        wholeNumber(
          32,
          16_777_216,
          'Size of the partition in MiB, which never shrinks; all of the volume when left out.',
        ),
      ),
      device: v.exactOptional(
        text(
          /^(\/dev\/(sd[b-z]|xvd[b-z])|xvd[b-z][a-z]?)$/,
          'a device name from /dev/sdb to /dev/sdz (or xvdb …); /dev/sda is the server’s own disk',
          'Device name of the attachment in EC2.',
        ),
        '/dev/sdf',
      ),
    },
    'The EBS volume whose partition is the document root.',
  ),
  v.forward(
    v.check(
      ({ sizeGib, partitionMib }) => partitionMib === undefined || partitionMib <= largestPartitionMib(sizeGib),
      ({ input: { sizeGib } }) => `at most ${largestPartitionMib(sizeGib)}, since the volume has ${sizeGib} GiB`,
    ),
    ['partitionMib'],
  ),
);

const COUNTRY = 'the code of a country in capital letters, such as DE (ISO 3166-1)';

const geoRestriction = v.pipe(
  v.union(
    [
      v.literal('none'),
      alternative(
        { allow: someWords(COUNTRY_CODES, COUNTRY, 'Readers of these countries alone are let in.') },
        'Only some countries.',
      ),
      alternative(
        { block: someWords(COUNTRY_CODES, COUNTRY, 'Readers of these countries are refused.') },
        'All but some countries.',
      ),
    ],
    '"none", or { "allow": [ … ] } or { "block": [ … ] } with codes of countries',
  ),
  v.description(
    'From which countries readers are let in; “Set Geo Restriction…” asks for them by name. Left out, the restriction is not managed: one that was set in the CloudFront console stays. "none" takes any away.',
  ),
);

const distribution = object(
  {
    serves: v.exactOptional(
      oneOf(
        ['images', 'site'],
        'What readers get from the distribution: images, while the server sends the pages, or the whole site, with HTTPS and also without its server.',
      ),
      'images',
    ),
    enabled: v.exactOptional(
      flag(
        'Whether the distribution answers readers. “Disable Distribution…” and “Enable Distribution…” change it; disabled, it keeps its name and its settings.',
      ),
      true,
    ),
    geoRestriction: v.exactOptional(geoRestriction),
    priceClass: v.exactOptional(
      oneOf(
        ['PriceClass_100', 'PriceClass_200', 'PriceClass_All'],
        'Which edges are used: those of North America and Europe, also those of most of Asia, or all. Left out, a new distribution gets PriceClass_100, and one that there is keeps what it has.',
      ),
    ),
  },
  'The CloudFront distribution in front of the bucket.',
);

const bucket = object(
  {
    name: v.exactOptional(
      text(
        /^(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?<!-s3alias|--ol-s3|--x-s3|--table-s3)$/,
        'the name of a bucket: 3 to 63 lower-case letters, digits and dashes',
        'Existing bucket in the site’s region to use instead of one of its own; “Adopt Resource…” fills it in. Sitelift makes none of this name, and deletes none.',
      ),
    ),
  },
  'The S3 bucket of images and other static media.',
);

const assets = object(
  {
    naming: v.exactOptional(
      oneOf(
        ['plain', 'hashed'],
        'The names by which published pages load images: their own, which the CDN is told to forget when they change, or names that hold the hash of the content and are kept by browsers for a year. The own names work either way.',
      ),
      'plain',
    ),
  },
  'Images and other static media.',
);

/** The one definition of `sitelift.json`: its checks, its types and the JSON schema that editors use all come from here. */
export const SITE_DEFINITION = v.pipe(
  object(
    {
      $schema: v.exactOptional(v.string('text')),
      name: text(
        /^[^\p{Cc}]{1,60}$/u,
        'text of 1 to 60 characters on one line',
        'Name of the site, as it is shown in AWS.',
      ),
      id: text(
        /^[a-z][a-z0-9]{7}$/,
        '8 lower-case letters and digits, the first a letter',
        'Random id from which the names and tags of all resources derive. A site with another id is another site.',
      ),
      account: text(/^\d{12}$/, 'text of 12 digits', 'AWS account of the site; credentials of any other are refused.'),
      region: text(
        /^(?!cn-|us-gov-|[a-z]{2}-iso)[a-z]{2}(-[a-z]+)+-\d$/,
        region,
        'Region of server, volume and bucket.',
      ),
      root: v.exactOptional(
        text(/^[^\0]*$/, 'a folder’s path', 'Folder of pages and images, inside the one that holds this file.'),
        '.',
      ),
      server: v.exactOptional(server, {}),
      volume: v.exactOptional(volume, {}),
      bucket: v.exactOptional(bucket, {}),
      distribution: v.exactOptional(distribution, {}),
      assets: v.exactOptional(assets, {}),
      publish: v.exactOptional(PUBLISH, {}),
    },
    'A site that Sitelift provisions and publishes.',
  ),
  v.forward(
    v.check(
      ({ server: { openTo }, distribution: { serves } }) => openTo === 'everyone' || serves === 'site',
      'everyone while “distribution.serves” is images, since readers then come to the server itself',
    ),
    ['server', 'openTo'],
  ),
  v.title('Sitelift site'),
);

/** A partition starts and ends 1 MiB inside of its volume. */
function largestPartitionMib(sizeGib: number): number {
  return sizeGib * 1024 - 2;
}
