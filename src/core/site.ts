import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { UserError } from './op';

/** File name of the site file; it lies in the workspace folder that is the site. */
export const SITE_FILE = 'sitelift.json';

/** What the site file asks of the server. */
export interface ServerWant {
  readonly image: 'amazon-linux-2023' | 'ubuntu-24.04';
  readonly instanceType: string;
  readonly keyName?: string;
  /** Id of an existing security group to use instead of one of our own. */
  readonly securityGroup?: string;
}

/** What the site file asks of the volume. */
export interface VolumeWant {
  readonly sizeGib: number;
  /** Size of the partition that becomes the document root; all of the volume when left out. */
  readonly partitionMib?: number;
  /** Device name that the attachment carries in EC2; the disk itself is found by its serial. */
  readonly device: string;
}

/** What the site file asks of the distribution. */
export interface DistributionWant {
  readonly priceClass: 'PriceClass_100' | 'PriceClass_200' | 'PriceClass_All';
}

/** The content of `sitelift.json`, with defaults filled in. */
export interface Site {
  readonly name: string;
  /** Random 8 characters from which tags, names and client tokens derive. */
  readonly id: string;
  /** The 12-digit AWS account; any other is refused. */
  readonly account: string;
  readonly region: string;
  /** Folder of pages and images, relative to the folder of the site file. */
  readonly root: string;
  readonly server: ServerWant;
  readonly volume: VolumeWant;
  readonly distribution: DistributionWant;
}

/** A random site id: 8 lower-case letters and digits, the first a letter. */
export function newSiteId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const all = `${letters}0123456789`;
  return Array.from({ length: 8 }, (_, index) => {
    const alphabet = index === 0 ? letters : all;
    return alphabet[randomInt(alphabet.length)];
  }).join('');
}

/** The text of a new site file, two-space indented, with what users change most. */
export function siteFileText(site: Pick<Site, 'name' | 'id' | 'account' | 'region' | 'root'>): string {
  const { name, id, account, region, root } = site;
  const content = {
    name,
    id,
    account,
    region,
    root,
    server: { image: 'amazon-linux-2023', instanceType: 't3.micro' },
    volume: { sizeGib: 1 },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** Reads and checks the site file of a folder. Throws `UserError` when it is missing or not right. */
export async function readSite(folder: string): Promise<Site> {
  let text: string;
  try {
    text = await readFile(join(folder, SITE_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new UserError(`There is no ${SITE_FILE} in ${folder}. Run “Create Site…” to make one.`, {
      cause: error,
      remedy: { title: 'Create Site…', command: 'sitelift.createSite' },
    });
  }
  return parseSite(text);
}

/** Checks the text of a site file and fills in defaults. Throws `UserError` naming the property that is wrong. */
export function parseSite(text: string): Site {
  const top = new Properties(parseJson(text), '');
  const server = top.object('server');
  const volume = top.object('volume');
  const distribution = top.object('distribution');
  const partitionMib = volume.number('partitionMib', 32, 16_777_216);
  const keyName = server.string('keyName', /^[^\p{Cc}]{1,255}$/u);
  const securityGroup = server.string('securityGroup', /^sg-[0-9a-f]{8,17}$/);
  const sizeGib = volume.number('sizeGib', 1, 16_384) ?? 1;
  if (partitionMib !== undefined && partitionMib > sizeGib * 1024 - 2) {
    throw wrong('volume.partitionMib', `at most ${sizeGib * 1024 - 2}, since the volume has ${sizeGib} GiB`);
  }
  return {
    name: top.required('name', /^[^\p{Cc}]{1,60}$/u),
    id: top.required('id', /^[a-z][a-z0-9]{7}$/),
    account: top.required('account', /^\d{12}$/),
    region: top.required('region', /^[a-z]{2}(-[a-z]+)+-\d$/),
    root: top.string('root', /^[^\0]*$/) ?? '.',
    server: {
      image: server.oneOf('image', ['amazon-linux-2023', 'ubuntu-24.04'] as const),
      instanceType: server.string('instanceType', /^[a-z0-9-]+\.[a-z0-9-]+$/) ?? 't3.micro',
      ...(keyName === undefined ? {} : { keyName }),
      ...(securityGroup === undefined ? {} : { securityGroup }),
    },
    volume: {
      sizeGib,
      ...(partitionMib === undefined ? {} : { partitionMib }),
      device: volume.string('device', /^(\/dev\/(sd[b-z]|xvd[b-z])|xvd[b-z][a-z]?)$/) ?? '/dev/sdf',
    },
    distribution: {
      priceClass: distribution.oneOf('priceClass', ['PriceClass_100', 'PriceClass_200', 'PriceClass_All'] as const),
    },
  };
}

/** The absolute root folder of a site; throws `UserError` when it would lie outside of the site's folder. */
export function rootFolder(folder: string, site: Site): string {
  const root = resolve(folder, site.root);
  const inside = relative(folder, root);
  if (isAbsolute(inside) || inside === '..' || inside.startsWith(`..${process.platform === 'win32' ? '\\' : '/'}`)) {
    throw wrong('root', 'a folder inside the one that holds the file');
  }
  return root;
}

class Properties {
  readonly #values: Record<string, unknown>;
  readonly #path: string;

  constructor(values: Record<string, unknown>, path: string) {
    this.#values = values;
    this.#path = path;
  }

  object(name: string): Properties {
    const value = this.#values[name] ?? {};
    if (!isRecord(value)) throw wrong(this.#path + name, 'an object');
    return new Properties(value, `${this.#path}${name}.`);
  }

  string(name: string, pattern: RegExp): string | undefined {
    const value = this.#values[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || !pattern.test(value)) throw wrong(this.#path + name, `text matching ${pattern}`);
    return value;
  }

  required(name: string, pattern: RegExp): string {
    const value = this.string(name, pattern);
    if (value === undefined) throw wrong(this.#path + name, 'present');
    return value;
  }

  number(name: string, least: number, most: number): number | undefined {
    const value = this.#values[name];
    if (value === undefined) return undefined;
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
      throw wrong(this.#path + name, `a whole number from ${least} to ${most}`);
    }
    return value as number;
  }

  /** One of the given words, the first being the default. */
  oneOf<Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.#values[name] ?? words[0];
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw wrong(this.#path + name, `one of ${words.join(', ')}`);
    return word;
  }
}

function parseJson(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UserError(`${SITE_FILE} is not valid JSON (${(error as Error).message}). Correct it and try again.`, {
      cause: error,
    });
  }
  if (!isRecord(value)) throw new UserError(`${SITE_FILE} must hold one JSON object.`);
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(property: string, expected: string): UserError {
  return new UserError(`“${property}” in ${SITE_FILE} must be ${expected}.`);
}
