import { holdScript } from './holdScript';

/** The checks of `guest/grow.sh` and what each promises. */
const PROMISES = {
  grows:
    'makes the partition as large as asked, then all of the disk, under the pages, and changes nothing a second time',
  never_smaller: 'makes nothing smaller',
  no_room: 'takes no more than there is, and nothing of the next partition',
  ours_alone: 'touches nothing but the partition of the volume that is on the document root',
  not_seen_yet: 'begins nothing while the server does not see the new size, which it tells',
  tells: 'tells what the programs say, and goes on where it stopped',
} as const;

holdScript({ name: 'grow', area: 'grow', promises: PROMISES, changes: 5, kills: { contained: 8, emulated: 4 } });
