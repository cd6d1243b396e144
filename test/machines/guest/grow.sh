# Checks of grow.sh, on the volume that the checks of mount.sh mount. To enlarge what is mounted takes a right that some containers
# have not: there a stand-in says yes, and the file system stays as it is; on emulated servers it is the real program.
can_resize() { (( 0x$(awk '/^CapEff/ { print $2 }' /proc/self/status) >> 24 & 1 )); }
# grow_volume [NAME=value…]
grow_volume() { run grow VOLUME_ID=vol-1 "SERIAL=$DATA" SIZE_GIB=1 PARTITION_MIB=64 MOUNT_POINT=$html "$@"; }
stand_in() {
  traced sfdisk partx resize2fs sync
  can_resize || printf '#!/bin/bash\necho "resize2fs $*" >>/root/trace\n' >/root/wrap/resize2fs
}
mounted_small() {
  stand_in
  blank
  mount_volume "$@"
  succeeds
  head -c 500000 /dev/urandom >$html/kept.bin
  sum=$(sha256sum <$html/kept.bin)
  rm -f /root/trace
}
mib_of() { echo $(($(lsblk -dnrbo SIZE "$1") >> 20)); }
# is_grown <MiB>: in the table and for the kernel, from the same start, with the same pages, and still mounted.
is_grown() {
  local table
  table=$(sfdisk -d "$data")
  [[ $table =~ start=\ *2048,\ size=\ *$(($1 * 2048)), && $table == *'name="sitelift-data"'* ]] || fail "the table has $1 MiB: $table"
  [ "$(mib_of "$(part)")" = "$1" ] || fail "the kernel has $1 MiB: $(lsblk -nrbo NAME,TYPE,SIZE "$data" | tr '\n' ';')"
  ! can_resize || [ "$(dumpe2fs -h "$(part)" 2>/dev/null | awk '/^Block count:/ { n = $3 } /^Block size:/ { print n * $3 / 1048576 }')" = "$1" ] ||
    fail "the file system has $1 MiB"
  [ "$(sha256sum <$html/kept.bin)" = "$sum" ] || fail 'the pages are the same'
  is_mounted
}
stays() {
  [ "$(sha256sum <$html/kept.bin)" = "$sum" ] && [ "$(mib_of "$(part)")" = "$1" ] || fail 'everything stays as it was'
  ! grep -q 'sfdisk -q\|partx\|resize2fs' /root/trace || fail 'nothing was begun'
}
check_grows() {
  mounted_small
  grow_volume
  succeeds
  is_grown 64
  grep -q '^partx --update --nr 1 ' /root/trace || fail 'the kernel is told'
  grep -q "^resize2fs $(part)$" /root/trace || fail 'the file system is made larger'
  grow_volume PARTITION_MIB=0
  succeeds
  is_grown 1022
  rm /root/trace
  grow_volume PARTITION_MIB=0
  succeeds
  ! grep -q 'sfdisk -q\|partx' /root/trace || fail 'a second run leaves the table alone'
  is_grown 1022
}
check_never_smaller() {
  mounted_small PARTITION_MIB=64
  grow_volume PARTITION_MIB=32
  succeeds
  is_grown 64
}
check_no_room() {
  mounted_small
  grow_volume PARTITION_MIB=1023
  stops $'no-room\tvol-1\t1023\t1022'
  stays 32
  echo 'start=200MiB, size=50MiB' | sfdisk -q --no-reread --no-tell-kernel --append "$data"
  partx --update "$data" || partx --add --nr 2 "$data"
  udevadm settle
  local before
  before=$(sfdisk -d "$data" | tail -n 1)
  rm -f /root/trace
  grow_volume PARTITION_MIB=200
  stops $'no-room\tvol-1\t200\t199'
  stays 32
  grow_volume PARTITION_MIB=0
  succeeds
  is_grown 199
  [ "$(sfdisk -d "$data" | tail -n 1)" = "$before" ] || fail 'the other partition stays'
}
check_ours_alone() {
  mounted_small
  umount $html
  grow_volume
  stops $'other-volume\tvol-1\t/var/www/html'
  mount "$(disk_of "$SMALL")" $html
  grow_volume
  stops $'other-volume\tvol-1\t/var/www/html'
  umount $html
  mount "$(part)" $html
  grow_volume SERIAL=vol9
  stops $'no-disk\tvol-1'
  stays 32
}
check_not_seen_yet() {
  mounted_small
  printf '#!/bin/bash\necho 1\n' >/root/wrap/seq
  chmod 755 /root/wrap/seq
  grow_volume SIZE_GIB=2
  stops $'disk-not-grown\tvol-1\t1073741824'
  stays 32
}
check_tells() {
  mounted_small
  printf '#!/bin/bash\necho "sfdisk: the table\tis odd" >&2\nexit 1\n' >/root/wrap/sfdisk
  grow_volume
  stops $'not-partitioned\tvol-1\tsfdisk: the table*'
  stand_in
  printf '#!/bin/bash\necho "resize2fs 1.47"\necho "resize2fs: no way"\necho later\nexit 1\n' >/root/wrap/resize2fs
  grow_volume
  stops $'file-system-not-grown\tvol-1\tresize2fs: no way'
  stand_in
  grow_volume
  succeeds
  is_grown 64
}
# kills_grow <n…>: kills the growing, then grows again.
kills_grow() {
  local n
  for n; do
    mounted_small
    compose grow VOLUME_ID=vol-1 "SERIAL=$DATA" SIZE_GIB=1 PARTITION_MIB=64 MOUNT_POINT=$html >/root/run.sh
    killed_before "$n"
    [ "$(sha256sum <$html/kept.bin)" = "$sum" ] || fail "$killed: the pages are the same"
    grow_volume
    succeeds
    is_grown 64
    echo "$n"
  done
}
changes_of_grow() {
  mounted_small
  compose grow VOLUME_ID=vol-1 "SERIAL=$DATA" SIZE_GIB=1 PARTITION_MIB=64 MOUNT_POINT=$html >/root/run.sh
  changing_commands
  is_grown 64
}
