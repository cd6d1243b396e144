import type { Site } from '../site';
import { sizeText } from '../sizeText';
import { someOf } from '../someOf';
import { count } from './assets/assetSteps';
import type { Outcome } from './wanted';

const MIB = 1024 * 1024;
/** Below this the volume is said to be nearly full: the next publication needs room for what it sends beside what is there. */
const LITTLE_BYTES = 50 * MIB;

/** What is to be known after a publication, in sentences: what other hands had changed, and how little room is left. */
export function warningsOf(
  { volume: { partitionMib = Infinity } }: Pick<Site, 'volume'>,
  { deployed, imported, lost, stored }: Pick<Outcome, 'deployed' | 'imported' | 'lost' | 'stored'>,
): string[] {
  const { freeBytes, left = 0, leftPaths = [] } = deployed ?? {};
  const others = [...new Set(lost)].sort();
  const replaced = others.filter((path) => stored.has(path));
  const kept = others.filter((path) => !stored.has(path));
  const little =
    freeBytes !== undefined && freeBytes < Math.min(LITTLE_BYTES, (partitionMib * MIB) / 10) ? [freeBytes] : [];
  return [
    ...leftAlone(left, leftPaths, 'file', 'on the server'),
    ...notImported(imported),
    ...leftAlone(kept.length, kept, 'asset', 'in the bucket'),
    ...changed(replaced.length, replaced, 'asset', 'in the bucket', (was) => `${was} replaced, without keeping a copy`),
    ...little.map((bytes) => `Only ${sizeText(bytes)} are left on the volume, where the next publication needs room.`),
  ];
}

function notImported(imported: Outcome['imported']): string[] {
  const { left = 0, leftPaths = [] } = imported ?? {};
  if (left === 0) return [];
  const stays = left === 1 ? 'is not in the release of that, and stays' : 'are not in the release of that, and stay';
  return [
    `Of what the server served before, ${count(left, 'file')} ${stays} on the server: ${someOf(leftPaths, left)}.`,
  ];
}

function leftAlone(number: number, paths: readonly string[], what: string, where: string): string[] {
  return changed(number, paths, what, where, (was) => `${was} left as ${number === 1 ? 'it is' : 'they are'}`);
}

function changed(
  number: number,
  paths: readonly string[],
  what: string,
  where: string,
  fate: (was: string) => string,
): string[] {
  if (number === 0) return [];
  const named = paths.length > 0 ? `: ${someOf(paths, number)}` : '';
  return [`${count(number, what)} ${where} that others had changed ${fate(number === 1 ? 'was' : 'were')}${named}.`];
}
