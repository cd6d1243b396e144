import { join } from 'node:path';
import { buildExtension } from '../../esbuild';
import { BUCKET, SITE } from './benchSite';
import { preparePeers } from './peers';
import type { CommandLine } from './program';

/** A program that publishes a folder to `site/` of a bucket of its own. */
export interface Tool {
  readonly name: string;
  readonly bucket: string;
  commandLine(folder: string): CommandLine;
}

/** The tools that are measured. */
export interface Tools {
  readonly aws: Tool;
  readonly rclone: Tool;
  readonly sitelift: Tool;
}

/** Few requests, many at once, and MD5 sums as Sitelift compares them. As provider `AWS` it refuses to upload over plain HTTP. */
const RCLONE_FLAGS = [
  ...['--s3-provider', 'Other', '--s3-env-auth', '--s3-force-path-style', '--s3-no-check-bucket', '--s3-no-head'],
  ...['--transfers', '32', '--checkers', '32', '--checksum', '--fast-list'],
] as const;

/** Prepares the peers, and builds Sitelift's command line into a work folder unless BENCH_SITELIFT names a stand-in. */
export async function prepareTools(workFolder: string): Promise<Tools> {
  const [{ aws, rclone }, sitelift] = await Promise.all([preparePeers(), siteliftCommand(workFolder)]);
  return {
    aws: {
      name: 'aws',
      bucket: 'aws',
      commandLine: (folder) => [aws, 's3', 'sync', '--only-show-errors', folder, 's3://aws/site'],
    },
    rclone: {
      name: 'rclone',
      bucket: 'rclone',
      commandLine: (folder) => [rclone, 'sync', folder, ':s3:rclone/site', ...RCLONE_FLAGS],
    },
    sitelift: {
      name: 'sitelift',
      bucket: BUCKET,
      commandLine: (folder) => [...sitelift, 'publish', '--folder', folder, '--account', SITE.account, '--json'],
    },
  };
}

async function siteliftCommand(workFolder: string): Promise<CommandLine> {
  const [program, ...args] = process.env['BENCH_SITELIFT']?.split(' ') ?? [];
  if (program) return [program, ...args];
  const outdir = join(workFolder, 'dist');
  await buildExtension({ outdir });
  return [process.execPath, join(outdir, 'cli.js')];
}
