import { UserError } from '../../op';
import { plainText } from '../../plainText';
import { literalSource } from '../pathPattern';

/** Name of the file in the root that tells of redirects, in the syntax that Netlify and Cloudflare Pages share. */
export const REDIRECTS_FILE = '_redirects';

/** A rule of that file. */
export interface Redirect {
  /**
   * What requests it is for, as a regular expression for decoded paths without their first slash, as the bytes of their UTF-8; its groups hold what the
   * placeholders stand for.
   */
  readonly from: string;
  /** The same as the decoded parts between the slashes, with the number of its group for one that may be any. */
  readonly parts: readonly (string | number)[];
  /** It is for all below that path as well. */
  readonly isOpen: boolean;
  /** Where it leads: percent-encoded text, and the numbers of groups; empty for an error page of the server's own. */
  readonly to: readonly (string | number)[];
  readonly status: number;
  /** It counts also where there is a file. */
  readonly isForced: boolean;
}

/** Statuses that send the browser elsewhere. */
export const MOVED: readonly number[] = [301, 302, 303, 307, 308];
const REWRITE = 200;
const ERRORS: readonly number[] = [404, 410];
/** Apache's rules know so many groups. */
const MOST_PLACEHOLDERS = 9;
const MOST_RULES = 500;
const MOST_CHARACTERS = 2000;
const SPLAT = 'splat';

/** Reads the rules of a redirects file. Throws `UserError` naming the line that is wrong, or asks for what there is not. */
export function parseRedirects(text: string): Redirect[] {
  const redirects = rulesIn(text);
  if (redirects.length <= MOST_RULES) return redirects;
  throw new UserError(
    `${REDIRECTS_FILE} has ${redirects.length} rules, and ${MOST_RULES} is the limit. Nothing was published. Let one rule with a placeholder or a * stand for many.`,
  );
}

function rulesIn(text: string): Redirect[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n|\r/)
    .flatMap((line, index) => {
      const words = line.trim().split(/\s+/);
      const comment = words.findIndex((word) => word.startsWith('#'));
      const [from, ...rest] = comment < 0 ? words : words.slice(0, comment);
      if (!from) return [];
      const refuse: Refuse = (why) => {
        throw new UserError(
          `Line ${index + 1} of ${REDIRECTS_FILE} cannot be used: ${why}. Nothing was published. Correct that line, or take it out.`,
        );
      };
      if (line.length > MOST_CHARACTERS) return refuse(`it is longer than ${MOST_CHARACTERS} characters`);
      if (/[\p{Cc}\p{Surrogate}\uFFFD]/u.test(line.replaceAll('\t', ' '))) {
        return refuse('it holds characters that cannot be seen, or is not in UTF-8');
      }
      return parseRule(from, rest, refuse);
    });
}

type Refuse = (why: string) => never;

