import { bytesOf, sizeText } from '../sizeText';

/** Hours of a month, as AWS’s own calculator counts them (AWS Pricing Calculator user guide). */
export const HOURS_A_MONTH = 730;
/** Root disk of a server: as large as that of either image, Amazon Linux 2023 and Ubuntu 24.04, since a launch asks for no other size. */
export const ROOT_DISK_GIB = 8;

const GIB = 2 ** 30;

/** What AWS has a price for: hours of an instance type, GiB of a volume type, or what has one price in a region. */
export type Rate = `instance ${string}` | `disk ${string}` | 'snapshot' | 'address' | 'idleAddress' | 'objects';

/** What is charged for a month of something that exists. */
export interface Charge {
  readonly rate: Rate;
  /** Hours or GiB a month; negative for what a step ends. */
  readonly quantity: number;
  /** What it is, in words. */
  readonly what: string;
}

/** A server of a type that runs all the month. */
export function instanceCharge(instanceType: string): Charge {
  return { rate: `instance ${instanceType}`, quantity: HOURS_A_MONTH, what: `server ${instanceType}, running` };
}

/** The disk that a server boots from. */
export function rootDiskCharge(): Charge {
  return diskCharge('gp3', ROOT_DISK_GIB, 'root disk of the server');
}

/** A volume; one whose type was not read has no price that is known. */
export function diskCharge(volumeType: string | undefined, sizeGib: number, what: string): Charge {
  const type = volumeType ?? 'of unknown type';
  return { rate: `disk ${type}`, quantity: sizeGib, what: `${what}, ${sizeGib} GiB ${type}` };
}

/** A snapshot of a volume, at most: AWS charges for the blocks that it holds. */
export function snapshotCharge(sizeGib: number, what: string): Charge {
  return { rate: 'snapshot', quantity: sizeGib, what: `${what}, ${sizeGib} GiB at most` };
}

/** A public IPv4 address of what runs, whether it changes or stays. */
export function addressCharge(): Charge {
  return { rate: 'address', quantity: HOURS_A_MONTH, what: 'public IPv4 address' };
}

/** An Elastic IP address that nothing running uses. */
export function idleAddressCharge(ip?: string): Charge {
  const which = ip === undefined ? '' : ` ${ip}`;
  return { rate: 'idleAddress', quantity: HOURS_A_MONTH, what: `Elastic IP address${which}, not in use` };
}

/** What a bucket holds. */
export function objectsCharge(sizeBytes: number): Charge {
  return { rate: 'objects', quantity: sizeBytes / GIB, what: `bucket, ${sizeText(sizeBytes)} below site/` };
}

/** What is charged for the objects of a bucket: nothing where there are none. */
export function bucketCharges(objects: Iterable<{ readonly sizeBytes: number }>): readonly Charge[] {
  const sizeBytes = bytesOf(objects);
  return sizeBytes > 0 ? [objectsCharge(sizeBytes)] : [];
}

/** A charge that ends. */
export function ended(charge: Charge): Charge {
  return { ...charge, quantity: -charge.quantity };
}

/** The rates of charges, each once. */
export function ratesOf(charges: readonly Charge[]): readonly Rate[] {
  return [...new Set(charges.map(({ rate }) => rate))];
}
