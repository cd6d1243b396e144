# Keeps what a server serves before its first publication, by hard links, which take no room: a publication replaces files and writes into none.
# Values: SITE (the id of the one that it is kept for)
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
if [ ! -e "$work/before" ] || [ -n "$(find "${notes[@]}" -maxdepth 0 2>/dev/null)" ]; then
  [ ! -e "$work/before" ] || mv -T "$work/before" "$work/before.$(date +%s)"
  mkdir -p -m 700 "$work"
  rm -rf "$work/before.new"
  mkdir "$work/before.new"
  cd "$root"
  find . -mindepth 1 -maxdepth 1 ! -name .sitelift ! -name lost+found -exec cp -alx -t "$work/before.new" -- {} +
  sync -f "$root"
  mv -T "$work/before.new" "$work/before"
  sync -f "$root"
  rm -f "${notes[@]}" "$work/settings"
  sync -f "$root"
fi
# What is noted from now on is this site's.
echo "$SITE" >"$work/kept-for.new"
sync -f "$root"
mv -fT "$work/kept-for.new" "$work/kept-for"
sync -f "$root"
