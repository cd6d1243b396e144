import { holdScript } from './holdScript';

/** The checks of `guest/import.sh` and what each promises. */
const PROMISES = {
  imports: 'sends all that a release can have, whatever its names, and tells what stays where it is',
  follows: 'sends what is served now as long as nobody has published, and then what was kept',
  largest: 'leaves the largest files of more than one PUT takes',
  unsent: 'tries again what the bucket could not take, and tells what it refused',
  no_room: 'packs beside the volume where that is full, and tells when there is no room at all',
  changing: 'tells the sums of what it sends, and stops for files that go on changing',
  none: 'asks for nothing where nothing is kept, or nothing fits',
} as const;

holdScript({ name: 'import', area: 'import', promises: PROMISES, changes: 12, kills: { contained: 12, emulated: 3 } });
