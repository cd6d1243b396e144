import type { Op } from '../op';
import type { Context } from '../context';
import { parseReport } from './report';
import verifyScript from './scripts/verify.sh';
import { runScript } from './ssm';

/** How the document root differs from what was published there. */
export interface PagesCheck {
  /** SHA-256 (hex) of the server's list of the files that Sitelift published there. */
  readonly list: string;
  /** How many files that list has. */
  readonly files: number;
  /** Files of the list with other bytes, or links in their place. */
  readonly changed: SomePaths;
  /** Files of the list that are not there. */
  readonly missing: SomePaths;
  /** Files and links that the list does not have: nobody published them. */
  readonly other: SomePaths;
}

/** How many paths there are, and the first 20 of them, as the server wrote them. */
export interface SomePaths {
  readonly count: number;
  readonly paths: readonly string[];
}

/** Compares the pages on a server whose agent answers with what was published there, byte for byte; changes nothing there. */
export async function verifyPages(context: Context, instanceId: string, op: Op): Promise<PagesCheck> {
  const remote = { name: 'compare the pages', script: verifyScript, timeoutSeconds: 600, deliverySeconds: 60 };
  return parsePagesCheck(await runScript(context, instanceId, remote, op));
}

/** Reads the `name=value` lines of `verify.sh`; throws when one of them is not there. */
export function parsePagesCheck(output: string): PagesCheck {
  const report = parseReport(output);
  const text = (name: string): string => {
    const value = report.text(name);
    if (!value) throw new Error(`The server did not tell “${name}” of its pages.`);
    return value;
  };
  const some = (name: string): SomePaths => ({ count: Number(text(name)), paths: report.all(`${name}_path`) });
  return {
    list: text('list'),
    files: Number(text('files')),
    changed: some('changed'),
    missing: some('missing'),
    other: some('other'),
  };
}
