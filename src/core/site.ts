import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import nativePath, { join, type PlatformPath } from 'node:path';
import * as v from 'valibot';
import { UserError } from './op';
import { pathBelow } from './pathBelow';
import { SITE_DEFINITION } from './siteDefinition';

/** File name of the site file; it lies in the workspace folder that is the site. */
export const SITE_FILE = 'sitelift.json';

/** The content of `sitelift.json`, with defaults filled in. */
export type Site = Omit<v.InferOutput<typeof SITE_DEFINITION>, '$schema'>;

/** A random site id: 8 lower-case letters and digits, the first a letter. */
export function newSiteId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const all = `${letters}0123456789`;
  return Array.from({ length: 8 }, (_, index) => {
    const alphabet = index === 0 ? letters : all;
    return alphabet[randomInt(alphabet.length)];
  }).join('');
}

/** What a new site wants beyond what is usual. */
export interface Wants {
  readonly server?: Partial<Site['server']>;
  readonly volume?: Partial<Site['volume']>;
  readonly publish?: Partial<Site['publish']>;
}

/**
 * The text of a new site file, two-space indented, with what users change most and what else is wanted. The server that a whole site is read from gets an address that stays: AWS gives
 * a changing one to others, and the edges would go on asking it.
 */
export function siteFileText(
  site: Pick<Site, 'name' | 'id' | 'account' | 'region' | 'root'> &
    Partial<Pick<Site['distribution'], 'serves'>> &
    Wants,
): string {
  const { name, id, account, region, root, server, volume, publish, serves = 'images' } = site;
  const content = {
    name,
    id,
    account,
    region,
    root,
    server: {
      ...{ image: 'amazon-linux-2023', instanceType: 't3.micro' },
      ...(serves === 'site' ? { address: 'elastic' } : {}),
      ...server,
    },
    volume: { sizeGib: 1, ...volume },
    distribution: { serves },
    ...(publish ? { publish } : {}),
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
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${SITE_FILE} must hold one JSON object.`);
  }
  const { success, output, issues } = v.safeParse(SITE_DEFINITION, value);
  if (!success) throw wrong(v.getDotPath(issues[0]) ?? '', issues[0].message);
  return output;
}

/** The absolute root folder of a site; throws `UserError` when it would lie outside of the site’s folder. */
export function rootFolder(folder: string, site: Pick<Site, 'root'>, path: PlatformPath = nativePath): string {
  const root = path.resolve(folder, site.root);
  if (pathBelow(folder, root, path) === undefined) throw wrong('root', 'a folder inside the one that holds the file');
  return root;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UserError(`${SITE_FILE} is not valid JSON (${(error as Error).message}). Correct it and try again.`, {
      cause: error,
    });
  }
}

function wrong(property: string, expected: string): UserError {
  return new UserError(`“${property}” in ${SITE_FILE} must be ${expected}.`);
}
