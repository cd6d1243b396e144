import type { Instance } from '@aws-sdk/client-ec2';
import type { Context } from '../../context';
import { parseSite, type Site } from '../../site';

/** EC2 documentation, “Device names for volumes on Amazon EC2 instances”. */
const FREE_LETTERS = 'fghijklmnop';

/** A property of the site file and the value that it gets; undefined takes it out. */
export interface Want {
  readonly path: readonly ['server' | 'volume' | 'bucket' | 'distribution', string];
  readonly value: string | number | boolean | undefined;
}

/** Those of some wants that the site file does not say yet. Throws `UserError` for one that it cannot say. */
export function newWants({ site }: Pick<Context, 'site'>, wants: readonly Want[]): readonly Want[] {
  const said = site as Readonly<Record<Want['path'][0], Readonly<Record<string, unknown>>>>;
  const changed = wants.filter(({ path: [part, property], value }) => said[part][property] !== value);
  wished(site, changed);
  return changed;
}

/** Another device name for a volume that an instance is to get, where something else of that has the name in the site file, by which AWS would refuse it. */
export function deviceWants(
  { site }: Pick<Context, 'site'>,
  { BlockDeviceMappings = [] }: Pick<Instance, 'BlockDeviceMappings'>,
  volumeId: string | undefined,
): readonly Want[] {
  const others = BlockDeviceMappings.filter(({ Ebs }) => volumeId === undefined || Ebs?.VolumeId !== volumeId);
  const used = others.map(({ DeviceName = '' }) => letterOf(DeviceName));
  if (!used.includes(letterOf(site.volume.device))) return [];
  const free = [...FREE_LETTERS].find((letter) => !used.includes(letter));
  return free === undefined ? [] : [{ path: ['volume', 'device'], value: `/dev/sd${free}` }];
}

/** `/dev/sdf`, `/dev/sdf1` and `xvdf` are one place to an instance. */
function letterOf(device: string): string {
  return /^(?:\/dev\/)?(?:sd|xvd)([a-z]+)\d*$/.exec(device)?.[1] ?? device;
}

/** The site as its file says it with some wants. */
export function wished(site: Site, wants: readonly Want[]): Site {
  const partOf = (name: Want['path'][0]) =>
    Object.fromEntries(
      wants.flatMap(({ path: [part, property], value }) => (part === name ? [[property, value]] : [])),
    );
  const said = {
    ...site,
    server: { ...site.server, ...partOf('server') },
    volume: { ...site.volume, ...partOf('volume') },
    bucket: { ...site.bucket, ...partOf('bucket') },
    distribution: { ...site.distribution, ...partOf('distribution') },
  };
  return parseSite(JSON.stringify(said));
}
