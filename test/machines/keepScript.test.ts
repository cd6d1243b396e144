import { holdScript } from './holdScript';

/** The checks of `guest/mount.sh` for `keep.sh` and `survey.sh`, and what each promises. */
const PROMISES = {
  keeps: 'keeps what is served without taking room, and once only',
  keep_notes: 'forgets what another site published, which stays, and keeps it anew',
  keep_link: 'writes through no link',
  survey: 'comes after a look that tells what is served, and by what, in as many words as SSM keeps',
} as const;

holdScript({ name: 'keep', area: 'mount', promises: PROMISES, changes: 5, kills: { contained: 8, emulated: 2 } });