function parseRule(from: string, rest: readonly string[], refuse: Refuse): Redirect {
  const { names, whole, ...requests } = parseFrom(from, refuse);
  const [to, statusWord, more] = isTarget(rest[0]) ? rest : ['', ...rest];
  const stranger = [to === '' ? rest[0] : undefined, statusWord, more].find(
    (word) => word !== undefined && !isStatus(word),
  );
  if (stranger?.includes('=')) {
    refuse(
      `conditions such as ${quoted(stranger)} (query parameters, country, language, cookie or role) are not known`,
    );
  }
  if (stranger !== undefined || more !== undefined) refuse(`${quoted(stranger ?? more ?? '')} is no status`);
  const status = Number.parseInt(statusWord ?? '301', 10);
  const isForced = statusWord?.endsWith('!') ?? false;
  if (![REWRITE, ...MOVED, ...ERRORS].includes(status)) {
    refuse(`the status ${status} is none of ${[REWRITE, ...MOVED, ...ERRORS].join(', ')}`);
  }
  if (to === '') {
    if (ERRORS.includes(status)) return { ...requests, to: [], status, isForced };
    return refuse('it does not say where to, as a path that starts with / or as an address that starts with https://');
  }
  const { host, rest: path } = splitTarget(to ?? '', refuse);
  if (host !== '' && !MOVED.includes(status)) {
    refuse(`only a page of the site itself can be shown with the status ${status}, not one of ${quoted(host)}`);
  }
  // What is shown is a file, which takes no query.
  const pieces = parsePieces(MOVED.includes(status) ? path : path.replace(/[?#].*$/, ''), names, refuse);
  if (ERRORS.includes(status) && pieces.some((piece) => typeof piece === 'number')) {
    refuse(`a page for the status ${status} takes no placeholders`);
  }
  if (host === '' && isSame(to ?? '', whole)) refuse('it leads to itself');
  return { ...requests, to: joined([host, ...pieces]), status, isForced };
}

function isTarget(word: string | undefined): boolean {
  return word !== undefined && /^(\/|https?:\/\/)/i.test(word);
}

function isStatus(word: string): boolean {
  return /^\d{3}!?$/.test(word);
}

function isSame(to: string, from: string): boolean {
  return to.replace(/\/?([?#].*)?$/, '') === from.replace(/\/$/, '');
}

interface Requests extends Pick<Redirect, 'from' | 'isOpen' | 'parts'> {
  /** The names of placeholders, in order. */
  readonly names: readonly string[];
  /** The path as its target would have to be to lead back to it. */
  readonly whole: string;
}

/** What requests a path with placeholders is for. */
function parseFrom(from: string, refuse: Refuse): Requests {
  if (/^https?:/i.test(from)) refuse('rules for whole hosts are not known; start with the path');
  if (!from.startsWith('/')) refuse(`${quoted(from)} is no path, which starts with /`);
  if (/[?#]/.test(from)) refuse(`query parameters as in ${quoted(from)} are not known`);
  const parts = from.slice(1).replace(/\/$/, '').split('/');
  const names: string[] = [];
  const take = (name: string): void => {
    if (names.includes(name)) refuse(`the placeholder :${name} stands there twice`);
    names.push(name);
  };
  const decodedParts: (string | number)[] = [];
  let source = '';
  for (const [index, part] of parts.entries()) {
    const slash = index === 0 ? '' : '/';
    if (part === '*') {
      if (index !== parts.length - 1) refuse('a * may only be the last part of a path');
      take(SPLAT);
      source += index === 0 ? '(.*)' : '(?:/(.*))?';
    } else if (/^:[A-Za-z]\w*$/.test(part)) {
      take(part.slice(1));
      decodedParts.push(names.length);
      source += `${slash}([^/]+)`;
    } else {
      const text = parts.length === 1 && part === '' ? '' : decoded(part, refuse);
      if (text !== '') decodedParts.push(text);
      source += slash + literalSource(text);
    }
  }
  if (names.length > MOST_PLACEHOLDERS) refuse(`it has more than ${MOST_PLACEHOLDERS} placeholders`);
  const isOpen = parts.at(-1) === '*';
  return {
    from: isOpen || source === '' ? source : `${source}/?`,
    ...{ isOpen, names, parts: decodedParts },
    whole: isOpen ? from.replace(/\*$/, `:${SPLAT}`) : from,
  };
}

/** A part of a path without its percent-encoding, which browsers may ask for and Apache looks for. */
function decoded(part: string, refuse: Refuse): string {
  let text: string;
  try {
    text = decodeURIComponent(part);
  } catch {
    return refuse(`${quoted(part)} is not percent-encoded UTF-8`);
  }
  if (part.includes('*')) refuse('a * may only be the last part of a path');
  if (text === '' || text === '.' || text === '..' || /[\p{Cc}/]/u.test(text)) {
    refuse('no browser asks for a path with empty parts, dots alone or control characters');
  }
  return text;
}

/** A target's scheme and host, both empty for a path of the site, and all that follows. */
function splitTarget(to: string, refuse: Refuse): { host: string; rest: string } {
  if (to.startsWith('/')) {
    if (/^\/[/\\]/.test(to)) refuse(`${quoted(to)} would lead to another host; write it with https://`);
    return { host: '', rest: to };
  }
  const [, scheme = '', authority = '', rest = ''] = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(to) ?? [];
  const host = `${scheme}://${authority}`;
  const { origin } = URL.canParse(host) && !/[@\\]/.test(authority) ? new URL(host) : { origin: '' };
  if (!/^https?:\/\/[a-z\d._-]+(:\d+)?$/.test(origin)) refuse(`${quoted(host)} is no address of a host`);
  return { host: origin, rest: rest === '' ? '/' : rest };
}

function parsePieces(path: string, names: readonly string[], refuse: Refuse): (string | number)[] {
  const unknown = /\/:([A-Za-z]\w*)(?=[/?#]|$)/g;
  for (const [, name = ''] of path.matchAll(unknown)) {
    if (!names.includes(name)) refuse(`the placeholder :${name} does not stand in the path before it`);
  }
  return path.split(/(:[A-Za-z]\w*)/).map((piece) => {
    const index = piece.startsWith(':') ? names.indexOf(piece.slice(1)) : -1;
    return index < 0 ? encoded(piece) : index + 1;
  });
}

/** Text of an address with all percent-encoded that has no meaning there, and that may have one for Apache. */
function encoded(text: string): string {
  return text
    .replace(/%(?![\da-f]{2})/gi, '%25')
    .replace(/[^\w\-.~!*'();:@&=+,/?#[\]%]/gu, (character) => encodeURIComponent(character));
}

/** The pieces, with texts that follow each other in one. */
function joined(pieces: readonly (string | number)[]): (string | number)[] {
  const result: (string | number)[] = [];
  for (const piece of pieces.filter((one) => one !== '')) {
    const last = result.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') result[result.length - 1] = last + piece;
    else result.push(piece);
  }
  return result;
}

function quoted(text: string): string {
  return `“${plainText(text, 80)}”`;
}
