# Fetches a bundle of pages, unpacks it as it comes, checks it, and puts each file in place by rename.
# Values: URL SHA256 NEEDED_BYTES NEEDED_INODES RELEASE EXPECTED_RELEASE CDN_DOMAIN ASSET_EXTENSIONS
set -euo pipefail
umask 022
export LC_ALL=C
# The reason: a code of reasons.ts and its values, on one line.
stop() { printf 'sitelift: %s' "$1" >&2; shift; [ $# = 0 ] || printf '\t%s' "${@//[$'\t\r\n']/ }" >&2; echo >&2; exit 1; }
last_line() { grep -v '^[[:space:]]*$\|Exiting with failure' "$1" | tail -n 1 || true; }
root=/var/www/html
work=$root/.sitelift

exec 9>/run/sitelift.lock
flock -w 300 9 || stop busy
mountpoint -q "$root" || stop not-mounted "$root"
[ ! -L "$work" ] || stop link-in-the-way 1 .sitelift
mkdir -p -m 700 "$work"
current=$(cat "$work/release" 2>/dev/null || true)
[ "$current" = "$EXPECTED_RELEASE" ] || [ "$current" = "$RELEASE" ] || stop published-meanwhile
told=$(mktemp -d)
trap 'rm -rf "$work/stage" "$told"' EXIT

# The web server must deny the staging folder before anything is in it. Pages say their encoding themselves.
if [ -d /etc/httpd/conf.d ]; then
  unit=httpd fragment=/etc/httpd/conf.d/sitelift.conf
else
  unit=apache2 fragment=/etc/apache2/conf-enabled/sitelift.conf
  a2enmod -q rewrite >/dev/null
fi
loaded=/run/sitelift.loaded
previous=$(cat "$fragment" 2>/dev/null || true)
wanted="# Written by Sitelift, which overwrites changes made here.
<Directory \"$root\">
  Options -Indexes +FollowSymLinks
  AddDefaultCharset Off
  RewriteEngine On
  RewriteCond %{REQUEST_FILENAME} !-f
  RewriteCond %{THE_REQUEST} \"^[A-Z]+ (/[^? ]*)\"
  RewriteRule \"\\.($ASSET_EXTENSIONS)\$\" \"https://$CDN_DOMAIN%1\" [NC,NE,R=302,L]
</Directory>
<DirectoryMatch \"^$root/\\.sitelift\">
  Require all denied
</DirectoryMatch>"
# A run that was killed may have written the settings without loading them, so what was loaded is noted apart.
if [ "$previous" != "$wanted" ] || [ "$(cat "$loaded" 2>/dev/null)" != "$wanted" ]; then
  printf '%s\n' "$wanted" >"$fragment.new"
  mv -f "$fragment.new" "$fragment"
  if ! apachectl configtest >"$told/httpd" 2>&1; then
    rm -f "$fragment"
    if [ -n "$previous" ] && [ "$previous" != "$wanted" ]; then printf '%s\n' "$previous" >"$fragment"; fi
    stop settings-refused "$(grep -vi '^Syntax OK\|^Action .* failed' "$told/httpd" | tail -n 1)"
  fi
  systemctl reload-or-restart "$unit" || stop not-reloaded "$unit"
  printf '%s\n' "$wanted" >"$loaded"
fi

rm -rf "$work/stage"
free=$(df -B1 --output=avail "$root" | tail -n 1 | tr -d ' ')
[ "$free" -gt "$NEEDED_BYTES" ] || stop disk-full "$NEEDED_BYTES" "$free"
read -r inodes free_inodes < <(df --output=itotal,iavail "$root" | tail -n 1)
# A file system that makes its inodes as it goes counts none.
case $inodes in
  0 | -) ;;
  *) [ "$free_inodes" -gt "$NEEDED_INODES" ] || stop inodes-full "$NEEDED_INODES" "$free_inodes" ;;
esac

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
      tar -xzf - -C "$work/stage" --no-same-owner 2>"$told/tar"
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

# Nothing is written through a link, nor over something else than a file.
cd "$work/stage"
links=() others=()
while IFS= read -r -d '' path; do
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
[ ${#others[@]} = 0 ] || stop other-kind-in-the-way ${#others[@]} "${others[@]:0:5}"
find . -mindepth 1 -type d -print0 | (cd "$root" && xargs -0 -r mkdir -p --) 2>"$told/place" ||
  stop not-placed "$(last_line "$told/place")"

# A note is whole on the disk, and all that came before it, from the moment that it can be seen.
note() {
  printf '%s' "$RELEASE" >"$work/$1.new"
  sync -f "$root"
  mv -f "$work/$1.new" "$work/$1"
  sync -f "$root"
}
# Style sheets and scripts go first, so that no page is seen before what it needs.
place() {
  find . -type d -print0 | while IFS= read -r -d '' folder; do
    find "$folder" -maxdepth 1 -type f "$@" -print0 | xargs -0 -r mv -f -t "$root/$folder" -- || exit 1
  done
}
note placing
{ place ! -iname '*.html' ! -iname '*.htm' && place; } 2>"$told/place" || stop not-placed "$(last_line "$told/place")"
note release
rm -f "$work/placing"
sync -f "$root"
