# Keeps what a server serves before its first publication, by hard links, which take no room: a publication replaces files and writes into none.
set -euo pipefail
export LC_ALL=C
stop() { printf 'sitelift: %s' "$1" >&2; shift; [ $# = 0 ] || printf '\t%s' "${@//[$'\t\r\n']/ }" >&2; echo >&2; exit 1; }
root=/var/www/html
work=$root/.sitelift
exec 9>/run/sitelift.lock
flock -w 300 9 || stop busy
[ ! -L "$work" ] || stop link-in-the-way 1 .sitelift
# What another site published counts as everybody's own from now on, so that no publication deletes it.
notes=("$work/release" "$work/published" "$work/placing")
if [ -e "$work/before" ]; then
  [ -n "$(find "${notes[@]}" -maxdepth 0 2>/dev/null)" ] || exit 0
  mv "$work/before" "$work/before.$(date +%s)"
fi
mkdir -p -m 700 "$work"
rm -rf "$work/before.new"
mkdir "$work/before.new"
cd "$root"
find . -mindepth 1 -maxdepth 1 ! -name .sitelift ! -name lost+found -exec cp -alx -t "$work/before.new" -- {} +
sync -f "$root"
mv "$work/before.new" "$work/before"
sync -f "$root"
rm -f "${notes[@]}" "$work/settings"
sync -f "$root"
