import type { Instance, Volume } from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { ADOPTED_TAG, ROLE_TAG, SITE_TAG } from '../../../src/core/names';
import { instanceProblem, volumeProblem, type Region } from '../../../src/core/resources/adopt/fitness';
import { deviceWants } from '../../../src/core/resources/adopt/wants';
import { newContext } from '../sandbox';

const context = newContext();
const mapping = (DeviceName: string, VolumeId: string) => ({ DeviceName, Ebs: { VolumeId } });
const INSTANCE: Instance = {
  ...{ InstanceId: 'i-1', InstanceType: 't3.micro', Architecture: 'x86_64', PublicIpAddress: '192.0.2.1' },
  IamInstanceProfile: { Arn: 'arn:aws:iam::1:instance-profile/path/web' },
  Placement: { AvailabilityZone: 'us-east-1a' },
  State: { Name: 'running' },
  SecurityGroups: [{ GroupId: 'sg-1' }],
  RootDeviceName: '/dev/xvda',
  BlockDeviceMappings: [mapping('/dev/xvda', 'vol-root'), mapping('/dev/sdf', 'vol-data')],
};
const VOLUME: Volume = { VolumeId: 'vol-1', AvailabilityZone: 'us-east-1a', Size: 8, State: 'available' };
const rule = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
const REGION: Region = {
  instances: [INSTANCE],
  volumes: [],
  groups: new Map([['sg-1', { IpPermissions: [rule] }]]),
  types: new Map([['t3.micro', { Hypervisor: 'nitro' }]]),
  online: new Set(['i-1']),
  ownServer: undefined,
  ownVolume: undefined,
};
const own = (role: string) => [
  { Key: SITE_TAG, Value: context.site.id },
  { Key: ROLE_TAG, Value: role },
];

describe('what can be adopted', () => {
  it('is what fits', () => {
    assert.equal(instanceProblem(context, REGION, INSTANCE), undefined);
    assert.equal(volumeProblem(context, REGION, VOLUME), undefined);
    assert.equal(instanceProblem(context, REGION, { ...INSTANCE, Architecture: 'arm64' }), undefined);
    const again = { ...INSTANCE, Tags: [...own('server'), { Key: ADOPTED_TAG, Value: 'yes' }] };
    assert.equal(instanceProblem(context, { ...REGION, ownServer: 'i-1' }, again), undefined);
  });

  const UNFIT: readonly (readonly [reason: RegExp, change: Partial<Instance>])[] = [
    [/runs Windows/, { Platform: 'Windows' }],
    [/architecture arm64_mac, neither/, { Architecture: 'arm64_mac' }],
    [/architecture i386, neither/, { Architecture: 'i386' }],
    [/Spot Instance/, { InstanceLifecycle: 'spot' }],
    [/Auto Scaling group/, { Tags: [{ Key: 'aws:autoscaling:groupName', Value: 'web' }] }],
    [/no public address/, { PublicIpAddress: undefined }],
    [/no instance profile/, { IamInstanceProfile: undefined }],
    [/agent does not answer; the role in its profile web/, { InstanceId: 'i-2' }],
    [/is this site’s already/, { Tags: own('server') }],
  ];
  it('is no server that ends by itself, cannot be managed, reached or told apart, or is the site’s', () => {
    for (const [reason, change] of UNFIT) {
      const instance = { ...INSTANCE, ...change } as Instance;
      assert.match(instanceProblem(context, REGION, instance) ?? '', reason);
    }
    const far = { ...REGION, ownVolume: { ...VOLUME, AvailabilityZone: 'us-east-1b' } };
    assert.match(instanceProblem(context, far, INSTANCE) ?? '', /this site’s volume in us-east-1b/);
    const narrow = { ...REGION, groups: new Map([['sg-1', { IpPermissions: [{ ...rule, IpRanges: [] }] }]]) };
    assert.match(instanceProblem(context, narrow, INSTANCE) ?? '', /lets everyone in on port 80/);
  });

  const UNFIT_VOLUMES: readonly (readonly [reason: RegExp, change: Partial<Volume>])[] = [
    [/several instances can have it/, { MultiAttachEnabled: true }],
    [/several instances can have it/, { Attachments: [{ InstanceId: 'i-1' }, { InstanceId: 'i-2' }] }],
    [/16385 GiB, more than 16384/, { Size: 16_385 }],
    [/AWS says of it: error/, { State: 'error' }],
    [/disk of the system of i-1/, { VolumeId: 'vol-root' }],
    [/is this site’s already/, { Tags: own('former-volume') }],
  ];
  it('is no volume that others write to, that is too large or broken, or the site’s', () => {
    for (const [reason, change] of UNFIT_VOLUMES) {
      assert.match(volumeProblem(context, REGION, { ...VOLUME, ...change }) ?? '', reason);
    }
  });

  it('gets no device name that is in use, and keeps one that is free or its own', () => {
    assert.deepEqual(deviceWants(context, INSTANCE, undefined), [{ path: ['volume', 'device'], value: '/dev/sdg' }]);
    assert.deepEqual(deviceWants(context, INSTANCE, 'vol-data'), []);
    assert.deepEqual(deviceWants(context, { BlockDeviceMappings: [mapping('/dev/sdg', 'vol-2')] }, undefined), []);
  });
});
