import type { Fault } from './fault';

/** Faults of verify.sh, noticed by checks of `guest/deploy.sh`. */
export const VERIFY: readonly Fault[] = [
  {
    fault: 'a file with other bytes counts as the one that was published',
    find: 'comm -z -12 - <(sort -z "$list") |',
    put: 'cat |',
    noticedBy: 'verify',
  },
  {
    fault: 'a link counts as the file that it leads to',
    find: 'found -type f | comm',
    put: 'found -type f -o -type l | comm',
    noticedBy: 'verify',
  },
  {
    fault: 'a link that nobody published is not seen',
    find: 'found -type f -o -type l >',
    put: 'found -type f >',
    noticedBy: 'verify',
  },
  {
    fault: 'what is not there counts as changed',
    find: 'comm -z -12 "$told/listed" "$told/there" | comm',
    put: 'cat "$told/listed" | comm',
    noticedBy: 'verify',
  },
  {
    fault: 'its own folder counts',
    find: '-path ./.sitelift -o -path',
    put: '-path',
    noticedBy: 'verify',
  },
  { fault: 'all paths are told', find: 'head -z -n 20', put: 'head -z -n 2000', noticedBy: 'verify' },
  {
    fault: 'a line in a name starts a line of its own',
    find: "tr '\\0\\001-\\037\\177' '\\n?'",
    put: "tr '\\0' '\\n'",
    noticedBy: 'verify',
  },
  {
    fault: 'a root without its volume is looked at',
    find: 'mountpoint -q "$root" || stop',
    put: 'true || stop',
    noticedBy: 'verify',
  },
  { fault: 'another run is not waited for', find: 'flock -s -w 60 9 || stop busy', put: 'true', noticedBy: 'busy' },
];
