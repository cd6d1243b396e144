import type { Rate } from './charge';

/** How the price list knows what a rate is for. */
export interface Product {
  readonly serviceCode: string;
  /** The attributes by which it is searched for. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Its usage type behind the region’s prefix, which the search cannot leave out. */
  readonly usageType: string;
  readonly unit: 'Hrs' | 'GB-Mo';
}

/** Types whose price is that of their size alone. */
const PLAIN_DISKS: readonly string[] = ['gp2', 'gp3', 'st1', 'sc1'];

/** The product of a rate; undefined for what has more prices than one, or is of no known type. Names are those of the price list (AWS Billing documentation, “AWS Price List”). */
export function productOf(rate: Rate): Product | undefined {
  const [kind, type = ''] = split(rate);
  switch (kind) {
    case 'instance':
      return {
        serviceCode: 'AmazonEC2',
        attributes: {
          ...{ instanceType: type, operatingSystem: 'Linux', preInstalledSw: 'NA', operation: 'RunInstances' },
          ...{ tenancy: 'Shared', capacitystatus: 'Used' },
        },
        ...{ usageType: `BoxUsage:${type}`, unit: 'Hrs' },
      };
    case 'disk':
      if (!PLAIN_DISKS.includes(type)) return undefined;
      return {
        serviceCode: 'AmazonEC2',
        attributes: { productFamily: 'Storage', volumeApiName: type },
        ...{ usageType: `EBS:VolumeUsage.${type}`, unit: 'GB-Mo' },
      };
    case 'snapshot':
      return {
        serviceCode: 'AmazonEC2',
        attributes: { productFamily: 'Storage Snapshot' },
        ...{ usageType: 'EBS:SnapshotUsage', unit: 'GB-Mo' },
      };
    case 'address':
    case 'idleAddress':
      return {
        serviceCode: 'AmazonVPC',
        attributes: { group: 'VPCPublicIPv4Address' },
        ...{ usageType: `PublicIPv4:${kind === 'address' ? 'InUseAddress' : 'IdleAddress'}`, unit: 'Hrs' },
      };
    case 'objects':
      return {
        serviceCode: 'AmazonS3',
        attributes: { productFamily: 'Storage', volumeType: 'Standard' },
        ...{ usageType: 'TimedStorage-ByteHrs', unit: 'GB-Mo' },
      };
  }
}

/** AWS’s page that tells the price of a rate. */
export function pricingPage(rate: Rate): string {
  const [kind] = split(rate);
  const pages = {
    ...{ instance: 'ec2/pricing/on-demand', disk: 'ebs/pricing', snapshot: 'ebs/pricing' },
    ...{ address: 'vpc/pricing', idleAddress: 'vpc/pricing', objects: 's3/pricing' },
  };
  return `https://aws.amazon.com/${pages[kind]}/`;
}

type Kind = Rate extends infer One ? (One extends `${infer Name} ${string}` ? Name : One) : never;

function split(rate: Rate): readonly [Kind, string?] {
  const end = rate.indexOf(' ');
  return end === -1 ? [rate as Kind] : [rate.slice(0, end) as Kind, rate.slice(end + 1)];
}
