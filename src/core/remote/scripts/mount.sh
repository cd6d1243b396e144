# Mounts the volume on the document root, by its serial. Formats only a volume that we created and that is still blank.
# Values: VOLUME_ID SERIAL CREATED_BLANK PARTITION_MIB MOUNT_POINT TAKES_SETTINGS
set -euo pipefail
export LC_ALL=C
stop() { printf 'sitelift: %s' "$1" >&2; shift; [ $# = 0 ] || printf '\t%s' "${@//[$'\t\r\n']/ }" >&2; echo >&2; exit 1; }
exec 9>/run/sitelift.lock
flock -w 300 9 || stop busy

# A run that was killed may have left the volume mounted aside.
aside=/run/sitelift.aside
put_away() {
  while mountpoint -q "$aside"; do umount "$aside"; done
  [ ! -d "$aside" ] || rmdir "$aside"
}
trap put_away EXIT
put_away

find_disk() { lsblk -dnrpo NAME,SERIAL | awk -v serial="$SERIAL" '$2 == serial { print $1 }'; }
for _ in $(seq 60); do
  disk=$(find_disk)
  [ -n "$disk" ] && [ -b "$disk" ] && break
  sleep 1
done
[ -n "$disk" ] && [ -b "$disk" ] || stop no-disk "$VOLUME_ID"
udevadm settle

file_system() { blkid -p -s TYPE -o value "$1" 2>/dev/null || true; }
partitions() { lsblk -nrpo NAME,TYPE "$disk" | awk '$2 == "part" { print $1 }'; }
# Its number in the table, which may leave some out, and which the order of a list does not tell.
number_of() { cat "/sys/class/block/${1##*/}/partition"; }
# `blkid -p` answers 2 for "blank" and for "no such device", so the device is checked first; for a partition it answers 0
# with nothing but the partition's own entry. `wipefs` must agree that nothing recognisable is there.
is_blank() {
  [ -b "$1" ] || return 1
  local status=0 found signatures
  found=$(blkid -p -s TYPE -s USAGE -s PTTYPE -o value "$1" 2>/dev/null) || status=$?
  [ "$status" = 0 ] || [ "$status" = 2 ] || return 1
  [ -z "$found" ] || return 1
  signatures=$(wipefs -n "$1") || return 1
  [ -z "$signatures" ]
}
format() {
  is_blank "$1" || stop not-blank "$VOLUME_ID" "$1"
  mkfs.ext4 -q -L sitelift "$1"
}

# Whatever else is mounted there, or is to be mounted there at the next boot, is somebody's: it stays. Ours is marked.
mounted=$(findmnt -nro SOURCE --mountpoint "$MOUNT_POINT" | tail -n 1 || true)
[ -z "$mounted" ] || lsblk -nrpo NAME "$disk" | grep -xF -- "$mounted" >/dev/null || stop other-mount "$MOUNT_POINT" "$mounted"
uuids=$(lsblk -nrpo NAME "$disk" | while read -r name; do blkid -p -s UUID -o value "$name" 2>/dev/null || true; done)
# Lines of fstab: `foreign` ones for the mount point, or all but those `for` it.
fstab() {
  awk -v what="$1" -v at="$MOUNT_POINT" -v uuids="$(echo $uuids)" '
    BEGIN { count = split(uuids, list, " "); for (i = 1; i <= count; i++) ours["UUID=" list[i]] = 1 }
    { point = $2; if (point != "/") sub(/\/+$/, "", point); here = !/^[[:space:]]*#/ && point == at }
    what == "foreign" && here && !($1 in ours) && ("," $4 ",") !~ /,x-sitelift,/
    what == "for" && !here' /etc/fstab
}
foreign=$(fstab foreign | head -n 1)
[ -z "$foreign" ] || stop other-fstab-line "$MOUNT_POINT" "$foreign"

target=
parts=$(partitions)
if [ -n "$parts" ]; then
  for part in $parts; do
    n=$(number_of "$part")
    label=$(sfdisk --part-label "$disk" "$n" 2>/dev/null || true)
    if [ "$label" = sitelift-new ]; then
      [ -n "$(file_system "$part")" ] || format "$part"
      sfdisk -q --part-label "$disk" "$n" sitelift-data
      udevadm settle
      label=sitelift-data
    fi
    if [ "$label" = sitelift-data ]; then target=$part; break; fi
  done
  if [ -z "$target" ] && [ "$(echo "$parts" | wc -l)" = 1 ]; then target=$parts; fi
  # Which of several holds the pages is known once one of them is there.
  [ -n "$target" ] || target=$mounted
  [ -n "$target" ] || stop several-partitions "$VOLUME_ID"
elif [ -n "$(file_system "$disk")" ]; then
  target=$disk
else
  [ "$CREATED_BLANK" = yes ] || stop not-ours "$VOLUME_ID"
  is_blank "$disk" || stop not-blank "$VOLUME_ID" "$disk"
  size=
  [ "$PARTITION_MIB" = 0 ] || size="size=${PARTITION_MIB}MiB, "
  printf 'label: gpt\n%sname=sitelift-new\n' "$size" | sfdisk -q "$disk"
  udevadm settle
  target=$(partitions)
  format "$target"
  sfdisk -q --part-label "$disk" 1 sitelift-data
  udevadm settle
fi
case $(file_system "$target") in
  ext4 | xfs) ;;
  '') stop no-file-system "$VOLUME_ID" "$target" ;;
  *) stop other-file-system "$VOLUME_ID" "$target" "$(file_system "$target")" ;;
