# Takes the volume off the document root, so that it can be detached: unmounted, and not to be mounted at the next boot.
# Values: VOLUME_ID SERIAL MOUNT_POINT
set -euo pipefail
export LC_ALL=C
stop() { printf 'sitelift: %s' "$1" >&2; shift; [ $# = 0 ] || printf '\t%s' "${@//[$'\t\r\n']/ }" >&2; echo >&2; exit 1; }
exec 9>/run/sitelift.lock
flock -w 300 9 || stop busy

disk=$(lsblk -dnrpo NAME,SERIAL | awk -v serial="$SERIAL" '$2 == serial { print $1 }')
# A volume that is gone already has no names here.
names() { [ -z "$disk" ] || lsblk -nrpo NAME "$disk"; }
mounted=$(findmnt -nro SOURCE --mountpoint "$MOUNT_POINT" | tail -n 1 || true)
[ -z "$mounted" ] || names | grep -xF -- "$mounted" >/dev/null || stop other-mount "$MOUNT_POINT" "$mounted"

if [ -n "$mounted" ]; then
  for unit in httpd apache2; do
    systemctl is-active -q "$unit.service" || continue
    systemctl stop "$unit.service"
  done
  sync -f "$MOUNT_POINT"
  while mountpoint -q "$MOUNT_POINT"; do
    said=$(umount "$MOUNT_POINT" 2>&1) || stop still-in-use "$MOUNT_POINT" "$said"
  done
fi
elsewhere=$(names | while read -r name; do findmnt -nro TARGET --source "$name" || true; done | head -n 1)
[ -z "$elsewhere" ] || stop mounted-elsewhere "$VOLUME_ID" "$elsewhere"

# The line in fstab is dropped last: as long as it is there, this is not done.
uuids=$(names | while read -r name; do blkid -p -s UUID -o value "$name" 2>/dev/null || true; done)
awk -v at="$MOUNT_POINT" -v uuids="$(echo $uuids)" '
  BEGIN { count = split(uuids, list, " "); for (i = 1; i <= count; i++) ours["UUID=" list[i]] = 1 }
  { point = $2; if (point != "/") sub(/\/+$/, "", point); here = !/^[[:space:]]*#/ && point == at }
  !(here && (($1 in ours) || ("," $4 ",") ~ /,x-sitelift,/))' /etc/fstab >/etc/fstab.sitelift
chmod 644 /etc/fstab.sitelift
sync -f /etc
mv /etc/fstab.sitelift /etc/fstab
sync -f /etc
systemctl daemon-reload
