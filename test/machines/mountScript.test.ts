import { holdScript } from './holdScript';

/** The checks of `guest/mount.sh` and what each promises. */
const PROMISES = {
  mounts: 'mounts a new partition with the old pages, by UUID, and changes nothing a second time',
  whole_disk: 'takes the whole disk where no partition size is wanted',
  serial: 'takes the disk by its serial and leaves the other one as it is',
  no_disk: 'tells a disk that does not show up',
  not_ours: 'never formats a disk that Sitelift did not create',
  ambivalent_disk: 'never formats a disk with two signatures, for which blkid names no type',
  ambivalent_partition: 'never formats a partition with two signatures, not even one of its own making',
  empty_table: 'never formats a disk with an empty partition table',
  other_contents: 'never formats a disk or partition with other contents',
  keeps_volume: 'mounts a volume with the pages that it holds',
  by_hand:
    'makes what somebody mounted by hand outlast a boot, also one of several partitions, and touches nothing on it',
  numbered: 'takes the partition that is labelled, also where the table leaves numbers out or is in another order',
  other_mount: 'leaves what is mounted there by others, with or without a UUID',
  other_fstab_line: 'leaves lines of fstab that are not its own, and does not mount over them',
  own_fstab_line: 'replaces its own line of fstab and no other',
  too_big: 'copies nothing when the old pages do not fit, by bytes or by files',
  copies_again: 'copies the old pages again when that was cut short',
  copy_from_elsewhere: 'keeps what came across from another server before it was cut short',
  copy_order: 'notes that it copies before the first page, and mounts for every boot last',
  aside: 'puts away what a killed run left mounted aside',
  takes_settings:
    'has the web server do what the last publication to the volume wanted, on whatever server, and nothing else that lies there',
  boot_order: 'lets the web server wait for the volume',
  look: 'is seen by a look inside: the disk, its place in fstab, the release and the web server as they are',
} as const;

holdScript({ name: 'mount', area: 'mount', promises: PROMISES, changes: 26, kills: { contained: 8, emulated: 8 } });
