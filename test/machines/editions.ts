import { randomNumbers } from '../core/html/randomNumbers';

/** A site's files at one moment, as they are in the folder and as readers get them. */
export interface Edition {
  /** By path. */
  readonly files: ReadonlyMap<string, string>;
  /** By path; what is not in here must not be asked for. */
  readonly served: ReadonlyMap<string, string>;
}

/** Names that things have now; another version is another name. */
interface Things {
  readonly pages: Map<string, number>;
  readonly styles: Map<string, number>;
  readonly images: Map<string, number>;
}

const PAGES = ['about', 'news/today', 'news/old', 'work/a', 'work/b', 'work/deep/c'];
const STYLES = ['css/base', 'css/print', 'work/own'];
const IMAGES = ['images/logo', 'images/a', 'images/b', 'work/c', 'images/d'];

/**
 * Editions of one site, of which each renames, adds and deletes some of the pages, style sheets and images of the one before it, and changes all that refers to those. Each
 * file tells the edition that it was changed in at its start and at its end. The home page stays; what its links lead to is all that there is.
 */
export function* editions(domain: string, seed: number): Generator<Edition, never> {
  const random = randomNumbers(seed);
  const things: Things = { pages: new Map(), styles: new Map(), images: new Map() };
  for (const [kind, names] of Object.entries({ pages: PAGES, styles: STYLES, images: IMAGES })) {
    for (const name of names) things[kind as keyof Things].set(name, 0);
  }
  const changed = new Map<string, number>();
  for (let number = 1; ; number += 1) {
    if (number > 1) change(things, changed, number, random);
    yield edition(things, changed, number, domain);
  }
}

/** Every other time images alone get other names, or go: then nothing is removed from the server. */
function change(
  { pages, styles, images }: Things,
  changed: Map<string, number>,
  number: number,
  random: () => number,
): void {
  const isOfImages = number % 2 === 1;
  for (const [now, names] of [
    [images, IMAGES],
    [styles, isOfImages ? [] : STYLES],
    [pages, isOfImages ? [] : PAGES],
  ] as const) {
    for (const name of names) {
      const dice = random();
      if (!now.has(name) || dice < 0.5) now.set(name, number);
      else if (dice < 0.65 && now.size > 2) now.delete(name);
      else if (dice < 0.8) changed.set(name, number);
    }
  }
}

function edition(
  { pages, styles, images }: Things,
  changed: Map<string, number>,
  number: number,
  domain: string,
): Edition {
  const files = new Map<string, string>();
  const served = new Map<string, string>();
  const pathOf = (name: string, version: number, ending: string) => `${name}-${version}.${ending}`;
  const imagePaths = Array.from(images, ([name, version]) => pathOf(name, version, 'svg'));
  const stylePaths = Array.from(styles, ([name, version]) => pathOf(name, version, 'css'));
  const pagePaths = ['index.html', ...Array.from(pages, ([name, version]) => pathOf(name, version, 'html'))];
  const put = (path: string, write: (imageUrl: (image: string) => string) => string) => {
    files.set(
      path,
      write((image) => relative(path, image)),
    );
    served.set(
      path,
      write((image) => `https://${domain}/${image}`),
    );
  };
  const told = (name: string) => `edition ${changed.get(name) ?? 0}`;
  for (const [name, version] of images) {
    put(pathOf(name, version, 'svg'), () => svg(told(name)));
  }
  for (const [name, version] of styles) {
    const path = pathOf(name, version, 'css');
    const rules = (url: (image: string) => string) =>
      imagePaths.map((image, index) => `.i${index} { background: url("${url(image)}") }\n`).join('');
    put(path, (url) => `/* ${told(name)} */\n${rules(url)}/* end of ${told(name)} */\n`);
  }
  for (const path of pagePaths) {
    const links = pagePaths.map((page) => `<a href="${relative(path, page)}">${page}</a>\n`).join('');
    const sheets = stylePaths.map((style) => `<link rel="stylesheet" href="${relative(path, style)}">\n`).join('');
    const shown = (url: (image: string) => string) => imagePaths.map((image) => `<img src="${url(image)}">\n`).join('');
    put(
      path,
      (url) =>
        `<!doctype html><title>edition ${number}</title>\n${sheets}${links}${shown(url)}<!-- end of edition ${number} -->\n`,
    );
  }
  return { files, served };
}

/** An image that takes more than one packet. */
function svg(told: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg"><!-- ${told} -->${'<g/>'.repeat(2000)}<!-- end of ${told} --></svg>\n`;
}

/** The reference from one path to another. */
function relative(from: string, to: string): string {
  return '../'.repeat(from.split('/').length - 1) + to;
}
