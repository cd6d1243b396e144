# Makes the mounted partition of the volume and its file system larger while they are in use. Nothing gets smaller, nothing is unmounted.
# Values: VOLUME_ID SERIAL SIZE_GIB PARTITION_MIB MOUNT_POINT
set -euo pipefail
export LC_ALL=C
stop() { printf 'sitelift: %s' "$1" >&2; shift; [ $# = 0 ] || printf '\t%s' "${@//[$'\t\r\n']/ }" >&2; echo >&2; exit 1; }
exec 9>/run/sitelift.lock
flock -w 300 9 || stop busy
told=$(mktemp)
trap 'rm -f "$told"' EXIT
said() { grep -m 1 ': ' "$told" || tail -n 1 "$told"; }

# Only what is on the disk with the volume's serial and on the document root is ours.
disk=$(lsblk -dnrpo NAME,SERIAL | awk -v serial="$SERIAL" '$2 == serial { print $1 }')
[ -n "$disk" ] && [ -b "$disk" ] || stop no-disk "$VOLUME_ID"
target=$(findmnt -nro SOURCE --mountpoint "$MOUNT_POINT" | tail -n 1 || true)
[ -n "$target" ] && lsblk -nrpo NAME "$disk" | grep -xF -- "$target" >/dev/null || stop other-volume "$VOLUME_ID" "$MOUNT_POINT"
block=/sys/class/block/${target##*/}
[ "$target" = "$disk" ] || [ -e "$block/partition" ] || stop other-device "$VOLUME_ID" "$target"
kind=$(findmnt -nro FSTYPE --mountpoint "$MOUNT_POINT" | tail -n 1)
case $kind in
  ext4) tool=resize2fs ;;
  xfs) tool=xfs_growfs ;;
  *) stop other-file-system "$VOLUME_ID" "$target" "$kind" ;;
esac
command -v "$tool" >/dev/null || stop no-tool "$tool" "$kind"

# The kernel hears of the new size by itself, some seconds after the volume has it.
bytes() { lsblk -dnrbo SIZE "$disk"; }
rescan=/sys/block/${disk##*/}/device/rescan_controller
for _ in $(seq 60); do
  [ "$(bytes)" -lt $((SIZE_GIB << 30)) ] || break
  [ ! -w "$rescan" ] || echo 1 >"$rescan"
  sleep 1
done
[ "$(bytes)" -ge $((SIZE_GIB << 30)) ] || stop disk-not-grown "$VOLUME_ID" "$(bytes)"

# Sectors in /sys are of 512 bytes. A partition can go on to the next one, or to 1 MiB before the end, where GPT has its copy.
if [ "$target" != "$disk" ]; then
  start=$(cat "$block/start") now=$(cat "$block/size") end=$(($(bytes) / 512 - 2048))
  for other in "/sys/class/block/${disk##*/}/"*/start; do
    other=$(cat "$other")
    [ "$other" -le "$start" ] || [ "$other" -ge "$end" ] || end=$other
  done
  room=$(((end - start) / 2048)) mib=$PARTITION_MIB
  [ "$mib" != 0 ] || mib=$room
  [ "$mib" -le "$room" ] || stop no-room "$VOLUME_ID" "$mib" "$room"
  if [ $((mib * 2048)) -gt "$now" ]; then
    n=$(cat "$block/partition")
    # GPT's copy is still where the disk once ended.
    [ "$(lsblk -dnro PTTYPE "$disk")" != gpt ] || sfdisk -q --relocate gpt-bak-std "$disk" 2>"$told" || stop not-partitioned "$VOLUME_ID" "$(said)"
    echo ", ${mib}MiB" | sfdisk -q --no-reread --no-tell-kernel -N "$n" "$disk" 2>"$told" || stop not-partitioned "$VOLUME_ID" "$(said)"
    partx --update --nr "$n" "$disk" 2>"$told" || stop not-partitioned "$VOLUME_ID" "$(said)"
    udevadm settle
  fi
fi

# Both are done with at once when there is nothing to do.
case $kind in
  ext4) resize2fs "$target" >"$told" 2>&1 ;;
  xfs) xfs_growfs "$MOUNT_POINT" >"$told" 2>&1 ;;
esac || stop file-system-not-grown "$VOLUME_ID" "$(said)"
sync -f "$MOUNT_POINT"
