# Checks that mount.sh formats no disk with contents; they follow those of guest/mount.sh.

# holds <name> <archive in base64>: the whole data disk has these contents, and nothing else.
holds() {
  blank
  rm -rf /root/held
  mkdir /root/held
  base64 -d <<<"$2" | tar -xz -C /root/held
  held=/root/held/$1
  [ "$(stat -c %s "$held")" = "$(lsblk -dnrbo SIZE "$data")" ] || fail "$1 is as large as the disk"
  dd if="$held" of="$data" bs=64K conv=sparse,fsync status=none
  blockdev --rereadpt "$data" 2>/dev/null || true
  udevadm settle
}
# keeps <name> <archive> <reason, as a pattern>: it is not changed by one byte, even where the tag says that the volume was made blank.
keeps() {
  local blank_by_tag
  holds "$1" "$2"
  for blank_by_tag in yes no; do
    mount_volume "CREATED_BLANK=$blank_by_tag"
    [ "$status" = 1 ] || fail "it stops with 1 before $1"
    [[ $blank_by_tag = no || $reason == ${3//DISK/$data} ]] || fail "it tells what $1 is"
    cmp "$held" "$data" || fail "$1 stays as it was"
  done
  rm -r /root/held
}
# keeps_partition <name> <archive>: nor is a partition of an interrupted run with such contents at its start.
keeps_partition() {
  blank
  printf 'label: gpt\nsize=1000MiB, name=sitelift-new\n' | sfdisk -q "$data"
  udevadm settle
  rm -rf /root/held
  mkdir /root/held
  base64 -d <<<"$2" | tar -xz -C /root/held
  held=/root/held/$1
  truncate -s 1000M "$held"
  dd if="$held" of="$(part)" bs=64K conv=sparse,fsync status=none
  udevadm settle
  mount_volume
  [ "$status" = 1 ] || fail "it stops with 1 before $1"
  cmp "$held" "$(part)" || fail "$1 stays as it was"
  rm -r /root/held
}
# keeps_mountable <name> <archive>: what may be mounted keeps its UUID and its page, though this kernel may not know it.
keeps_mountable() {
  local before
  holds "$1" "$2"
  rm -r /root/held
  before=$(blkid -p -s UUID -o value "$data")
  [ -n "$before" ] || fail "$1 has a UUID"
  mount_volume
  [ "$(blkid -p -s UUID -o value "$data")" = "$before" ] || fail "$1 is not formatted"
  ! mountpoint -q $html || [ "$(findmnt -nro SOURCE --mountpoint $html)" = "$data" ] || fail "$1 itself is mounted"
}
