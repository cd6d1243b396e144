# Sends what a server served before its first publication to the bucket, as a bundle of pages with a list of them as its first entry.
# Hidden files, links, what the web server may not read and names that no release can have stay where they are, and are told; so are the largest of more than one PUT takes.
# Values: URL (of a PUT) MOST_BYTES
# The list holds NUL-ended records `size sha256 path`.
set -euo pipefail
export LC_ALL=C
stop() { printf 'sitelift: %s' "$1" >&2; shift; [ $# = 0 ] || printf '\t%s' "${@//[$'\t\r\n']/ }" >&2; echo >&2; exit 1; }
root=/var/www/html
work=$root/.sitelift
before=$work/before
exec 9>/run/sitelift.lock
flock -w 300 9 || stop busy
mountpoint -q "$root" || stop not-mounted "$root"
[ ! -L "$work" ] || stop link-in-the-way 1 .sitelift
told=$(mktemp -d)
sweep() { rm -f "$work"/import.tar.gz /var/tmp/sitelift-import.*; }
sweep
trap 'rm -rf "$told"; sweep' EXIT

# What was kept is followed by what is served now, as long as nobody has published there.
[ -e "$before" ] || [ ! -d "$before.next" ] || mv -T "$before.next" "$before"
[ -d "$before" ] || stop nothing-kept
links() { (cd "$1" && find . -xdev -mindepth 1 \( -path ./.sitelift -o -path ./lost+found \) -prune -o ! -type d -printf '%i %P\0' | sort -z); }
if [ -z "$(find "$work/release" "$work/published" "$work/placing" -maxdepth 0 2>/dev/null)" ]; then
  links "$root" >"$told/now"
  links "$before" >"$told/kept"
  if ! cmp -s "$told/now" "$told/kept"; then
    rm -rf "$before.next"
    mkdir "$before.next"
    cd "$root"
    find . -mindepth 1 -maxdepth 1 ! -name .sitelift ! -name lost+found -exec cp -alx -t "$before.next" -- {} +
    sync -f "$root"
    mv -T "$before" "$before.$(date +%s)"
    mv -T "$before.next" "$before"
    sync -f "$root"
  fi
fi

cd "$before"
# Placed again, a file may be read by everybody: one that the web server may not read is none for readers.
user=$(id -u apache 2>/dev/null || id -u www-data 2>/dev/null || echo 4294967294)
group=$(id -g apache 2>/dev/null || id -g www-data 2>/dev/null || echo 4294967294)
may() { echo "( -uid $user -perm -${1}00 -o ! -uid $user -gid $group -perm -0${1}0 -o ! -uid $user ! -gid $group -perm -00${1} )"; }
hidden() { echo "-mindepth 1 ( -name .* -o -type d ! $(may 1) )"; }
set -f
find . $(hidden) -prune -o -type f $(may 4) -print0 | sort -z >"$told/files"
utf8() { if command -v iconv >/dev/null; then iconv -c -f UTF-8 -t UTF-8 2>/dev/null || true; else cat; fi; }
utf8 <"$told/files" | sort -z | comm -z -12 "$told/files" - >"$told/fit"
xargs -0 -r stat --printf '%s %n\0' -- <"$told/fit" | sort -z -n >"$told/sized"
total=0
while IFS= read -r -d '' one; do
  [ $((total + ${one%% *})) -le "$MOST_BYTES" ] || break
  total=$((total + ${one%% *}))
  printf '%s\0' "${one#* }"
done <"$told/sized" >"$told/taken"
sort -z "$told/taken" >"$told/paths"
count=$(tr -cd '\0' <"$told/paths" | wc -c)
{ find . $(hidden) -prune -print0 -o ! -type d ! -type f -print0 -o -type f ! $(may 4) -print0; comm -z -23 "$told/files" "$told/paths"; } | sed -z 's,^\./,,' | sort -z >"$told/left"
set +f
report() {
  printf 'files=%s\nmark=%s\nleft=%s\n' "$count" "$1" "$(tr -cd '\0' <"$told/left" | wc -c)"
  head -z -n 5 "$told/left" | tr '\0\001-\037\177' '\n?' | sed 's/^/left_path=/'
}
if [ "$count" = 0 ]; then
  mv -T "$before" "$before.$(date +%s)"
  sync -f "$root"
  report ''
  exit
fi

room() { df -B1 --output=avail "$1" | tail -n 1 | tr -d ' '; }
needed=$((total + 2048 * count + 65536))
pack=$work/import.tar.gz
umask 077
if [ "$(room "$work")" -le "$needed" ]; then
  [ "$(room /var/tmp)" -gt "$needed" ] || stop no-room-to-import "$needed" "$(room "$work")"
  pack=$(mktemp /var/tmp/sitelift-import.XXXXXX)
fi
sums() { xargs -0 sha256sum -z -- <"$told/paths" | sed -z 's,  \./, ,'; }
# Who writes into a file writes into what was kept as well: what is told must be what is sent.
for try in 1 2 3 4; do
  [ "$try" != 4 ] || stop still-changing
  xargs -0 stat --printf '%s\0' -- <"$told/paths" >"$told/sizes"
  sums >"$told/sums"
  paste -z -d ' ' "$told/sizes" "$told/sums" >"$told/list"
  if { tar -c --format=gnu --hard-dereference --owner=0 --group=0 --numeric-owner --transform 's,^\./,pages/,' -f - \
    -C "$told" list -C "$before" --null --no-recursion --verbatim-files-from -T "$told/paths" | gzip -n >"$pack"; } 2>"$told/packed"; then
    if sums | cmp -s - "$told/sums"; then break; fi
  fi
  ! grep -q 'No space left' "$told/packed" || stop no-room-to-import "$needed" "$(room "${pack%/*}")"
done

# As in deploy.sh, the URL is a secret while it lives.
for try in 1 2 3; do
  sent=0
  http=$(printf 'url = "%s"\nupload-file = "%s"\n' "$URL" "$pack" |
    curl -sS -o /dev/null --connect-timeout 20 --speed-limit 1000 --speed-time 60 -w '%{http_code}' --config - 2>"$told/curl") || sent=$?
  case $sent/$http in
    0/429 | 0/5* | [1-9]*) sleep "$try" ;;
    *) break ;;
  esac
done
case $sent/$http in
  0/2*) ;;
  *) stop not-sent "$http" "$(grep '^curl:' "$told/curl" | tail -n 1)" ;;
esac
report "$(stat -c %Y "$before")"
