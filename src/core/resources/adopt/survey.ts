import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context';
import type { Op } from '../../op';
import { pathBelow } from '../../pathBelow';
import { parseReport } from '../../remote/report';
import keepScript from '../../remote/scripts/keep.sh';
import surveyScript from '../../remote/scripts/survey.sh';
import type { Inspection } from '../../remote/inspect';
import { runScript } from '../../remote/ssm';

/** What a server serves that is to be adopted. */
export interface Survey {
  /** The program that installs packages, `dnf` or `apt-get`; empty where there is none of them. */
  readonly packages: string;
  /** Name of the program that answers on port 80; empty for none. */
  readonly listener: string;
  /** The document root that httpd has; empty where there is no httpd. */
  readonly servedRoot: string;
  /** What `/etc/fstab` mounts on the document root, as it is written there; empty for nothing. */
  readonly fstab: string;
  /** What was served before the first publication is kept already. */
  readonly isKept: boolean;
  /** How many files the document root has. */
  readonly fileCount: number;
  /** The first of them, with the SHA-256 of their bytes. */
  readonly files: readonly ServedFile[];
}

/** What a look inside a server found. */
export interface Inside {
  readonly inspection: Inspection;
  readonly survey: Survey;
}

/** A file in a document root, as the server wrote its path. */
export interface ServedFile {
  readonly path: string;
  readonly sha256: string;
}

/** Looks at what a server serves; changes nothing there. */
export async function surveyServer(context: Context, instanceId: string, op: Op): Promise<Survey> {
  const remote = { name: 'look at what is served', script: surveyScript, timeoutSeconds: 600, deliverySeconds: 60 };
  return parseSurvey(await runScript(context, instanceId, remote, op));
}

/** Keeps on a server what it serves, beside it, where the web server cannot read it and publications leave it; what another site noted of its own is forgotten. */
export async function keepServed(context: Context, instanceId: string, op: Op): Promise<void> {
  const remote = { name: 'keep what is served', script: keepScript, values: { SITE: context.site.id } };
  await runScript(context, instanceId, { ...remote, timeoutSeconds: 600 }, op);
}

/** Reads the `name=value` lines of `survey.sh`. */
export function parseSurvey(output: string): Survey {
  const report = parseReport(output);
  return {
    packages: report.text('packages'),
    listener: report.text('listener'),
    servedRoot: report.text('served_root'),
    fstab: report.text('fstab'),
    isKept: report.text('kept') === 'yes',
    fileCount: Number(report.text('files')) || 0,
    files: report.all('file').flatMap((line) => {
      const [, sha256, path] = /^([0-9a-f]{64}) (.+)$/.exec(line) ?? [];
      return sha256 && path ? [{ sha256, path }] : [];
    }),
  };
}

/** Parts served files: those that a folder lacks, and those that it has with other bytes. */
export async function compareWithFolder(
  root: string,
  files: readonly ServedFile[],
  op: Op,
): Promise<{ readonly lacking: readonly string[]; readonly other: readonly string[] }> {
  const lacking: string[] = [];
  const other: string[] = [];
  for (const { path, sha256 } of files) {
    op.signal.throwIfAborted();
    const sum = await sumOf(root, path);
    if (sum === undefined) lacking.push(path);
    else if (sum !== sha256) other.push(path);
  }
  return { lacking, other };
}

/** Undefined for what is not there, or not a file; the path is a server’s, so nothing outside of the folder is read. */
async function sumOf(root: string, path: string): Promise<string | undefined> {
  const file = resolve(root, path);
  if (pathBelow(root, file) === undefined) return undefined;
  try {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}
