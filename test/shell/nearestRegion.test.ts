import assert from 'node:assert/strict';
import { nearestRegion } from '../../src/shell/nearestRegion';
import { REGIONS } from '../../src/shell/regions';

describe('the region that is suggested where nothing is configured', () => {
  it('is one of those that are offered, near the time zone of the computer', () => {
    for (const [zone, region] of [
      ['Europe/Berlin', 'eu-central-1'],
      ['Europe/London', 'eu-west-2'],
      ['Europe/Oslo', 'eu-north-1'],
      ['Africa/Lagos', 'eu-west-3'],
      ['Asia/Tokyo', 'ap-northeast-1'],
      ['Asia/Kolkata', 'ap-south-1'],
      ['Asia/Singapore', 'ap-southeast-1'],
      ['Australia/Sydney', 'ap-southeast-2'],
      ['America/Sao_Paulo', 'sa-east-1'],
      ['America/Argentina/Buenos_Aires', 'sa-east-1'],
      ['America/Toronto', 'ca-central-1'],
      ['America/Los_Angeles', 'us-west-2'],
      ['America/Chicago', 'us-east-2'],
      ['America/New_York', 'us-east-1'],
      ['UTC', 'us-east-1'],
    ] as const) {
      assert.equal(nearestRegion(zone), region, zone);
      assert.ok(REGIONS.some(({ label }) => label === region));
    }
  });
});
