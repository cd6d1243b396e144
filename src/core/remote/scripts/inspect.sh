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
    echo "serial=$(lsblk -dnro SERIAL "${disk:-$partition}")"
    echo "size_bytes=$(lsblk -dnrbo SIZE "$partition")"
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
for fragment in /etc/httpd/conf.d/sitelift.conf /etc/apache2/conf-enabled/sitelift.conf; do
  # What was written and not loaded does not count.
  if cmp -s "$fragment" "$fragment.loaded"; then echo "settings=$(sed -n '1s/^#.*: \([0-9a-f]*\)$/\1/p' "$fragment")"; fi
done
exit 0
