import type { Remedy } from '../op';

/** What a code means: what happened, why, and what to do, with a way on where there is one. */
export interface Sentence {
  text(values: Values): string;
  readonly remedy?: Remedy;
}

/** The values of a reason: text from a server that may be hostile, or numbers that need not be any. */
export interface Values {
  /** One value as plain text, quoted where it reads as a name. */
  at(index: number): string;
  /** A number of bytes in MiB, rounded up or down. */
  mib(index: number, round: 'up' | 'down'): string;
  /** All values from this one on, a few at most; `count` of them there are. */
  names(from: number, count: string): string;
}

const PUBLISH = { title: 'Publish Site…', command: 'sitelift.publishSite' };
const PROVISION_VOLUME = { title: 'Provision Volume…', command: 'sitelift.provisionVolume' };
const PROVISION_SERVER = { title: 'Provision Server…', command: 'sitelift.provisionServer' };
const REBOOT = { title: 'Reboot Server…', command: 'sitelift.rebootServer' };

/** What each code of the scripts means: what happened, why, and what to do. */
export const SENTENCES: Readonly<Record<string, Sentence>> = {
  busy: {
    text: () => 'Another Sitelift run is busy on the server. Wait until it has ended and run the command again.',
  },

  'not-mounted': {
    text: (v) =>
      `The volume is not mounted on ${v.at(0)}, so no page was changed. Run “Provision Volume…” and publish again.`,
    remedy: PROVISION_VOLUME,
  },
  'published-meanwhile': {
    text: () =>
      'Somebody else published meanwhile; their pages were left as they are. Publish again to put yours in their place.',
    remedy: PUBLISH,
  },
  'other-base': {
    text: () =>
      'What is on the server is not what the last release left there, so the changes alone cannot be applied. No page was changed; publish again to send all pages.',
    remedy: PUBLISH,
  },
  'wrong-result': {
    text: () =>
      'With these changes the pages on the server would not be those of the release. No page was changed; publish again to send all pages.',
    remedy: PUBLISH,
  },
  'settings-refused': {
    text: (v) =>
      `The web server does not accept its new settings: “${v.at(0)}”. Those that it had before stay, and no page was changed; see “apachectl configtest” on the server.`,
  },
  'not-reloaded': {
    text: (v) =>
      `The web server ${v.at(0)} could not load its new settings. See “systemctl status ${v.at(0)}” on the server, and publish again; until then some pages may be new and some old.`,
  },
  'disk-full': {
    text: (v) =>
      `The volume is too full: these pages need ${v.mib(0, 'up')} beside those that are there, and ${v.mib(1, 'down')} are free. No page was changed. Remove files that are not needed from the server, or make the volume larger with “Resize Volume…”.`,
  },
  'inodes-full': {
    text: (v) =>
      `The volume cannot hold that many files: these pages need ${v.at(0)} entries (inodes) beside those that are there, and ${v.at(1)} are free. No page was changed. Publish fewer files, or take a larger volume.`,
  },
  'full-meanwhile': {
    text: () =>
      'The volume filled up while the pages were unpacked: something else on the server writes to it. No page was changed. Free some space there and publish again.',
  },
  'fetch-refused': {
    text: (v) => `${refusal(v.at(0))} No page was changed; publish again.`,
    remedy: PUBLISH,
  },
  'fetch-failed': {
    text: (v) => `${unreached(v.at(0))} No page was changed. (${v.at(1) || `curl ended with ${v.at(0)}`})`,
  },
  'wrong-bytes': {
    text: () =>
      'The pages that the server fetched are not the ones that were sent (SHA-256 differs). No page was changed; publish again.',
    remedy: PUBLISH,
  },
  'not-unpacked': {
    text: (v) => `The server could not unpack the pages: “${v.at(0)}”. No page was changed.`,
  },
  'link-in-the-way': {
    text: (v) =>
      `The server has a symbolic link where a page or a folder of the site goes: ${v.names(1, v.at(0))}. Nothing is written through a link, and no page was changed. Remove it on the server or choose another name.`,
  },
  'other-kind-in-the-way': {
    text: (v) =>
      `The server has a file where you have a folder, or the reverse: ${v.names(1, v.at(0))}. Remove it on the server or choose another name. No page was changed.`,
  },
  'not-placed': {
    text: (v) =>
      `The server could not put all pages in place: “${v.at(0)}”. Some may be new and some old until you publish again.`,
    remedy: PUBLISH,
  },

  'nothing-kept': {
    text: () =>
      'What the server served before is not kept there any more, so no page was changed. Publish again, which looks anew.',
    remedy: PUBLISH,
  },
  'no-room-to-import': {
    text: (v) =>
      `What the server served before does not fit on it once more, packed for its release: that may take ${v.mib(0, 'up')}, and ${v.mib(1, 'down')} are free. No page was changed. Make the volume larger with “Resize Volume…”, or remove files that are not needed, and publish again.`,
  },
  'still-changing': {
    text: () =>
      'A program on the server goes on writing into the files that are served, so they could not be kept as a release. No page was changed; stop it and publish again.',
    remedy: PUBLISH,
  },
  'not-sent': {
    text: (v) =>
      `The server could not send what it served before to the bucket (HTTP ${v.at(0)}${v.at(1) ? `; ${v.at(1)}` : ''}). ${
        v.at(0) === '403'
          ? 'The link had expired because the server took it up too late, this computer’s clock is wrong, or your credentials may not store there.'
          : 'It needs a way out to S3: a public address, a NAT or an S3 endpoint, and outgoing HTTPS in its security group.'
      } No page was changed; publish again.`,
    remedy: PUBLISH,
  },

  'no-disk': {
    text: (v) =>
      `The disk of ${v.at(0)} does not show up on the server. Detach it, attach it again, and run the command again.`,
  },
  'other-mount': {
    text: (v) => `Something else is mounted on ${v.at(0)}: “${v.at(1)}”. Unmount it first; nothing was changed.`,
  },
  'still-in-use': {
    text: (v) =>
      `Something on the server still uses ${v.at(0)}, so the volume was not unmounted: “${v.at(1)}”. The web server is stopped. End what uses it (a terminal in that folder, a copy that is going on), then run the command again.`,
  },
  'mounted-elsewhere': {
    text: (v) =>
      `The volume ${v.at(0)} is also mounted on ${v.at(1)}, which Sitelift did not do. Unmount it there, then run the command again.`,
  },
  'other-fstab-line': {
    text: (v) =>
      `The server’s /etc/fstab has a line for ${v.at(0)} that is not Sitelift’s: “${v.at(1)}”. Remove it there if it is not needed any more; nothing was changed.`,
  },
  'not-blank': {
    text: (v) =>
      `${v.at(1)} on ${v.at(0)} holds something that is not a file system, so it is not formatted. Nothing was changed.`,
  },
  'several-partitions': {
    text: (v) =>
      `${v.at(0)} has several partitions, none made by Sitelift. Nothing was changed; use a volume with one partition.`,
  },
  'not-ours': {
    text: (v) =>
      `${v.at(0)} has no file system and was not created by Sitelift, so it is not formatted. Format it yourself, or let Sitelift create a volume.`,
  },
  'no-file-system': {
    text: (v) => `${v.at(1)} on ${v.at(0)} has no file system that is known here. Nothing was changed.`,
  },
  'other-file-system': {
    text: (v) =>
      `${v.at(1)} on ${v.at(0)} has a ${v.at(2)} file system; Sitelift mounts and enlarges ext4 and xfs. Nothing was changed.`,
  },
  'old-root-too-big': {
    text: (v) =>
      `The pages that are in ${v.at(0)} now do not fit on the volume: they take ${v.mib(1, 'up')}, and ${v.mib(2, 'down')} are free. Nothing was copied. Remove what is not needed there, or take a larger volume or partition.`,
  },
  'old-root-too-many': {
    text: (v) =>
      `The files that are in ${v.at(0)} now do not fit on the volume: they take ${v.at(1)} entries (inodes), and ${v.at(2)} are free. Nothing was copied. Remove what is not needed there, or take a larger volume or partition.`,
  },

  'other-volume': {
    text: (v) =>
      `What is mounted on ${v.at(1)} is not on the volume ${v.at(0)}, so nothing was made larger. Run “Provision Volume…”, which mounts it.`,
    remedy: PROVISION_VOLUME,
  },
  'other-device': {
    text: (v) =>
      `${v.at(1)} on ${v.at(0)} is neither a partition nor a whole disk, so Sitelift does not make it larger. Nothing was changed; do it on the server.`,
  },
  'no-tool': {
    text: (v) =>
      `The server has no ${v.at(0)}, with which ${v.at(1)} file systems are made larger. Install it there and run the command again; nothing was changed.`,
  },
  'disk-not-grown': {
    text: (v) =>
      `The volume ${v.at(0)} has its new size, but the server still sees ${v.mib(1, 'down')}. Wait a few minutes or run “Reboot Server…”; then run the command again, which goes on there.`,
    remedy: REBOOT,
  },
  'no-room': {
    text: (v) =>
      `The partition of ${v.at(0)} is to have ${v.at(1)} MiB, and there is room for ${v.at(2)} MiB where it lies. Nothing was changed; write a smaller “volume.partitionMib” into sitelift.json.`,
  },
  'not-partitioned': {
    text: (v) =>
      `The partition of ${v.at(0)} could not be made larger: “${v.at(1)}”. What it holds is as it was; run the command again to go on.`,
  },
  'file-system-not-grown': {
    text: (v) =>
      `The file system of ${v.at(0)} could not be made larger: “${v.at(1)}”. What it holds is as it was; run the command again to go on.`,
  },

  'packages-busy': {
    text: (v) =>
      `The server’s package lists were locked by another program for five minutes: “${v.at(0)}”. A new server updates itself after its first boot; wait a while and run the command again.`,
    remedy: PROVISION_SERVER,
  },
  'packages-failed': {
    text: (v) =>
      `The web server could not be installed: “${v.at(0)}”. If the server cannot reach its package repository, give it a way out: a public address or a NAT, and outgoing HTTP and HTTPS in its security group.`,
  },
  'not-started': {
    text: (v) =>
      `The web server ${v.at(0)} was installed but does not start: “${v.at(1)}”. See “systemctl status ${v.at(0)}” on the server.`,
  },
};

function refusal(status: string): string {
  switch (status) {
    case '403':
      return 'The bucket refused the server’s request for the pages (HTTP 403): the link had expired because the server took it up too late, this computer’s clock is wrong, or your credentials may not read the bucket.';
    case '404':
      return 'The pages were not in the bucket any more when the server fetched them (HTTP 404).';
    default:
      return `The bucket answered the server’s request for the pages with HTTP ${status}.`;
  }
}

/** What curl's exit codes mean for a server that fetches from S3 (curl's manual, “EXIT CODES”). */
function unreached(exitCode: string): string {
  switch (exitCode) {
    case '5':
    case '6':
      return 'The server could not fetch the pages: it cannot resolve the bucket’s name. Check the DNS settings of its VPC.';
    case '7':
    case '28':
      return 'The server could not fetch the pages: it gets no connection to S3. It needs a way out: a public address, a NAT or an S3 endpoint, and outgoing HTTPS in its security group.';
    case '35':
    case '60':
      return 'The server could not fetch the pages: it does not trust the certificate that answers for S3, or its clock is wrong.';
    default:
      return 'The server could not fetch the pages from the bucket; the connection broke off.';
  }
}