esac
[ -z "$mounted" ] || [ "$mounted" = "$target" ] || stop other-mount "$MOUNT_POINT" "$mounted"
uuid=$(blkid -p -s UUID -o value "$target")
mkdir -p "$MOUNT_POINT"

# What the old document root holds must not vanish behind the mount. A copy that was cut short is made anew from the same
# root; on another server's root those pages are not, so there what came across stays.
content() { find "$1" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .sitelift-copying "${@:2}"; }
copy_old_root() {
  local copying=$aside/.sitelift-copying bytes inodes free free_inodes
  if [ -e "$copying" ] && [ "$(cat "$copying")" = "$(cat /etc/machine-id)" ]; then
    content "$aside" -exec rm -rf {} +
  fi
  if [ -z "$(content "$aside")" ] && [ -n "$(content "$MOUNT_POINT")" ]; then
    bytes=$(du -sB1 "$MOUNT_POINT" | cut -f 1) inodes=$(du -s --inodes "$MOUNT_POINT" | cut -f 1)
    read -r free free_inodes < <(df -B1 --output=avail,iavail "$aside" | tail -n 1)
    [ "$bytes" -lt "$free" ] || stop old-root-too-big "$MOUNT_POINT" "$bytes" "$free"
    [ "$inodes" -lt "$free_inodes" ] || stop old-root-too-many "$MOUNT_POINT" "$inodes" "$free_inodes"
    cat /etc/machine-id >"$copying"
    sync -f "$aside"
    cp -a "$MOUNT_POINT/." "$aside/"
    sync -f "$aside"
  fi
  rm -f "$copying"
  sync -f "$aside"
}
if [ -z "$mounted" ]; then
  mkdir "$aside"
  mount "$target" "$aside"
  copy_old_root
  put_away
fi

for unit in httpd apache2; do
  [ "$(systemctl show -p LoadState --value "$unit.service")" = loaded ] || continue
  mkdir -p "/etc/systemd/system/$unit.service.d"
  printf '[Unit]\nRequiresMountsFor=%s\n' "$MOUNT_POINT" >"/etc/systemd/system/$unit.service.d/sitelift.conf"
done
# The line in fstab comes last: it says that all of this is done. systemd would unmount at once what an older line is for.
write_fstab() {
  cat >/etc/fstab.sitelift
  chmod 644 /etc/fstab.sitelift
  sync -f /etc
  mv /etc/fstab.sitelift /etc/fstab
  sync -f /etc
  systemctl daemon-reload
}
if [ -z "$mounted" ]; then
  [ "$(fstab for)" = "$(cat /etc/fstab)" ] || fstab for | write_fstab
  mount "$target" "$MOUNT_POINT"
fi
chmod u+rwx,go+rx "$MOUNT_POINT"
if command -v restorecon >/dev/null 2>&1; then restorecon -R "$MOUNT_POINT"; fi
# What the last publication to this volume had the web server do comes with its pages. Only root can have put it there; what cannot be used is brought by the
# next publication.
take_settings() {
  local kept=$MOUNT_POINT/.sitelift/settings unit=apache2 fragment=/etc/apache2/conf-enabled/sitelift.conf former id body
  [ ! -d /etc/httpd/conf.d ] || unit=httpd fragment=/etc/httpd/conf.d/sitelift.conf
  [ -d "${fragment%/*}" ] || return 0
  [ "$(find "${kept%/*}" "$kept" -maxdepth 0 ! -type l -uid 0 ! -perm /022 2>/dev/null | wc -l)" = 2 ] || return 0
  id=$(sed -n '1s/^# Written by Sitelift, .*: //p' "$kept")
  body=$(tail -n +2 "$kept")
  [ "$(printf %s "$body" | sha256sum | cut -b -64)" = "$id" ] || return 0
  ! cmp -s "$kept" "$fragment" || ! cmp -s "$kept" "$fragment.loaded" || return 0
  former=$(cat "$fragment" 2>/dev/null)
  rm -f "$fragment.loaded"
  [ "$unit" = httpd ] || a2enmod -q rewrite headers deflate filter >/dev/null
  cp "$kept" "$fragment.new" && sync "$fragment.new" && mv -f "$fragment.new" "$fragment" || return 0
  # One that does not run now takes them up when it starts.
  if apachectl configtest >/dev/null 2>&1 && systemctl try-reload-or-restart "$unit"; then
    cp "$kept" "$fragment.loaded"
  elif [ "$former" ] && [ "$former" != "$(cat "$kept")" ]; then
    echo "$former" >"$fragment"
  else
    rm -f "$fragment"
  fi
  sync -f "${fragment%/*}"
}
[ "$TAKES_SETTINGS" = no ] || take_settings || true
entry="UUID=$uuid $MOUNT_POINT $(file_system "$target") defaults,nofail,x-systemd.device-timeout=30,x-sitelift 0 2"
{ fstab for; echo "$entry"; } | write_fstab
