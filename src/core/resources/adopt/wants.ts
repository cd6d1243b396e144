import type { Context } from '../../context';
import { parseSite, type Site } from '../../site';

/** A property of the site file and the value that it gets; undefined takes it out. */
export interface Want {
  readonly path: readonly ['server' | 'volume', string];
  readonly value: string | number | undefined;
}

/** Those of some wants that the site file does not say yet. Throws `UserError` for one that it cannot say. */
export function newWants({ site }: Pick<Context, 'site'>, wants: readonly Want[]): readonly Want[] {
  const said = site as Readonly<Record<Want['path'][0], Readonly<Record<string, unknown>>>>;
  const changed = wants.filter(({ path: [part, property], value }) => said[part][property] !== value);
  wished(site, changed);
  return changed;
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
  };
  return parseSite(JSON.stringify(said));
}
