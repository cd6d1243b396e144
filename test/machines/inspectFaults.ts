import type { Fault } from './fault';

/** Faults of inspect.sh, noticed by checks of `guest/mount.sh`. */
export const INSPECT: readonly Fault[] = [
  {
    fault: 'every mount counts as made for every boot',
    find: 'else echo in_fstab=no; fi',
    put: 'else echo in_fstab=yes; fi',
    noticedBy: 'look',
  },
  {
    fault: 'the first disk is taken for the one that is mounted',
    find: 'SERIAL "$disk")"',
    put: 'SERIAL | head -n 1)"',
    noticedBy: 'look',
  },
  {
    fault: 'a partition has more room than there is',
    find: '$(((end - start) * 512))',
    put: '$((end * 512))',
    noticedBy: 'look',
  },
  {
    fault: 'the size of the file system is not read',
    find: 'if [ -n "$blocks" ]; then',
    put: 'if false; then',
    noticedBy: 'look',
  },
  {
    fault: 'a publication that was cut short is not seen',
    find: 'if [ -r "$root/.sitelift/placing" ]',
    put: 'if false',
    noticedBy: 'look',
  },
  {
    fault: 'a release is not seen',
    find: 'if [ -r "$root/.sitelift/release" ]',
    put: 'if false',
    noticedBy: 'look',
  },
  {
    fault: 'the list of published files is not read',
    find: '$(cat "$root/.sitelift/published" 2>/dev/null |',
    put: '$(printf "" |',
    noticedBy: 'look',
  },
  {
    fault: 'a stopped web server counts as active',
    find: '$(systemctl is-active "$unit" 2>/dev/null)',
    put: 'active',
    noticedBy: 'look',
  },
  {
    fault: 'a web server that does not start at boot counts as one that does',
    find: '$(systemctl is-enabled "$unit" 2>/dev/null)',
    put: 'enabled',
    noticedBy: 'look',
  },
  {
    fault: 'what is free on another disk is told',
    find: '--output=avail "$root"',
    put: '--output=avail /',
    noticedBy: 'look',
  },
  {
    fault: 'it is not told whom what was served is kept for',
    find: 'echo "kept_for=',
    put: 'echo "for=',
    noticedBy: 'keeps',
  },
];
