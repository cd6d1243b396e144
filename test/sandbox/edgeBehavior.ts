import type { Behavior, DistributionConfig } from './controlPlane';

/** The behavior of a path: the first whose pattern matches, else the default one. */
export function behaviorFor(config: DistributionConfig, path: string): Behavior {
  return config.cacheBehaviors.find(({ pathPattern }) => matches(pathPattern, path)) ?? config;
}

/** Whether viewers of a country are kept out. */
export function isBlocked({ geoRestriction: { type, locations } }: DistributionConfig, country: string): boolean {
  return type !== 'none' && locations.includes(country) === (type === 'blacklist');
}

function matches(pattern: string, path: string): boolean {
  const expression = pattern
    .replace(/^\//, '')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^/${expression}$`, 's').test(path);
}
