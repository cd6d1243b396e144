# Checks of mount.sh. Two disks: DATA, which is to be mounted, and SMALL, which was there before it.
html=/var/www/html

set_up_mount() {
  mkfs.ext4 -q -F "$(disk_of "$SMALL")" 16M
  set_up_mount_beside
}
# The same where the small disk has its file system already.
set_up_mount_beside() {
  umask 022
  cp /etc/fstab /root/fstab
}
# Blank disk, nothing mounted, pages in the old root.
blank() {
  while mountpoint -q $html; do umount $html; done
  while mountpoint -q /run/sitelift.aside; do umount /run/sitelift.aside; done
  data=$(disk_of "$DATA")
  blkdiscard -f "$data" 2>/root/said || fail 'the disk can be made blank'
  blockdev --rereadpt "$data"
  udevadm settle
  cp /root/fstab /etc/fstab
  rm -rf /etc/systemd/system/httpd.service.d $html /run/sitelift.aside
  mkdir -p $html/sub
  local n
  for n in 1 2 3 4 5; do echo "old page $n" >"$html/page $n.html"; done
  echo sub >$html/sub/page.html
  chmod 640 $html/sub/page.html
  ln -s sub/page.html $html/link.html
  rm -rf /root/old
  cp -a $html /root/old
}
# mount_volume [NAME=value…]
mount_volume() {
  run mount VOLUME_ID=vol-1 "SERIAL=$DATA" CREATED_BLANK=yes PARTITION_MIB=32 MOUNT_POINT=$html TAKES_SETTINGS=yes "$@"
}
part() { lsblk -nrpo NAME,TYPE "$data" | sort | awk '$2 == "part" { print $1; exit }'; }
same_pages() { diff -r --no-dereference -x lost+found "$1" "$2" >/root/said 2>&1; }
# Shell code that reads the data volume aside, in $at.
on_volume() {
  local at=/root/at status=0
  mkdir -p $at
  mount "$(part)" $at
  eval "$1" || status=$?
  umount $at
  return $status
}
is_mounted() {
  [ "$(findmnt -nro SOURCE --mountpoint $html)" = "$(part)" ] || fail 'the partition is mounted once'
  ! mountpoint -q /run/sitelift.aside && [ ! -e /run/sitelift.aside ] || fail 'nothing stays mounted aside'
  local uuid
  uuid=$(blkid -p -s UUID -o value "$(part)")
  [ "$(grep -c " $html " /etc/fstab)" = 1 ] &&
    grep -qx "UUID=$uuid $html ext4 defaults,nofail,x-systemd.device-timeout=30,x-sitelift 0 2" /etc/fstab ||
    fail "fstab mounts it by UUID, and lets the server boot without: $(cat /etc/fstab)"
  [ "$(cat /etc/systemd/system/httpd.service.d/sitelift.conf)" = "$(printf '[Unit]\nRequiresMountsFor=%s' $html)" ] ||
    fail 'the web server waits for the volume'
  [ "$(stat -c %a $html)" = 755 ] || fail 'the web server may enter'
  [ "$(sfdisk --part-label "$data" 1)" = sitelift-data ] || fail 'the partition is labelled as done'
  [ ! -e $html/.sitelift-copying ] || fail 'the note of copying is gone'
}
untouched() { [ -z "$(wipefs -n "$data")" ] || fail 'the disk stays as it was'; }

