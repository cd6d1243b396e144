# Tells what a server serves that is to be adopted; prints name=value lines and changes nothing.
export LC_ALL=C
root=/var/www/html
if command -v dnf >/dev/null 2>&1; then echo packages=dnf; elif command -v apt-get >/dev/null 2>&1; then echo packages=apt-get; fi
echo "listener=$(ss -Hltnp 'sport = :80' 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)".*/\1/p' | sort -u | head -n 1)"
echo "served_root=$(apachectl -t -D DUMP_RUN_CFG 2>/dev/null | sed -n 's/^Main DocumentRoot: "\(.*\)"$/\1/p')"
echo "fstab=$(awk -v at="$root" '!/^[[:space:]]*#/ { point = $2; if (point != "/") sub(/\/+$/, "", point); if (point == at) print $1 }' /etc/fstab | tail -n 1)"
if [ -d "$root/.sitelift/before" ]; then echo kept=yes; else echo kept=no; fi
cd "$root" 2>/dev/null || exit 0
found() { find . \( -path ./.sitelift -o -path ./lost+found \) -prune -o -type f -printf '%P\0' | sort -z; }
echo "files=$(found | tr -cd '\0' | wc -c)"
# SSM keeps 24,000 characters.
found | head -z -n 300 | sed -z 's,^,./,' | xargs -0 -r sha256sum -z -- |
  sed -z 's,^\([0-9a-f]*\)  \./,file=\1 ,' | tr '\0\001-\037\177' '\n?' |
  awk '{ size += length($0) + 1; if (size > 20000) exit; print }'
exit 0
