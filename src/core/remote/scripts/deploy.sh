# Fetches a bundle of pages (all, or those that differ from a base), unpacks it as it comes, checks it, puts each file in
# place by rename, and deletes what was published before and is no more.
# Values: URL SHA256 NEEDED_BYTES NEEDED_INODES RELEASE EXPECTED_RELEASE BASE RESULT SETTINGS (base64 of gzip) SETTINGS_ID
# [ASSETS_GO] [STAYS] [GRACE]
# Lists hold NUL-ended records `sha256 path`, in the order of their paths.
set -euo pipefail
umask 022
export LC_ALL=C
# The reason: a code of reasons.ts and its values, on one line.
stop() { printf 'sitelift: %s' "$1" >&2; shift; [ $# = 0 ] || printf '\t%s' "${@//[$'\t\r\n']/ }" >&2; echo >&2; exit 1; }
sum_of() { sha256sum <"$1" | cut -b -64; }
text() { cat "$1" 2>/dev/null || true; }
next() { IFS= read -r -d '' path; }
last_line() { grep -v '^[[:space:]]*$\|Exiting with failure' "$1" | tail -n 1 || true; }
root=/var/www/html
work=$root/.sitelift

exec 9>/run/sitelift.lock
flock -w 300 9 || stop busy
SECONDS=0
mountpoint -q "$root" || stop not-mounted "$root"
[ ! -L "$work" ] || stop link-in-the-way 1 .sitelift
mkdir -p -m 700 "$work"
current=$(text "$work/release")
[ "$current" = "$EXPECTED_RELEASE" ] || [ "$current" = "$RELEASE" ] || stop published-meanwhile
placing=$(text "$work/placing")
former=$work/published
[ -e "$former" ] || former=/dev/null
list=$(sum_of "$former")
if [ -n "$BASE" ]; then
  [ -z "$placing" ] || [ "$placing" = "$RELEASE" ] || stop other-base
  [ "$list" = "$BASE" ] || [ "$list" = "$RESULT" ] || stop other-base
fi
told=$(mktemp -d)
trap 'rm -rf "$work/stage" "$told"' EXIT

# The web server must deny the staging folder before anything is in it. Pages say their encoding themselves.
unit=apache2 fragment=/etc/apache2/conf-enabled/sitelift.conf
[ ! -d /etc/httpd/conf.d ] || unit=httpd fragment=/etc/httpd/conf.d/sitelift.conf
# On the disk like them, so that a boot changes neither which are in force nor what tells of that.
loaded=$fragment.loaded
put() {
  echo "$1" >"$fragment.new"
  sync "$fragment.new"
  mv -f "$fragment.new" "$fragment"
}
load() {
  [ -n "$wanted" ] || return 0
  # From here on nothing tells which are in force.
  rm -f "$loaded"
  put "$wanted"
  systemctl reload-or-restart "$unit" || stop not-reloaded "$unit"
  echo "$wanted" >"$loaded"
  # Whoever sees the release may rely on its settings, also after the power went.
  sync -f "$fragment"
  wanted=
}
# Whatever takes this volume over, or one made from a snapshot of it, gets them from there by mount.sh. They go with the pages, so those that cannot be kept
# there are not told by others.
keep_it() {
  local it=$work/settings
  ! cmp -s $fragment $it || return 0
  cp $fragment $it.new && mv -f $it.new $it || rm -f $it $it.new
  sync -f "$root"
}
# A run that was killed may have written the settings without loading them, so what was loaded is noted apart.
previous=$(text "$fragment")
noted=$(text "$loaded")
wanted=
if [ "$previous" != "$noted" ] || [[ $previous != *": $SETTINGS_ID"$'\n'* ]]; then
  wanted=$(base64 -d <<<"$SETTINGS" | gzip -d)
  # Written and not loaded by whoever was killed, they may be in force since a start of the web server.
  [ "$previous" = "$noted" ] || rm -f "$loaded"
  [ "$unit" = httpd ] || a2enmod -q rewrite headers deflate filter >/dev/null
  put "$wanted"
  refused=
  apachectl configtest >"$told/httpd" 2>&1 || refused=yes
  # Those that are not loaded would come into force without their pages when the web server starts anew.
  back=${noted:-$previous}
  [[ $refused && $back = "$wanted" ]] && back=
  if [ "$back" ]; then put "$back"; elif [ "$refused" ]; then rm -f "$fragment"; fi
  [ -z "$refused" ] || stop settings-refused "$(grep -vi '^Syntax OK\|^Action .* failed' "$told/httpd" | tail -n 1)"
  # Those that are loaded already deny the folder as well, and redirects must not lead to pages that are not there yet.
  if [ -z "$noted" ] || [ "$previous" != "$noted" ]; then load; fi
fi

deleted=0 left=() waited=0
report() {
  printf 'release=%s\nseconds=%s\n' "$RELEASE" $((SECONDS-waited))
  echo "active=$(systemctl is-active "$unit")"
  df -B1 --output=avail,iavail "$root" | awk 'NR > 1 { print "free_bytes=" $1 "\nfree_inodes=" $2 }'
  printf 'deleted=%s\nleft=%s\n' $deleted ${#left[@]}
  [ ${#left[@]} = 0 ] || printf 'left_path=%s\n' "${left[@]:0:5}"
}
# All pages are placed even so: they put right what somebody changed.
if [ -n "$BASE" ] && [ "$current/$placing/$list" = "$RELEASE//$RESULT" ]; then
  load
  keep_it
  report
  exit
fi

rm -rf "$work/stage"
free=$(df -B1 --output=avail "$root" | tail -n 1 | tr -d ' ')
[ "$free" -gt "$NEEDED_BYTES" ] || stop disk-full "$NEEDED_BYTES" "$free"
read -r inodes free_inodes < <(df --output=itotal,iavail "$root" | tail -n 1)
# A file system that makes its inodes as it goes counts none.
[[ $inodes = [0-] ]] || [ "$free_inodes" -gt "$NEEDED_INODES" ] || stop inodes-full "$NEEDED_INODES" "$free_inodes"

# The URL is a secret while it lives, so curl reads it from standard input and not from its arguments. Each try starts
# anew: curl's own --retry would append to what tar has seen. tee goes on without tar, so that the sum is of all bytes.
fetch() {
  rm -rf "$work/stage"
  mkdir -m 700 "$work/stage"
  sum=$({
    set +e
    printf 'url = "%s"\n' "$URL" |
      curl -fsS --connect-timeout 20 --speed-limit 1000 --speed-time 60 -w '%{stderr}\nHTTP %{http_code}\n' --config - 2>"$told/curl" |
      tee -p /dev/fd/3 |
      tar -xzmf - -C "$work/stage" --no-same-owner 2>"$told/tar"
    echo "${PIPESTATUS[*]}" >"$told/statuses"
  } 3>&1 >/dev/null | sha256sum)
  read -r _ fetched _ unpacked <"$told/statuses"
  http=$(sed -n 's/^HTTP //p' "$told/curl")
}
for try in 1 2 3; do
  fetch
  case $fetched/$http in
    0/*) break ;;
    22/429 | 22/5*) ;;
    22/*) stop fetch-refused "$http" ;;
  esac
  sleep "$try"
done
[ "$fetched" != 22 ] || stop fetch-refused "$http"
[ "$fetched" = 0 ] || stop fetch-failed "$fetched" "$(grep '^curl:' "$told/curl" | tail -n 1)"
if grep -qE 'No space left|Wrote only|quota exceeded' "$told/tar"; then stop full-meanwhile; fi
[ "${sum%% *}" = "$SHA256" ] || stop wrong-bytes
[ "$unpacked" = 0 ] || stop not-unpacked "$(last_line "$told/tar")"
if command -v restorecon >/dev/null 2>&1; then restorecon -R "$work/stage"; fi

# What the list will be, and what it will have no more.
mkdir -p "$work/stage/pages"
cd "$work/stage/pages"
records() { xargs -0 -r sha256sum -z -- | sed -z 's,  \./, ,'; }
by_path() { sort -z -t ' ' -k 2 "$@"; }
find . -type f -print0 | records | by_path >"$told/staged"
if [ -n "$BASE" ]; then
  [ -e ../gone ] || : >../gone
  sort -z ../gone >"$told/gone"
  # Of records with the same path the first one counts.
  sort -z "$former" | comm -z -23 - "$told/gone" | by_path -u "$told/staged" - >"$told/new"
else
  cp "$told/staged" "$told/new"
fi
[ "$(sum_of "$told/new")" = "$RESULT" ] || stop wrong-result
[ ! -e .sitelift ] || stop wrong-result
cut -z -b 66- "$told/new" >"$told/paths"
# What has bucket rights can write lists, and nothing of those may lead out of the root.
cut -z -b 66- "$former" | uniq -z | comm -z -23 - "$told/paths" |
  { grep -z -v -E '^/|(^|/)\.' || true; } >"$told/going"
# What was there before the site, and was brought back, is nobody's to delete: it is listed no more.
[ -z "${STAYS:-}" ] || : >"$told/going"

has_link() {
  local at=$1
  until [ -L "./$at" ]; do
    [[ $at == */* ]] || return 1
    at=${at%/*}
  done
}
# Those that go and are as they were published.
find_ours() {
  while next; do
    if [ -f "./$path" ] && ! has_link "$path"; then printf './%s\0' "$path"; fi
  done <"$told/going" | records | sort -z | comm -z -12 - <(sort -z "$former") | cut -z -b 66- | sort -z >"$told/ours"
}
# The folders of those that go, the innermost first.
folders() {
  while next; do
    ! has_link "$path" || continue
    while [[ $path == */* ]]; do
      path=${path%/*}
      printf '%s\0' "$path"
    done
  done <"$told/going" | sort -z -r -u
}
delete() {
  xargs -0 -r rm -f -- <"$1" 2>/dev/null || true
  while next; do
    [ -e "./$path" ] || deleted=$((deleted + 1))
  done <"$1"
  folders | xargs -0 -r rmdir --ignore-fail-on-non-empty -- 2>/dev/null || true
}

# Nothing is written through a link, nor over something else than a file, unless all of that is ours and goes.
links=() others=()
while next; do
  at=$root/${path#./}
  if [ -L "$at" ]; then
    links+=("${path#./}")
  elif [ -d "$path" ]; then
    [ ! -e "$at" ] || [ -d "$at" ] || others+=("${path#./}")
  elif [ -e "$at" ] && [ ! -f "$at" ]; then
    others+=("${path#./}")
  fi
done < <(find . -mindepth 1 -print0)
[ ${#links[@]} = 0 ] || stop link-in-the-way ${#links[@]} "${links[@]:0:5}"
if [ ${#others[@]} != 0 ]; then
  cd "$root"
  find_ours
  find "${others[@]/#/./}" -print0 | sed -z 's,^\./,,' | sort -z >"$told/there"
  folders | sort -z -u - "$told/ours" >"$told/may_go"
  mapfile -d '' -t foreign < <(comm -z -23 "$told/there" "$told/may_go")
  [ ${#foreign[@]} = 0 ] || stop other-kind-in-the-way ${#foreign[@]} "${foreign[@]:0:5}"
  comm -z -12 "$told/there" "$told/ours" >"$told/way"
fi

# All that is noted is written now, when there is room or nothing has changed. While files are placed the list has those of
# before and after, so that whoever publishes next knows what a killed run may have left; the note of placing comes before it.
{
  printf %s "$RELEASE" | tee "$work/placing.new" >"$work/release.new" &&
    by_path -k 1,1 -u "$former" "$told/new" >"$work/both.new" &&
    cp "$told/new" "$work/published.new"
} 2>/dev/null || stop full-meanwhile
# A note is whole on the disk, and all that came before it, from the moment that it can be seen.
note() {
  sync -f "$root"
  mv -f "$work/$1.new" "$work/$2"
  sync -f "$root"
}
note placing placing
note both published
cd "$root"
[ ${#others[@]} = 0 ] || delete "$told/way"
cd "$work/stage/pages"
find . -mindepth 1 -type d -print0 | (cd "$root" && xargs -0 -r mkdir -p --) 2>"$told/place" ||
  stop not-placed "$(last_line "$told/place")"
# Style sheets and scripts go first, and of either kind what was not there before what was, so that no page is seen before what it needs or links to.
place() {
  local which=$1
  shift
  find . -type f "$@" -printf '%h\0' | sort -z -u | while IFS= read -r -d '' folder; do
    find "$folder" -maxdepth 1 -type f "$@" -print0 | $which | xargs -0 -r mv -f -t "$root/$folder" -- || exit 1
  done
}
unseen() {
  while next; do
    [ -e "$root/$path" ] || printf '%s\0' "$path"
  done
}
no_page=(! -iname '*.html' ! -iname '*.htm')
{ place unseen "${no_page[@]}" && place cat "${no_page[@]}" && place unseen && place cat; } 2>"$told/place" ||
  stop not-placed "$(last_line "$told/place")"
load
keep_it

# Who has just loaded a former page still follows its links, and gets the style sheets and images of what they lead to: pages go first, then what
# they needed, and images from the bucket after this.
give_time() {
  sleep ${GRACE:-5}
  waited=$((waited + ${GRACE:-5}))
}
if [ -s "$told/going" ] || [ -n "${ASSETS_GO:-}" ]; then
  give_time
  cd "$root"
  find_ours
  grep -z -i '\.html\?$' "$told/ours" >"$told/pages" || true
  if [ -s "$told/pages" ]; then
    delete "$told/pages"
    [ -z "${ASSETS_GO:-}" ] && cmp -s "$told/pages" "$told/ours" || give_time
    find_ours
  fi
  delete "$told/ours"
  while next; do
    if [ -L "./$path" ] || { [ -e "./$path" ] && [ ! -d "./$path" ]; }; then left+=("${path//[[:cntrl:]]/?}"); fi
  done <"$told/going"
fi
# Whoever sees the release may build upon the list, so that is final first.
note published published
note release release
rm -f "$work/placing"
sync -f "$root"
report
