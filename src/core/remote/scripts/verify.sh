# Compares the document root with the list of what was published; prints name=value lines and changes nothing.
set -euo pipefail
export LC_ALL=C
stop() { printf 'sitelift: %s' "$1" >&2; shift; [ $# = 0 ] || printf '\t%s' "${@//[$'\t\r\n']/ }" >&2; echo >&2; exit 1; }
root=/var/www/html
exec 9>/run/sitelift.lock
flock -s -w 60 9 || stop busy
mountpoint -q "$root" || stop not-mounted "$root"
told=$(mktemp -d)
trap 'rm -rf "$told"' EXIT
list=$root/.sitelift/published
[ -e "$list" ] || list=/dev/null

# NUL-ended paths: those of the list, those that are there, and those of files with the bytes that the list has.
cut -z -b 66- "$list" | uniq -z >"$told/listed"
cd "$root"
found() { find . \( -path ./.sitelift -o -path ./lost+found \) -prune -o \( "$@" \) -printf '%P\0' | sort -z; }
found -type f -o -type l >"$told/there"
found -type f | comm -z -12 - "$told/listed" | sed -z 's,^,./,' |
  xargs -0 -r sha256sum -z -- | sed -z 's,  \./, ,' | sort -z |
  comm -z -12 - <(sort -z "$list") | cut -z -b 66- | sort -z >"$told/same"
comm -z -12 "$told/listed" "$told/there" | comm -z -23 - "$told/same" >"$told/changed"
comm -z -23 "$told/listed" "$told/there" >"$told/missing"
comm -z -13 "$told/listed" "$told/there" >"$told/other"

count() { tr -cd '\0' <"$told/$1" | wc -c; }
echo "list=$(sha256sum <"$list" | cut -b -64)"
echo "files=$(count listed)"
for kind in changed missing other; do echo "$kind=$(count $kind)"; done
for kind in changed missing other; do
  head -z -n 20 "$told/$kind" | tr '\0\001-\037\177' '\n?' | sed "s/^/${kind}_path=/"
done
