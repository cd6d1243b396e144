import type { Fault } from './fault';

/** Faults of mount.sh. */
export const MOUNT: readonly Fault[] = [
  {
    fault: 'every disk counts as blank',
    find: 'is_blank() {\n',
    put: 'is_blank() {\n  return 0\n',
    noticedBy: 'ambivalent_disk',
  },
  {
    fault: 'every partition counts as blank',
    find: 'is_blank() {\n',
    put: 'is_blank() {\n  return 0\n',
    noticedBy: 'ambivalent_partition',
  },
  {
    fault: 'an empty partition table counts as nothing',
    find: 'is_blank() {\n',
    put: 'is_blank() {\n  return 0\n',
    noticedBy: 'empty_table',
  },
  {
    fault: "a stranger's blank disk is formatted",
    find: '[ "$CREATED_BLANK" = yes ] || stop',
    put: '[ "$CREATED_BLANK" = yes ] || : stop',
    noticedBy: 'not_ours',
  },
  {
    fault: 'the first disk is taken',
    find: "'$2 == serial { print $1 }'",
    put: "'$2 { print $1; exit }'",
    noticedBy: 'serial',
  },
  {
    fault: 'it is mounted by its name',
    find: 'entry="UUID=$uuid ',
    put: 'entry="$target ',
    noticedBy: 'mounts',
  },
  { fault: 'the server does not boot without it', find: 'defaults,nofail,', put: 'defaults,', noticedBy: 'mounts' },
  { fault: 'its line is not marked', find: ',x-sitelift 0 2', put: ' 0 2', noticedBy: 'mounts' },
  {
    fault: 'no line is written',
    find: '{ fstab for; echo "$entry"; } | write_fstab',
    put: 'true',
    noticedBy: 'mounts',
  },
  {
    fault: 'the web server does not wait for it',
    find: 'RequiresMountsFor=',
    put: 'Documentation=',
    noticedBy: 'mounts',
  },
  {
    fault: 'what others mounted is taken for nothing',
    find: '-nro SOURCE --mountpoint',
    put: '-nro UUID --mountpoint',
    noticedBy: 'other_mount',
  },
  {
    fault: 'lines of others are dropped',
    find: '[ -z "$foreign" ] || stop',
    put: '[ -z "$foreign" ] || : stop',
    noticedBy: 'other_fstab_line',
  },
  {
    fault: 'lines of other mount points are dropped',
    find: 'here = !/^[[:space:]]*#/ && point == at',
    put: 'here = index($0, at)',
    noticedBy: 'own_fstab_line',
  },
  {
    fault: 'sizes are not compared',
    find: '[ "$bytes" -lt "$free" ] || stop',
    put: '[ "$bytes" -lt "$free" ] || : stop',
    noticedBy: 'too_big',
  },
  {
    fault: 'inodes are not compared',
    find: '[ "$inodes" -lt "$free_inodes" ] || stop',
    put: '[ "$inodes" -lt "$free_inodes" ] || : stop',
    noticedBy: 'too_big',
  },
  { fault: 'old pages vanish', find: 'cp -a "$MOUNT_POINT/." "$aside/"', put: 'true', noticedBy: 'mounts' },
  {
    fault: 'a copy that was cut short counts as whole',
    find: 'content "$aside" -exec rm -rf {} +',
    put: 'true',
    noticedBy: 'copies_again',
  },
  {
    fault: "another server's pages are removed",
    find: ' && [ "$(cat "$copying")" = "$(cat /etc/machine-id)" ]',
    put: '',
    noticedBy: 'copy_from_elsewhere',
  },
  {
    fault: 'old pages go over those of the volume',
    find: 'if [ -z "$(content "$aside")" ] && ',
    put: 'if ',
    noticedBy: 'keeps_volume',
  },
  {
    fault: 'the copy is noted afterwards',
    find: '>"$copying"\n    sync -f "$aside"\n    cp -a "$MOUNT_POINT/." "$aside/"\n',
    put: '>"$copying.new"\n    cp -a "$MOUNT_POINT/." "$aside/"\n    sync -f "$aside"\n    mv "$copying.new" "$copying"\n',
    noticedBy: 'copy_order',
  },
  {
    fault: 'the line in fstab comes before the mount',
    find: '  mount "$target" "$MOUNT_POINT"\n',
    put: '  { fstab for; echo "UUID=$uuid $MOUNT_POINT ext4 defaults 0 2"; } | write_fstab\n  mount "$target" "$MOUNT_POINT"\n',
    noticedBy: 'copy_order',
  },
  {
    fault: 'the volume stays mounted aside',
    find: 'trap put_away EXIT\n',
    put: '',
    noticedBy: 'too_big',
  },
  {
    fault: 'other contents are mounted',
    find: '  *) stop other-file-system',
    put: '  *) : stop other-file-system',
    noticedBy: 'other_contents',
  },
  {
    fault: 'the one of several partitions that is there is not taken',
    find: '[ -n "$target" ] || target=$mounted',
    put: ':',
    noticedBy: 'by_hand',
  },
];
