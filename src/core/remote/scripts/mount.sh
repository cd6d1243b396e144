# Mounts the volume on the document root, by its serial. Formats only a volume that we created and that is still blank.
# Values: VOLUME_ID SERIAL CREATED_BLANK PARTITION_MIB MOUNT_POINT
set -euo pipefail
stop() { echo "sitelift: $1" >&2; exit 1; }
exec 9>/run/sitelift.lock
flock -w 300 9 || stop 'Another Sitelift run is busy on the server. Wait until it has ended and try again.'

find_disk() { lsblk -dnrpo NAME,SERIAL | awk -v serial="$SERIAL" '$2 == serial { print $1 }'; }
for _ in $(seq 60); do
  disk=$(find_disk)
  [ -n "$disk" ] && [ -b "$disk" ] && break
  sleep 1
done
[ -n "$disk" ] && [ -b "$disk" ] || stop "The disk of $VOLUME_ID does not show up on the server. Detach it, attach it again, and retry."
udevadm settle

file_system() { blkid -p -s TYPE -o value "$1" 2>/dev/null || true; }
partition_path() { lsblk -nrpo NAME,TYPE "$disk" | awk -v n="$1" '$2 == "part" && ++i == n { print $1 }'; }
partition_count() { lsblk -nrpo TYPE "$disk" | grep -c '^part$' || true; }
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
  is_blank "$1" || stop "$1 on $VOLUME_ID is not blank any more, so it is not formatted."
  mkfs.ext4 -q -L sitelift "$1"
}

target=
if [ "$(partition_count)" -gt 0 ]; then
  for n in $(seq "$(partition_count)"); do
    part=$(partition_path "$n")
    label=$(sfdisk --part-label "$disk" "$n" 2>/dev/null || true)
    if [ "$label" = sitelift-new ]; then
      [ -n "$(file_system "$part")" ] || format "$part"
      sfdisk -q --part-label "$disk" "$n" sitelift-data
      udevadm settle
      label=sitelift-data
    fi
    if [ "$label" = sitelift-data ]; then target=$part; break; fi
  done
  if [ -z "$target" ] && [ "$(partition_count)" = 1 ]; then target=$(partition_path 1); fi
  [ -n "$target" ] || stop "$VOLUME_ID has several partitions, none made by Sitelift. Nothing was changed; use a volume with one partition."
elif [ -n "$(file_system "$disk")" ]; then
  target=$disk
else
  [ "$CREATED_BLANK" = yes ] || stop "$VOLUME_ID has no file system and was not created by Sitelift, so it is not formatted. Format it yourself, or let Sitelift create a volume."
  is_blank "$disk" || stop "$VOLUME_ID holds something that is not a file system, so it is not formatted. Nothing was changed."
  size=
  [ "$PARTITION_MIB" = 0 ] || size="size=${PARTITION_MIB}MiB, "
  printf 'label: gpt\n%sname=sitelift-new\n' "$size" | sfdisk -q "$disk"
  udevadm settle
  target=$(partition_path 1)
  format "$target"
  sfdisk -q --part-label "$disk" 1 sitelift-data
  udevadm settle
fi
case $(file_system "$target") in
  ext4 | xfs) ;;
  '') stop "$target on $VOLUME_ID has no file system that is known here. Nothing was changed." ;;
  *) stop "$target on $VOLUME_ID has a $(file_system "$target") file system; Sitelift mounts ext4 and xfs. Nothing was changed." ;;
esac

uuid=$(blkid -p -s UUID -o value "$target")
mkdir -p "$MOUNT_POINT"
mounted=$(findmnt -nro UUID --mountpoint "$MOUNT_POINT" || true)
[ -z "$mounted" ] || [ "$mounted" = "$uuid" ] || stop "Another disk is mounted on $MOUNT_POINT. Unmount it first; nothing was changed."

# What the old document root holds must not vanish behind the mount.
if [ -z "$mounted" ] && [ -n "$(ls -A "$MOUNT_POINT")" ]; then
  fresh=$(mktemp -d)
  mount "$target" "$fresh"
  if [ -z "$(ls -A "$fresh" | grep -vx 'lost+found')" ]; then cp -a "$MOUNT_POINT/." "$fresh/"; fi
  umount "$fresh"
  rmdir "$fresh"
fi

entry="UUID=$uuid $MOUNT_POINT $(file_system "$target") defaults,nofail,x-systemd.device-timeout=30 0 2"
{ awk -v at="$MOUNT_POINT" '$2 != at || /^#/' /etc/fstab; echo "$entry"; } >/etc/fstab.sitelift
chmod 644 /etc/fstab.sitelift
mv /etc/fstab.sitelift /etc/fstab
systemctl daemon-reload
mountpoint -q "$MOUNT_POINT" || mount "$MOUNT_POINT"
chmod 755 "$MOUNT_POINT"
if command -v restorecon >/dev/null 2>&1; then restorecon -R "$MOUNT_POINT"; fi

for unit in httpd apache2; do
  systemctl cat "$unit.service" >/dev/null 2>&1 || continue
  mkdir -p "/etc/systemd/system/$unit.service.d"
  printf '[Unit]\nRequiresMountsFor=%s\n' "$MOUNT_POINT" >"/etc/systemd/system/$unit.service.d/sitelift.conf"
done
systemctl daemon-reload
