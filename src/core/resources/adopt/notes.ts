import type { Volume } from '@aws-sdk/client-ec2';
import type { Context } from '../../context';
import { DOCUMENT_ROOT } from '../../names';
import type { Op } from '../../op';
import { plainText } from '../../plainText';
import type { Region } from './fitness';
import { compareWithFolder, type Inside, type Survey } from './survey';

const SHOWN_FILES = 5;

/** What provisioning does to a server after it was adopted. */
export function serverNotes(
  { site }: Context,
  { ownVolume }: Region,
  { inspection, survey }: Inside,
  volume: Volume | undefined,
): readonly string[] {
  const { active, enabled, installed } = inspection.webServer;
  const then = [
    ...(installed ? [] : ['installs Apache httpd']),
    ...(enabled && active ? [] : ['enables and starts it']),
    ...(volume
      ? inspection.mount?.inFstab
        ? []
        : ['writes the mount into /etc/fstab, so that it is there after a boot as well']
      : ownVolume
        ? [`mounts this site’s volume ${ownVolume.VolumeId} on ${DOCUMENT_ROOT}`]
        : [`makes a volume of ${site.volume.sizeGib} GiB, copies ${DOCUMENT_ROOT} onto it and mounts it there`]),
  ];
  return [
    then.length === 0
      ? 'It is as the site needs it.'
      : `The plan of Provision Volume… comes next: it ${then.join(', ')}.`,
    ...(survey.fileCount === 0 ? [`${DOCUMENT_ROOT} has no files.`] : []),
  ];
}

/** What becomes of the files that a server serves. */
export async function fileNotes(root: string, { fileCount, files }: Survey, op: Op): Promise<readonly string[]> {
  if (fileCount === 0) return [];
  const { lacking, other } = await compareWithFolder(root, files, op);
  const unread = fileCount - files.length;
  return [
    `It serves ${fileCount} ${fileCount === 1 ? 'file' : 'files'} of its own. They stay: publishing replaces those that this folder has at the same path and removes none of the others.`,
    ...(lacking.length > 0 ? [`Not in this folder, and served on: ${some(lacking)}.`] : []),
    ...(other.length > 0
      ? [`In this folder with other content, which the next publication puts in their place: ${some(other)}.`]
      : []),
    ...(unread > 0 ? [`${unread} more files were not compared.`] : []),
  ];
}

function some(paths: readonly string[]): string {
  const shown = paths.slice(0, SHOWN_FILES).map((path) => plainText(path, 80));
  return shown.join(', ') + (paths.length > shown.length ? ` and ${paths.length - shown.length} more` : '');
}
