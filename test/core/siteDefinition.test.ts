import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { isUserError } from '../../src/core/op';
import { parseSite } from '../../src/core/site';
import { SCHEMA_FILE, siteSchemaText } from '../../siteSchema';

const base = { name: 'demo', id: 'abcd1234', account: '123456789012', region: 'eu-central-1' };

describe('the site file', () => {
  it('takes every property that it knows', () => {
    const file = {
      ...base,
      $schema: 'https://example.com/sitelift.schema.json',
      root: 'public',
      server: {
        address: 'elastic',
        openTo: 'everyone',
        image: 'ubuntu-24.04',
        instanceType: 'm7i-flex.large',
        keyName: 'Anna’s key',
        securityGroup: 'sg-0123456789abcdef0',
        subnet: 'subnet-0123456789abcdef0',
        instanceProfile: 'web+server=1,2.3@x-y_z',
      },
      volume: { sizeGib: 2, partitionMib: 2046, device: 'xvdba' },
      bucket: { name: 'classic-photos' },
      distribution: {
        ...{ serves: 'site', enabled: false, priceClass: 'PriceClass_All' },
        geoRestriction: { allow: ['DE', 'AT'] },
      },
      assets: { naming: 'hashed' },
      publish: {
        allow: ['downloads/*.zip', 'wp-config.php'],
        caching: [
          { files: '/*.html', cacheControl: 'no-cache' },
          { files: 'Schöne Bilder/**/?.png', cacheControl: 'public,max-age=31536000, immutable' },
        ],
        keptReleases: 50,
      },
    };
    assert.deepEqual(parseSite(JSON.stringify(file)), file);
  });

  it('fills in what is left out', () => {
    assert.deepEqual(parseSite(JSON.stringify(base)), {
      ...base,
      root: '.',
      server: { address: 'changing', openTo: 'everyone', image: 'amazon-linux-2023', instanceType: 't3.micro' },
      volume: { sizeGib: 1, device: '/dev/sdf' },
      bucket: {},
      distribution: { serves: 'images', enabled: true },
      assets: { naming: 'plain' },
      publish: { allow: [], caching: [], keptReleases: 10 },
    });
  });

  it('takes a server that only CloudFront reaches, once its distribution serves the whole site', () => {
    const file = { ...base, server: { openTo: 'cloudfront' }, distribution: { serves: 'site' } };
    assert.equal(parseSite(JSON.stringify(file)).server.openTo, 'cloudfront');
  });

  it('takes each kind of geo restriction', () => {
    for (const geoRestriction of ['none', { allow: ['DE'] }, { block: ['FR', 'AX'] }]) {
      const file = { ...base, distribution: { geoRestriction } };
      assert.deepEqual(parseSite(JSON.stringify(file)).distribution.geoRestriction, geoRestriction);
    }
  });

  const wrong: readonly (readonly [title: string, change: Record<string, unknown>, sentence: string])[] = [
    [
      'a bucket whose name has a dot, for which S3 has no certificate',
      { bucket: { name: 'photos.example.org' } },
      '“bucket.name” in sitelift.json must be the name of a bucket: 3 to 63 lower-case letters, digits and dashes.',
    ],
    [
      'a country that does not exist',
      { distribution: { geoRestriction: { allow: ['DE', 'ZZ'] } } },
      '“distribution.geoRestriction.allow.1” in sitelift.json must be the code of a country in capital letters, such as DE (ISO 3166-1).',
    ],
    [
      'a country in small letters',
      { distribution: { geoRestriction: { block: ['de'] } } },
      '“distribution.geoRestriction.block.0” in sitelift.json must be the code of a country in capital letters, such as DE (ISO 3166-1).',
    ],
    [
      'a geo restriction to no country',
      { distribution: { geoRestriction: { allow: [] } } },
      '“distribution.geoRestriction.allow” in sitelift.json must be a list of at least one.',
    ],
    [
      'a geo restriction of both kinds',
      { distribution: { geoRestriction: { allow: ['DE'], block: ['FR'] } } },
      '“distribution.geoRestriction” in sitelift.json must be "none", or { "allow": [ … ] } or { "block": [ … ] } with codes of countries.',
    ],
    [
      'a geo restriction of another kind',
      { distribution: { geoRestriction: 'all' } },
      '“distribution.geoRestriction” in sitelift.json must be "none", or { "allow": [ … ] } or { "block": [ … ] } with codes of countries.',
    ],
    ['no account', { account: undefined }, '“account” in sitelift.json must be present.'],
    ['a short account', { account: '12345678901' }, '“account” in sitelift.json must be text of 12 digits.'],
    ['a long account', { account: '1234567890123' }, '“account” in sitelift.json must be text of 12 digits.'],
    ['an account that is a number', { account: 123456789012 }, '“account” in sitelift.json must be text of 12 digits.'],
    ...['$(id)xxx', 'abcd12345', 'xabcd1234', '1bcd1234', 'abcd123', 'abcd1234\n', 'ABCD1234'].map(
      (id) =>
        [
          `the id ${JSON.stringify(id)}`,
          { id },
          '“id” in sitelift.json must be 8 lower-case letters and digits, the first a letter.',
        ] as const,
    ),
    ...['', 'a\nb', 'x'.repeat(61), null].map(
      (name) =>
        [
          `the name ${JSON.stringify(name)}`,
          { name },
          '“name” in sitelift.json must be text of 1 to 60 characters on one line.',
        ] as const,
    ),
    ...['Frankfurt', 'eu-central', 'eu-central-12', 'us-east-1.example.com/', 'xcn-north-1', ['cn-north-1'], 7].map(
      (region) =>
        [
          `the region ${JSON.stringify(region)}`,
          { region },
          '“region” in sitelift.json must be the code of an AWS region, such as us-east-1.',
        ] as const,
    ),
    ...['cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'us-isob-east-1', 'eu-isoe-west-1', 'eusc-de-east-1'].map(
      (region) =>
        [
          `a region of another partition, ${region}`,
          { region },
          `“region” in sitelift.json must be a region of AWS’s commercial partition “aws”, the only one that Sitelift knows; “${region}” belongs to another.`,
        ] as const,
    ),
    [
      'an unknown image',
      { server: { image: 'windows' } },
      '“server.image” in sitelift.json must be one of amazon-linux-2023, ubuntu-24.04.',
    ],
    [
      'another kind of address',
      { server: { address: 'static' } },
      '“server.address” in sitelift.json must be one of changing, elastic.',
    ],
    [
      'a server that only CloudFront reaches, of which readers need the pages',
      { server: { openTo: 'cloudfront' } },
      '“server.openTo” in sitelift.json must be everyone while “distribution.serves” is images, since readers then come to the server itself.',
    ],
    [
      'a group of the user’s that would have to be narrowed',
      { server: { openTo: 'cloudfront', securityGroup: 'sg-0123456789abcdef0' }, distribution: { serves: 'site' } },
      '“server.openTo” in sitelift.json must be everyone, or left out, where “server.securityGroup” names a group of yours, which Sitelift never changes: narrow that one yourself.',
    ],
    [
      'an unknown instance type',
      { server: { instanceType: 't3' } },
      '“server.instanceType” in sitelift.json must be an instance type such as t3.micro.',
    ],
    [
      'a key pair without a name',
      { server: { keyName: '' } },
      '“server.keyName” in sitelift.json must be the name of a key pair, of 1 to 255 characters.',
    ],
    ...['subnet-0123', 'vpc-0123456789abcdef0', 'subnet-0123456789abcdef01', 'subnet-0123456789ABCDEF0'].map(
      (subnet) =>
        [
          `the subnet ${subnet}`,
          { server: { subnet } },
          '“server.subnet” in sitelift.json must be the id of a subnet, such as subnet-0123456789abcdef0.',
        ] as const,
    ),
    [
      'the name of a security group',
      { server: { securityGroup: 'web' } },
      '“server.securityGroup” in sitelift.json must be the id of a security group, such as sg-0123456789abcdef0.',
    ],
    [
      'the ARN of an instance profile',
      { server: { instanceProfile: 'arn:aws:iam::123456789012:instance-profile/web' } },
      '“server.instanceProfile” in sitelift.json must be the name of an instance profile (not its ARN): letters, digits and _+=,.@-.',
    ],
    ...[0.5, 0, 16_385, '1'].map(
      (sizeGib) =>
        [
          `a volume of ${JSON.stringify(sizeGib)} GiB`,
          { volume: { sizeGib } },
          '“volume.sizeGib” in sitelift.json must be a whole number from 1 to 16384.',
        ] as const,
    ),
    ...[0, 51].map(
      (keptReleases) =>
        [
          `${keptReleases} kept releases`,
          { publish: { keptReleases } },
          '“publish.keptReleases” in sitelift.json must be a whole number from 1 to 50.',
        ] as const,
    ),
    ...[31, 16_777_217].map(
      (partitionMib) =>
        [
          `a partition of ${partitionMib} MiB`,
          { volume: { sizeGib: 16_384, partitionMib } },
          '“volume.partitionMib” in sitelift.json must be a whole number from 32 to 16777216.',
        ] as const,
    ),
    [
      'a partition larger than its volume',
      { volume: { sizeGib: 1, partitionMib: 1023 } },
      '“volume.partitionMib” in sitelift.json must be at most 1022, since the volume has 1 GiB.',
    ],
    ...['/dev/sda', '/dev/sda1', '/dev/xvda', '/dev/sdf1', '/dev/nvme1n1', 'sdf', 'x/dev/sdf'].map(
      (device) =>
        [
          `the device ${device}`,
          { volume: { device } },
          '“volume.device” in sitelift.json must be a device name from /dev/sdb to /dev/sdz (or xvdb …); /dev/sda is the server’s own disk.',
        ] as const,
    ),
    ...[[], 't3.micro', null].map(
      (server) =>
        [
          `${JSON.stringify(server)} for the server`,
          { server },
          '“server” in sitelift.json must be an object.',
        ] as const,
    ),
    ['a number for its schema', { $schema: 7 }, '“$schema” in sitelift.json must be text.'],
    ...['a\0b', 7].map(
      (root) =>
        [`the root ${JSON.stringify(root)}`, { root }, '“root” in sitelift.json must be a folder’s path.'] as const,
    ),
    [
      'several properties that are wrong',
      { root: 7, volume: { sizeGib: 0.5 }, publish: 7 },
      '“root” in sitelift.json must be a folder’s path.',
    ],
    [
      'another way to name assets',
      { assets: { naming: 'random' } },
      '“assets.naming” in sitelift.json must be one of plain, hashed.',
    ],
    [
      'one path instead of a list',
      { publish: { allow: 'a.zip' } },
      '“publish.allow” in sitelift.json must be a list of paths or patterns.',
    ],
    [
      'a pattern of many wildcards',
      { publish: { allow: ['**/*a*', 'a/**/b/***/*c', '*a*b*c*'] } },
      '“publish.allow.2” in sitelift.json must be a path or a pattern below the root folder with at most three wildcards (* or **), such as downloads/*.zip.',
    ],
    [
      'an empty path in a list',
      { publish: { allow: ['a.zip', ''] } },
      '“publish.allow.1” in sitelift.json must be a path or a pattern below the root folder with at most three wildcards (* or **), such as downloads/*.zip.',
    ],
    ...['', '/', '!a', '#a', 'a[bc]', 'a\\*', 'a\nb', 'a ', '*a*b*c*', 'x'.repeat(201)].map(
      (files) =>
        [
          `caching of ${JSON.stringify(files).slice(0, 20)}`,
          { publish: { caching: [{ files, cacheControl: 'no-cache' }] } },
          '“publish.caching.0.files” in sitelift.json must be a path or a pattern below the root folder with *, ** or ? (three wildcards * at most), such as fonts/*.woff2.',
        ] as const,
    ),
    ...[
      '',
      'maxage=3',
      'max-age=-1',
      'public max-age=3',
      'no-cache\n',
      'no-cache="x"',
      '%{x}',
      'expr=1',
      'public,',
    ].map(
      (cacheControl) =>
        [
          `the caching ${JSON.stringify(cacheControl)}`,
          { publish: { caching: [{ files: '*', cacheControl }] } },
          '“publish.caching.0.cacheControl” in sitelift.json must be the value of a Cache-Control header, such as “public, max-age=86400”.',
        ] as const,
    ),
    [
      'too many rules of caching',
      { publish: { caching: Array.from({ length: 31 }, () => ({ files: '*', cacheControl: 'no-cache' })) } },
      '“publish.caching” in sitelift.json must be a list of at most 30.',
    ],
    [
      'a misspelt property',
      { volume: { sizeGb: 8 } },
      '“volume.sizeGb” in sitelift.json must be left out: what Sitelift knows there is sizeGib, partitionMib, device.',
    ],
  ];
  for (const [title, change, sentence] of wrong) {
    it(`is refused with ${title}, naming the property and what is expected`, () => {
      assert.throws(
        () => parseSite(JSON.stringify({ ...base, ...change })),
        (error) => {
          assert.ok(isUserError(error));
          assert.equal(error.message, sentence);
          return true;
        },
      );
    });
  }

  it('has the JSON schema that its checks come from', async () => {
    assert.equal(await readFile(SCHEMA_FILE, 'utf8'), siteSchemaText(), 'npm run schema writes it anew.');
  });
});