check_mounts() {
  blank
  mount_volume
  succeeds
  is_mounted
  same_pages /root/old $html || fail "the old pages are there"
  [ "$(stat -c %a $html/sub/page.html)" = 640 ] || fail 'their modes too'
  [ "$(lsblk -dnrbo SIZE "$(part)")" = $((32 << 20)) ] || fail 'the partition is as large as wanted'
  local before
  before=$(cat /etc/fstab)
  echo new >$html/new.html
  mount_volume
  succeeds
  is_mounted
  [ "$before" = "$(cat /etc/fstab)" ] && [ -e $html/new.html ] || fail 'a second run changes nothing'
  umount $html
  mount $html
  is_mounted
}
check_whole_disk() {
  blank
  mount_volume PARTITION_MIB=0
  succeeds
  is_mounted
}
check_serial() {
  blank
  local small
  small=$(disk_of "$SMALL")
  dd if="$small" bs=1M count=1 status=none | sha256sum >/root/small
  mount_volume
  succeeds
  [ "$(lsblk -dnro SERIAL "$data")" = "$DATA" ] || fail 'the disk is found'
  is_mounted
  dd if="$small" bs=1M count=1 status=none | sha256sum | cmp -s - /root/small || fail 'the other disk stays as it was'
}
check_no_disk() {
  blank
  traced mv
  printf '#!/bin/bash\n' >/root/wrap/sleep
  printf '#!/bin/bash\necho 1\n' >/root/wrap/seq
  chmod 755 /root/wrap/*
  mount_volume SERIAL=vol9
  stops $'no-disk\tvol-1'
}
check_not_ours() {
  blank
  mount_volume CREATED_BLANK=no
  stops $'not-ours\tvol-1'
  untouched
}
# ambivalent <device>: two signatures, so that blkid names no type.
ambivalent() {
  mkfs.ext4 -q -F "$1" 32M
  printf _BHRfS_M | dd of="$1" bs=1 seek=$((0x10040)) conv=notrunc,fsync status=none
  [ -z "$(blkid -p -s TYPE -o value "$1" 2>/dev/null)" ] || fail 'blkid names no type'
  [ "$(wipefs -n "$1" | grep -c 'ext4\|btrfs')" = 2 ] || fail 'wipefs sees both'
}
check_ambivalent_disk() {
  blank
  ambivalent "$data"
  mount_volume
  stops $'not-blank\tvol-1\t'"$data"
  [ "$(wipefs -n "$data" | grep -c 'ext4\|btrfs')" = 2 ] || fail 'the disk is not formatted'
}
check_ambivalent_partition() {
  blank
  printf 'label: gpt\nsize=33MiB, name=sitelift-new\n' | sfdisk -q "$data"
  udevadm settle
  ambivalent "$(part)"
  mount_volume
  stops $'not-blank\tvol-1\t'"$(part)"
  [ "$(wipefs -n "$(part)" | grep -c 'ext4\|btrfs')" = 2 ] || fail 'the partition is not formatted'
}
check_empty_table() {
  blank
  printf 'label: dos\n' | sfdisk -q "$data"
  udevadm settle
  mount_volume
  stops $'not-blank\tvol-1\t'"$data"
  [ "$(blkid -p -s PTTYPE -o value "$data")" = dos ] || fail 'the partition table stays'
}
check_other_contents() {
  blank
  mkswap -q "$data"
  mount_volume
  stops $'other-file-system\tvol-1\t'"$data"$'\tswap'
  [ "$(blkid -p -s TYPE -o value "$data")" = swap ] || fail 'the disk is not formatted'
  blank
  printf 'label: gpt\n,20MiB\n,20MiB\n' | sfdisk -q "$data"
  udevadm settle
  mount_volume
  stops $'several-partitions\tvol-1'
  blank
  printf 'label: gpt\n,20MiB\n' | sfdisk -q "$data"
  udevadm settle
  mount_volume
  stops $'no-file-system\tvol-1\t'"$(part)"
}
# A volume that already holds pages is mounted with them; those of the old root stay below.
check_keeps_volume() {
  blank
  mount_volume
  succeeds
  umount $html
  cp /root/fstab /etc/fstab
  on_volume 'rm -r $at/*; echo precious >$at/mine.html'
  mount_volume
  succeeds
  [ "$(ls $html)" = mine.html ] && [ "$(cat $html/mine.html)" = precious ] || fail 'the volume keeps what it holds'
}
check_other_mount() {
  blank
  mount -t tmpfs -o size=1m elsewhere $html
  touch $html/theirs
  mount_volume
  stops $'other-mount\t/var/www/html\telsewhere'
  [ -e $html/theirs ] && cmp -s /etc/fstab /root/fstab || fail 'the other mount stays'
  untouched
  umount $html
  mount "$(disk_of "$SMALL")" $html
  mount_volume
  stops $'other-mount\t/var/www/html\t/dev/*'
  untouched
}
check_other_fstab_line() {
  local line
  for line in "server:/pages $html nfs _netdev 0 0" "tmpfs	$html/	tmpfs	defaults	0 0" "UUID=1-2 $html ext4 defaults,x-sitelifted 0 2"; do
    blank
    echo "$line" >>/etc/fstab
    cp /etc/fstab /root/fstab.theirs
    mount_volume
    stops $'other-fstab-line\t/var/www/html\t'"${line//$'\t'/ }"
    cmp -s /etc/fstab /root/fstab.theirs || fail 'fstab stays'
    untouched
  done
}
check_own_fstab_line() {
  blank
  {
    echo "# UUID=1-2 $html ext4 defaults 0 2"
    echo "tmpfs $html.old tmpfs noauto 0 0"
    echo "UUID=1-2 $html ext4 defaults,nofail,x-sitelift 0 2"
  } >>/etc/fstab
  head -n -1 /etc/fstab >/root/fstab.theirs
  mount_volume
  succeeds
  head -n -1 /etc/fstab | cmp -s - /root/fstab.theirs || fail 'all other lines stay'
  grep -vx "# UUID.*" /etc/fstab >/root/fstab.clean
  cp /root/fstab.clean /etc/fstab
  is_mounted
}
check_too_big() {
  blank
  head -c 40000000 /dev/zero >$html/big.bin
  mount_volume
  stops $'old-root-too-big\t/var/www/html\t40*'
  on_volume '[ "$(ls -A $at)" = lost+found ]' || fail 'nothing is copied'
  ! mountpoint -q /run/sitelift.aside || fail 'nothing stays mounted aside'
  ! mountpoint -q $html || fail 'it is not mounted'
  rm $html/big.bin
  (cd $html && seq 9000 | xargs touch)
  mount_volume
  stops $'old-root-too-many\t/var/www/html\t90*'
  on_volume '[ "$(ls -A $at)" = lost+found ]' || fail 'nothing is copied'
  (cd $html && seq 9000 | xargs rm)
  mount_volume
  succeeds
  is_mounted
  same_pages /root/old $html || fail "the old pages are there"
}
# A copy that was cut short: some pages truncated, one that should not be there.
check_copies_again() {
  blank
  mount_volume
  succeeds
  umount $html
  cp /root/fstab /etc/fstab
  on_volume 'for f in $at/page*; do : >"$f"; done; rm -r $at/sub; touch $at/partly; cp /etc/machine-id $at/.sitelift-copying'
  mount_volume
  succeeds
  is_mounted
  same_pages /root/old $html || fail "the old pages are there, whole"
}
check_copy_from_elsewhere() {
  blank
  mount_volume
  succeeds
  umount $html
  cp /root/fstab /etc/fstab
  on_volume 'rm -r $at/*; echo precious >$at/mine.html; echo other-machine >$at/.sitelift-copying'
  mount_volume
  succeeds
  is_mounted
  [ "$(ls $html)" = mine.html ] || fail 'what came across from another server stays'
}
# The note is on the volume before the first page, and goes when all are there for good.
check_copy_order() {
  blank
  traced cp sync rm mv mount systemctl sfdisk mkfs.ext4
  mount_volume
  succeeds
  local order
  order=$(grep -v 'systemctl show\|conf\.d' /root/trace | sed 's/^\([a-z4.]*\).* \(-[a-z-]*label\).*/\1 \2/; s/^sfdisk -q .*/sfdisk/; s/^\([a-z4.]*\) .*/\1/' | uniq | tr '\n' ' ')
  [[ $order == *'sync cp sync rm sync '* ]] || fail "the copy is safe at each moment: $order"
  [[ $order == *'mount '*'mount sync mv sync systemctl ' && ${order%mv *} != *mv* ]] || fail "the line in fstab comes last: $order"
}
check_aside() {
  blank
  mount_volume
  succeeds
  umount $html
  cp /root/fstab /etc/fstab
  mkdir /run/sitelift.aside
  mount "$(part)" /run/sitelift.aside
  mount_volume
  succeeds
  is_mounted
}
# looks <line…>: what a look inside tells, without the addresses that only a publication makes.
looks() {
  local seen
  seen=$(bash /root/scripts/inspect.sh 2>/dev/null | grep -v '^settings=')
  [ "$seen" = "$(printf '%s\n' "$@")" ] || fail "a look tells $*, and not $seen"
}
check_look() {
  blank
  systemctl enable -q --now httpd
  looks installed=yes enabled=enabled active=active
  mount_volume
  succeeds
  local free
  local mounted=("partition=$(part)" "serial=$DATA" size_bytes=33554432
    disk_bytes=$((1 << 30)) room_bytes=$((1022 << 20)) file_system_bytes=33554432 file_system=ext4)
  free=free_bytes=$(df -B1 --output=avail $html | tail -n 1 | tr -d ' ')
  looks installed=yes enabled=enabled active=active "${mounted[@]}" "$free" in_fstab=yes
  cp /root/fstab /etc/fstab
  mkdir $html/.sitelift
  printf r1 >$html/.sitelift/release
  printf r2 >$html/.sitelift/placing
  free=free_bytes=$(df -B1 --output=avail $html | tail -n 1 | tr -d ' ')
  local seen=(installed=yes enabled=enabled active=active "${mounted[@]}" "$free" in_fstab=no release=r1)
  looks "${seen[@]}" "list=$(sha256sum </dev/null | cut -d ' ' -f 1)" placing=r2
  printf r3 >$html/.sitelift/published
  free=free_bytes=$(df -B1 --output=avail $html | tail -n 1 | tr -d ' ')
  seen=("${seen[@]/free_bytes=*/$free}")
  looks "${seen[@]}" "list=$(printf r3 | sha256sum | cut -d ' ' -f 1)" placing=r2
  systemctl disable -q --now httpd
  umount $html
  looks installed=yes enabled=disabled active=inactive
}
# Settings that the last publication to the volume left on it, as $1, come with it.
check_takes_settings() {
  local fragment=/etc/httpd/conf.d/sitelift.conf kept=$html/.sitelift/settings
  blank
  systemctl enable -q --now httpd
  mount_volume
  succeeds
  mkdir -m 700 $html/.sitelift
  keeps() { echo "$(base64 -d <<<"$1" | gzip -d)" >$kept; }
  again() {
    umount $html
    cp /root/fstab /etc/fstab
    mount_volume "$@"
    succeeds
    is_mounted
  }
  taken() { cmp -s $kept $fragment && cmp -s $kept $fragment.loaded; }
  answers() {
    local try
    for try in {1..40}; do
      [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1/$2")" != "$1" ] || return 0
      sleep 0.1
    done
    fail "/$2 is answered with $1"
  }
  rm -f $fragment $fragment.loaded
  keeps "$OTHER"
  again
  taken || fail 'the settings come with the volume'
  answers 302 elsewhere
  answers 403 .sitelift/release
  keeps "$USUAL"
  again
  taken || fail 'they take the place of others'
  answers 404 elsewhere
  # Those that are in force already stay as they are.
  traced systemctl
  again
  ! grep -q try-reload /root/trace || fail 'nothing is loaded twice'
  rm -r /root/wrap
  hash -r
  # Written by who was killed, and not loaded.
  rm $fragment.loaded
  again
  taken || fail 'they are loaded'
  # What cannot be used leaves those that were there, of which nothing tells whether they are in force.
  cp $fragment /root/fragment
  keeps "$REFUSED"
  again
  cmp -s $fragment /root/fragment && [ ! -e $fragment.loaded ] || fail 'settings that httpd refuses are taken back'
  rm $fragment
  again
  [ ! -e $fragment ] || fail 'of those nothing is left'
  cp $kept $fragment
  again
  [ ! -e $fragment ] || fail 'nor where who was killed had written them'
  # A web server that does not run has them once it does, and is not started.
  keeps "$OTHER"
  systemctl stop httpd
  again
  taken && ! systemctl is-active -q httpd || fail 'they wait for its start'
  systemctl start httpd
  answers 302 elsewhere
  # Whatever else lies there is none.
  local other
  for other in 'sed -i 2s/./x/ $kept' 'truncate -s 300 $kept' 'sed -i 1d $kept' 'chown 65534 $kept' 'chmod o+w $kept' \
    'chown 65534 ${kept%/*}' 'mv $kept $kept.x; ln -s settings.x $kept' 'rm $kept; mkdir $kept'; do
    rm -rf $html/.sitelift
    mkdir -m 700 $html/.sitelift
    keeps "$OTHER"
    rm -f $fragment $fragment.loaded
    eval "$other"
    again
    [ ! -e $fragment ] || fail "nothing is taken after $other"
  done
  rm -rf $html/.sitelift
  mkdir -m 700 $html/.sitelift
  keeps "$OTHER"
  again TAKES_SETTINGS=no
  [ ! -e $fragment ] || fail 'nothing is taken from a volume of others'
  again
  taken || fail 'but from the site’s own'
  rm -f $fragment $fragment.loaded
  systemctl reload httpd
}
check_boot_order() {
  blank
  mount_volume
  succeeds
  [[ " $(systemctl show -p RequiresMountsFor --value httpd) " == *" $html "* ]] || fail 'systemd knows that the web server waits'
}

