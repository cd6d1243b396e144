import assert from 'node:assert/strict';
import { consoleUrl, type ConsolePlace } from '../../src/core/consoleUrl';

const EC2 = 'https://eu-central-1.console.aws.amazon.com/ec2/home?region=eu-central-1';
const CASES: readonly (readonly [ConsolePlace, string])[] = [
  [{ kind: 'instance', id: 'i-0abc' }, `${EC2}#InstanceDetails:instanceId=i-0abc`],
  [{ kind: 'volume', id: 'vol-0abc' }, `${EC2}#VolumeDetails:volumeId=vol-0abc`],
  [
    { kind: 'agent', instanceId: 'i-0abc' },
    'https://eu-central-1.console.aws.amazon.com/systems-manager/fleet-manager/managed-nodes/i-0abc/general?region=eu-central-1',
  ],
  [
    { kind: 'bucket', name: 'sitelift-x' },
    'https://eu-central-1.console.aws.amazon.com/s3/buckets/sitelift-x?region=eu-central-1&prefix=site/',
  ],
  [
    { kind: 'distribution', id: 'E1' },
    'https://us-east-1.console.aws.amazon.com/cloudfront/v4/home?region=us-east-1#/distributions/E1',
  ],
];

describe('a place in the AWS console', () => {
  for (const [place, url] of CASES) {
    it(`of kind ${place.kind} has the address that the console shows for it`, () => {
      assert.equal(consoleUrl(place, 'eu-central-1'), url);
    });
  }

  it('never leaves the console, whatever an id holds', () => {
    const hostile = '../../x?a=b#c&d=/e';
    for (const place of [
      { kind: 'instance', id: hostile },
      { kind: 'volume', id: hostile },
      { kind: 'agent', instanceId: hostile },
      { kind: 'bucket', name: hostile },
      { kind: 'distribution', id: hostile },
    ] as const) {
      const url = consoleUrl(place, 'eu-central-1');
      assert.match(url, /^https:\/\/[a-z0-9-]+\.console\.aws\.amazon\.com\/[a-z]/);
      assert.ok(url.includes(encodeURIComponent(hostile)), url);
    }
  });
});
