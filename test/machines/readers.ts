import { load } from 'cheerio';
import { randomNumbers } from '../core/html/randomNumbers';
import type { Answer, Viewer } from '../sandbox/viewer';

/** What readers read, and how it may look. */
export interface Reading {
  readonly viewer: Viewer;
  /** Where the site's pages are, without a slash at the end. */
  readonly origin: string;
  /** By URL, all that was ever published there; it grows while they read. */
  readonly published: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What readers saw. */
export interface Seen {
  /** How many pages they read with all that those need. */
  pages: number;
  /** How many files they got, by the name of the host. */
  readonly files: Map<string, number>;
  /** How much they did not get, but asked for too late to count on it. */
  late: number;
  /** Files that were replaced, by URL, which were cut off and whole when they were asked for once more. */
  readonly torn: string[];
  /** What must not be, each in a sentence. */
  readonly faults: string[];
}

/** How long a page may count on what it needs, and a visit on what its first page led to; as in `deploy.sh`. */
const GRACE_MS = 5000;
/** How long the slower half of the readers take before they ask for what a page needs. */
const SLOWEST_MS = 3000;

/**
 * Starts readers, each of which visits the site again and again: asks for the home page, for all style sheets and images that a page names, as a browser does, and
 * follows links for as long as the home page counts as fresh. What they saw is whole once they have stopped.
 */
export function startReaders(count: number, reading: Reading): { stop(): Promise<Seen> } {
  const seen: Seen = { pages: 0, files: new Map(), late: 0, torn: [], faults: [] };
  let isOver = false;
  const visit = async (isSlow: boolean, random: () => number): Promise<void> => {
    const goodUntilMs = Date.now() + GRACE_MS;
    let url: string | undefined = `${reading.origin}/index.html`;
    while (url !== undefined && !isOver && Date.now() < goodUntilMs) {
      const links: readonly string[] = await readPage(
        reading,
        url,
        goodUntilMs,
        isSlow ? random() * SLOWEST_MS : 0,
        seen,
      );
      url = random() < 0.8 ? links[Math.floor(random() * links.length)] : undefined;
    }
  };
  const readers = Array.from({ length: count }, async (_, index) => {
    const random = randomNumbers(index + 1);
    while (!isOver) await visit(index % 2 === 1, random);
  });
  return {
    async stop() {
      isOver = true;
      await Promise.all(readers);
      return seen;
    },
  };
}

/** Reads a page with all that it needs, and gives what it links to. */
async function readPage(
  reading: Reading,
  url: string,
  goodUntilMs: number,
  pauseMs: number,
  seen: Seen,
): Promise<string[]> {
  const needsUntilMs = Date.now() + GRACE_MS;
  const html = await read(reading, url, goodUntilMs, seen);
  if (html === undefined) return [];
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  const $ = load(html);
  const referred = (selector: string, attribute: string) =>
    $(selector)
      .toArray()
      .map((element) => new URL($(element).attr(attribute) ?? '', url).href);
  const sheets = referred('link[rel=stylesheet]', 'href').map(async (sheet) => {
    const css = (await read(reading, sheet, needsUntilMs, seen)) ?? '';
    const images = Array.from(css.matchAll(/url\("([^"]*)"\)/g), ([, image]) => new URL(image ?? '', sheet).href);
    await Promise.all(images.map((image) => read(reading, image, needsUntilMs, seen)));
  });
  const images = referred('img', 'src').map((image) => read(reading, image, needsUntilMs, seen));
  await Promise.all([...sheets, ...images]);
  seen.pages += 1;
  return referred('a', 'href');
}

/** Gives the text of a file that is whole and was published; a file may be gone from a moment on. */
async function read(
  { published, viewer }: Reading,
  url: string,
  goodUntilMs: number,
  seen: Seen,
): Promise<string | undefined> {
  let answer = await ask(viewer, url);
  if (isTorn(answer, published.get(url))) {
    answer = await ask(viewer, url);
    seen.torn.push(url);
  }
  if (answer instanceof Error) {
    seen.faults.push(`${url} is not answered to its end: ${String(answer)}`);
    return undefined;
  }
  const { body, headers, status } = answer;
  const length = headers['content-length'];
  if (status !== 200) {
    if (Date.now() < goodUntilMs) seen.faults.push(`${url} is answered with ${status}`);
    else seen.late += 1;
    return undefined;
  }
  const { hostname } = new URL(url);
  seen.files.set(hostname, (seen.files.get(hostname) ?? 0) + 1);
  const text = body.toString();
  if (length !== undefined && Number(length) !== body.length) seen.faults.push(`${url} has not the length it tells`);
  if (!published.get(url)?.has(text)) seen.faults.push(`${url} was never published like this: ${text.slice(-60)}`);
  return text;
}

async function ask(viewer: Viewer, url: string): Promise<Answer | Error> {
  try {
    return await viewer.ask(url);
  } catch (error) {
    return error as Error;
  }
}

/**
 * Whether an answer can be that of a file which was replaced just then: httpd finds out a file's size some microseconds before it opens it (`default_handler` in
 * its `server/core.c`), and gives as much of the new one as the former one had, or breaks off where the new one is shorter.
 */
function isTorn(answer: Answer | Error, published: ReadonlySet<string> | undefined): boolean {
  const texts = [...(published ?? [])].map((text) => Buffer.from(text));
  const sizes = new Set(texts.map(({ length }) => length));
  if (answer instanceof Error) return sizes.size > 1;
  const { body, status } = answer;
  const isPart = (text: Buffer) => text.length > body.length && text.subarray(0, body.length).equals(body);
  return status === 200 && sizes.has(body.length) && texts.some(isPart) && !texts.some((text) => text.equals(body));
}