# kills_mount <n…>: kills the mounting of a blank volume, then mounts again.
kills_mount() {
  local n seen
  for n; do
    blank
    compose mount VOLUME_ID=vol-1 "SERIAL=$DATA" CREATED_BLANK=yes PARTITION_MIB=32 MOUNT_POINT=$html TAKES_SETTINGS=yes >/root/run.sh
    killed_before "$n"
    seen=$(systemctl() { :; }; export -f systemctl; bash /root/scripts/inspect.sh 2>/dev/null)
    if grep -qx in_fstab=yes <<<"$seen"; then
      same_pages /root/old $html || fail "$killed: what counts as mounted holds all pages"
    fi
    mount_volume
    succeeds
    is_mounted
    same_pages /root/old $html || fail "$killed: the old pages are there"
    echo "$n"
  done
}
# The numbers of its commands that change something.
changes_of_mount() {
  blank
  compose mount VOLUME_ID=vol-1 "SERIAL=$DATA" CREATED_BLANK=yes PARTITION_MIB=32 MOUNT_POINT=$html TAKES_SETTINGS=yes >/root/run.sh
  changing_commands
  is_mounted
}

check_by_hand() {
  blank
  printf 'label: dos\n,20MiB\n,20MiB\n' | sfdisk -q "$data"
  udevadm settle
  local second uuid
  second=$(lsblk -nrpo NAME,TYPE "$data" | awk '$2 == "part" && ++i == 2 { print $1 }')
  mkfs.ext4 -q "$second"
  uuid=$(blkid -p -s UUID -o value "$second")
  mount "$second" $html
  echo mine >$html/mine.html
  mount_volume CREATED_BLANK=no
  succeeds
  mount_volume CREATED_BLANK=no
  succeeds
  [ "$(findmnt -nro SOURCE --mountpoint $html)" = "$second" ] || fail 'it is mounted once, as it was'
  grep -q "^UUID=$uuid $html ext4 .*x-sitelift" /etc/fstab || fail 'it is mounted for every boot'
  [ "$(ls $html)" = $'lost+found\nmine.html' ] && [ "$(cat $html/mine.html)" = mine ] || fail 'what is on it stays, and nothing comes to it'
  [ "$(blkid -p -s UUID -o value "$second")" = "$uuid" ] && [ -z "$(wipefs -n "$(part)")" ] || fail 'neither partition is formatted'
  umount $html
}
# Partitions 2 and 3 of which one is ours: a table may leave numbers out, and lists are in no order.
check_numbered() {
  local ours other uuid
  for ours in 2 3; do
    other=$((5 - ours))
    blank
    printf 'label: gpt\n2 : size=20MiB\n3 : size=20MiB\n' | sfdisk -q "$data"
    sfdisk -q --part-label "$data" "$ours" sitelift-data
    udevadm settle
    mkfs.ext4 -q "${data}p$ours"
    uuid=$(blkid -p -s UUID -o value "${data}p$ours")
    mount_volume
    succeeds
    [ "$(findmnt -nro SOURCE --mountpoint $html)" = "${data}p$ours" ] || fail 'the partition that is labelled is mounted'
    [ "$(blkid -p -s UUID -o value "${data}p$ours")" = "$uuid" ] && [ -z "$(wipefs -n "${data}p$other")" ] || fail 'neither partition is formatted'
  done
}
# unmount_volume [NAME=value…]
unmount_volume() { run unmount VOLUME_ID=vol-1 "SERIAL=$DATA" MOUNT_POINT=$html "$@"; }
is_unmounted() {
  [ -z "$(findmnt -nro TARGET --source "$(part)")" ] || fail 'nothing of the volume is mounted'
  cmp -s /etc/fstab /root/fstab || fail "fstab is as it was before: $(cat /etc/fstab)"
  ! systemctl is-active -q httpd || fail 'the web server is stopped'
  on_volume 'diff -r --no-dereference -x lost+found /root/old $at >/root/said' || fail 'the pages are on the volume'
}
mounted_and_served() {
  blank
  mount_volume
  succeeds
  systemctl start httpd
}
check_unmounts() {
  mounted_and_served
  unmount_volume
  succeeds
  is_unmounted
  unmount_volume
  succeeds
  is_unmounted
  mount_volume
  succeeds
  is_mounted
  same_pages /root/old $html || fail 'mounted again, the pages are there'
}
check_unmount_gone() {
  mounted_and_served
  systemctl stop httpd
  umount $html
  unmount_volume SERIAL=vol9
  succeeds
  is_unmounted
}
check_unmount_busy() {
  mounted_and_served
  (cd $html && exec sleep 600) &
  local holder=$!
  unmount_volume
  stops $'still-in-use\t/var/www/html\t*busy*'
  kill "$holder"
  wait "$holder" 2>/dev/null || true
  unmount_volume
  succeeds
  is_unmounted
}
check_unmount_elsewhere() {
  mounted_and_served
  mkdir -p /root/elsewhere
  mount "$(part)" /root/elsewhere
  unmount_volume
  stops $'mounted-elsewhere\tvol-1\t/root/elsewhere'
  umount /root/elsewhere
  unmount_volume
  succeeds
  is_unmounted
}
check_unmount_other() {
  blank
  local small
  small=$(disk_of "$SMALL")
  mount "$small" $html
  unmount_volume
  stops $'other-mount\t/var/www/html\t/dev/*'
  [ "$(findmnt -nro SOURCE --mountpoint $html)" = "$small" ] || fail 'what others mounted stays'
  umount $html
}
# The line in fstab goes last, so that a killed run is not taken for a whole one.
check_unmount_order() {
  mounted_and_served
  traced umount mv systemctl sync
  unmount_volume
  succeeds
  local order
  order=$(grep -v 'is-active' /root/trace | sed 's/^\([a-z]*\) .*/\1/' | tr '\n' ' ')
  [ "$order" = 'systemctl sync umount sync mv sync systemctl ' ] || fail "stopped, unmounted, then forgotten: $order"
}
kills_unmount() {
  local n
  for n; do
    mounted_and_served
    compose unmount VOLUME_ID=vol-1 "SERIAL=$DATA" MOUNT_POINT=$html >/root/run.sh
    killed_before "$n"
    unmount_volume
    succeeds
    is_unmounted
    echo "$n"
  done
}
changes_of_unmount() {
  mounted_and_served
  compose unmount VOLUME_ID=vol-1 "SERIAL=$DATA" MOUNT_POINT=$html >/root/run.sh
  changing_commands
  is_unmounted
}

