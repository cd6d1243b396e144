import { holdScript } from './holdScript';

/** The checks of `guest/mount.sh` for `unmount.sh` and what each promises. */
const PROMISES = {
  unmounts: 'stops the web server, unmounts and forgets the volume, and does nothing a second time',
  unmount_gone: 'forgets a volume that is gone already',
  unmount_busy: 'leaves mounted what something still uses, and tells so',
  unmount_elsewhere: 'tells where else the volume is mounted',
  unmount_other: 'leaves what is mounted there by others',
  unmount_order: 'forgets the volume last',
} as const;

holdScript({ name: 'unmount', area: 'mount', promises: PROMISES, changes: 6, kills: { contained: 4, emulated: 2 } });
