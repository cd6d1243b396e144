# Looks at the web server and the document root; prints name=value lines and changes nothing.
root=/var/www/html
if [ -d /etc/httpd ] || command -v dnf >/dev/null 2>&1; then unit=httpd; else unit=apache2; fi
if [ "$(systemctl show -p LoadState --value "$unit.service")" = loaded ]; then echo installed=yes; else echo installed=no; fi
echo "enabled=$(systemctl is-enabled "$unit" 2>/dev/null)"
echo "active=$(systemctl is-active "$unit" 2>/dev/null)"
# Of mounts on top of each other the last one is seen.
mounted() { findmnt -nro "$1" --mountpoint "$root" 2>/dev/null | tail -n 1; }
partition=$(mounted SOURCE)
if [ -n "$partition" ]; then
  echo "partition=$partition"
  if [ -b "$partition" ]; then
    disk=$(lsblk -nrpo PKNAME "$partition" | head -n 1)
    disk=${disk:-$partition}
    echo "serial=$(lsblk -dnro SERIAL "$disk")"
    echo "size_bytes=$(lsblk -dnrbo SIZE "$partition")"
    echo "disk_bytes=$(lsblk -dnrbo SIZE "$disk")"
    # As in grow.sh: as far as the next partition, or 1 MiB before the end.
    if start=$(cat "/sys/class/block/${partition##*/}/start" 2>/dev/null); then
      end=$(($(lsblk -dnrbo SIZE "$disk") / 512 - 2048))
      for other in "/sys/class/block/${disk##*/}/"*/start; do
        other=$(cat "$other")
        if [ "$other" -gt "$start" ] && [ "$other" -lt "$end" ]; then end=$other; fi
      done
      echo "room_bytes=$(((end - start) * 512))"
    fi
    case $(mounted FSTYPE) in
      ext4) blocks=$(dumpe2fs -h "$partition" 2>/dev/null | awk '/^Block count:/ { n = $3 } /^Block size:/ { print n " * " $3 }') ;;
      xfs) blocks=$(xfs_info "$root" 2>/dev/null | sed -n 's/^data .*bsize=\([0-9]*\) *blocks=\([0-9]*\),.*/\1 * \2/p') ;;
      *) blocks= ;;
    esac
    if [ -n "$blocks" ]; then echo "file_system_bytes=$((blocks))"; fi
  fi
  echo "file_system=$(mounted FSTYPE)"
  echo "free_bytes=$(df -B1 --output=avail "$root" | tail -n 1 | tr -d ' ')"
  if grep -qE "^UUID=$(mounted UUID)[[:space:]]+$root[[:space:]]" /etc/fstab; then echo in_fstab=yes; else echo in_fstab=no; fi
fi
if [ -r "$root/.sitelift/release" ]; then
  echo "release=$(head -c 64 "$root/.sitelift/release")"
  echo "list=$(cat "$root/.sitelift/published" 2>/dev/null | sha256sum | cut -b -64)"
fi
if [ -r "$root/.sitelift/placing" ]; then echo "placing=$(head -c 64 "$root/.sitelift/placing")"; fi
for before in "$root/.sitelift/before" "$root/.sitelift/before.next"; do
  if [ -d "$before" ]; then echo "before=$(stat -c %Y "$before")"; fi
done
if [ -r "$root/.sitelift/kept-for" ]; then echo "kept_for=$(head -c 64 "$root/.sitelift/kept-for")"; fi
for fragment in /etc/httpd/conf.d/sitelift.conf /etc/apache2/conf-enabled/sitelift.conf; do
  # What was written and not loaded does not count.
  if cmp -s "$fragment" "$fragment.loaded"; then echo "settings=$(sed -n '1s/^#.*: \([0-9a-f]*\)$/\1/p' "$fragment")"; fi
done
exit 0
