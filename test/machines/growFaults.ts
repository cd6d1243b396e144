import type { Fault } from './fault';

/** Faults of grow.sh. */
export const GROW: readonly Fault[] = [
  {
    fault: 'the partition goes over the next one',
    find: '|| [ "$other" -ge "$end" ] || end=$other',
    put: '|| [ "$other" -ge "$end" ] || true',
    noticedBy: 'no_room',
  },
  {
    fault: 'more is asked for than there is',
    find: '[ "$mib" -le "$room" ] || stop',
    put: '[ "$mib" -le "$room" ] || : stop',
    noticedBy: 'no_room',
  },
  {
    fault: 'a partition gets smaller',
    find: '[ $((mib * 2048)) -gt "$now" ]',
    put: '[ $((mib * 2048)) != "$now" ]',
    noticedBy: 'never_smaller',
  },
  {
    fault: 'whatever is mounted there is taken for ours',
    find: '| grep -xF -- "$target" >/dev/null || stop',
    put: '>/dev/null || stop',
    noticedBy: 'ours_alone',
  },
  {
    fault: 'it begins before the server sees the new size',
    find: '[ "$(bytes)" -ge $((SIZE_GIB << 30)) ] || stop',
    put: '[ "$(bytes)" -ge $((SIZE_GIB << 30)) ] || : stop',
    noticedBy: 'not_seen_yet',
  },
  {
    fault: 'the kernel is not told',
    find: 'partx --update --nr "$n" "$disk" 2>"$told"',
    put: 'true 2>"$told"',
    noticedBy: 'grows',
  },
  {
    fault: 'the file system stays as it was',
    find: 'ext4) resize2fs "$target" >"$told" 2>&1',
    put: 'ext4) true "$target" >"$told" 2>&1',
    noticedBy: 'grows',
  },
  {
    fault: 'what failed is not told',
    find: 'esac || stop file-system-not-grown',
    put: 'esac || : stop file-system-not-grown',
    noticedBy: 'tells',
  },
];