# What is served before the first publication, with names that are hard to handle.
served() {
  blank
  rm -rf $html/.sitelift
  echo odd >"$html/"$'new\nline.html'
  echo dash >$html/-rf
  rm -rf /root/old
  cp -a $html /root/old
}
keep() { run keep SITE=ab12cd34; }
is_kept() {
  same_pages /root/old $html/.sitelift/before || fail 'all is kept, links as links'
  diff -r --no-dereference -x .sitelift /root/old $html >/root/said || fail 'what is served stays'
  [ "$(stat -c %a $html/.sitelift)" = 700 ] || fail 'the web server cannot read what is kept'
  [ ! -e $html/.sitelift/before.new ] && [ ! -e $html/.sitelift/kept-for.new ] || fail 'nothing half is left'
  [ "$(cat $html/.sitelift/kept-for)" = ab12cd34 ] || fail 'it is noted whom it is kept for'
}
check_keeps() {
  served
  keep
  succeeds
  is_kept
  [ "$(stat -c %i $html/-rf)" = "$(stat -c %i $html/.sitelift/before/-rf)" ] || fail 'it takes no room'
  echo new >/root/new
  mv -f /root/new $html/-rf
  keep
  succeeds
  [ "$(cat $html/.sitelift/before/-rf)" = dash ] || fail 'what was there before stays as it was, whatever was published since'
  run inspect
  grep -qxF kept_for=ab12cd34 /root/printed || fail 'a look tells whom it is kept for'
  run keep SITE=other
  succeeds
  [ "$(cat $html/.sitelift/kept-for)" = other ] && [ "$(ls $html/.sitelift | tr '\n' ' ')" = 'before kept-for ' ] || fail 'another site takes it over as it is'
  rm -rf $html/.sitelift
}
check_keep_notes() {
  served
  mkdir -m 700 $html/.sitelift
  echo r1 >$html/.sitelift/release
  echo list >$html/.sitelift/published
  echo theirs >$html/.sitelift/settings
  keep
  succeeds
  is_kept
  [ "$(ls $html/.sitelift | tr '\n' ' ')" = 'before kept-for ' ] || fail 'what another site published is nobody’s now'
  echo list >$html/.sitelift/published
  echo more >$html/more.html
  cp -a $html/more.html /root/old
  keep
  succeeds
  is_kept
  [ "$(ls -d $html/.sitelift/before* | wc -l)" = 2 ] && ! ls $html/.sitelift/before.*/more.html 2>/dev/null || fail 'what was kept before stays'
  rm -rf $html/.sitelift
}
check_keep_link() {
  served
  mkdir -p /root/elsewhere
  ln -s /root/elsewhere $html/.sitelift
  keep
  stops $'link-in-the-way\t1\t.sitelift'
  [ -z "$(ls -A /root/elsewhere)" ] || fail 'nothing is written through a link'
  rm $html/.sitelift
}
kills_keep() {
  local n
  for n; do
    served
    compose keep SITE=ab12cd34 >/root/run.sh
    killed_before "$n"
    keep
    succeeds
    is_kept
    echo "$n"
  done
  rm -rf $html/.sitelift
}
changes_of_keep() {
  served
  compose keep SITE=ab12cd34 >/root/run.sh
  changing_commands
  is_kept
}
check_survey() {
  served
  systemctl start httpd
  run survey
  succeeds
  local line
  grep -qE "^listener=(httpd|apache2)$" /root/printed || fail "it tells who answers"
  for line in packages=dnf served_root=/var/www/html fstab= kept=no files=8 "file=$(sha256sum <$html/-rf | cut -b -64) -rf" \
    "file=$(sha256sum <$html/sub/page.html | cut -b -64) sub/page.html" "file=$(echo odd | sha256sum | cut -b -64) new?line.html"; do
    grep -qxF -- "$line" /root/printed || fail "it tells $line: $(cat /root/printed)"
  done
  [ "$(grep -c ^file= /root/printed)" = 8 ] || fail 'it tells each file once, and no link'
  printf '/dev/sdf1 /var/www/html/ ext4 defaults 0 2\n' >>/etc/fstab
  keep
  run survey
  grep -qxF fstab=/dev/sdf1 /root/printed || fail 'it tells what is mounted at boot'
  grep -qxF kept=yes /root/printed || fail 'it tells what is kept'
  grep -qxF files=8 /root/printed || fail 'what is kept does not count as served'
  cp /root/fstab /etc/fstab
  local n
  for n in {1..400}; do echo "$n" >"$html/a long name that many pages have, so that the answer has an end $n.html"; done
  run survey
  succeeds
  grep -qxF files=408 /root/printed || fail 'it counts all files'
  [ "$(stat -c %s /root/printed)" -lt 24000 ] || fail 'SSM keeps all that it prints'
  rm -rf $html/.sitelift
}
