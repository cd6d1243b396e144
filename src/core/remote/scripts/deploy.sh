# Fetches a bundle of pages, checks it, and puts each file in place by rename.
# Values: URL SHA256 NEEDED_BYTES RELEASE EXPECTED_RELEASE CDN_DOMAIN ASSET_EXTENSIONS
set -euo pipefail
umask 022
stop() { echo "sitelift: $1" >&2; exit 1; }
root=/var/www/html
work=$root/.sitelift

exec 9>/run/sitelift.lock
flock -w 300 9 || stop 'Another Sitelift run is busy on the server. Wait until it has ended and publish again.'
mountpoint -q "$root" || stop "The volume is not mounted on $root. Run “Provision Volume…” and publish again."
mkdir -p -m 700 "$work"
current=$(cat "$work/release" 2>/dev/null || true)
[ "$current" = "$EXPECTED_RELEASE" ] || [ "$current" = "$RELEASE" ] ||
  stop 'Somebody else published meanwhile; their pages were left as they are. Publish again to put yours in their place.'

# The web server must deny the staging folder before anything is in it.
if [ -d /etc/httpd/conf.d ]; then
  unit=httpd fragment=/etc/httpd/conf.d/sitelift.conf
else
  unit=apache2 fragment=/etc/apache2/conf-enabled/sitelift.conf
  a2enmod -q rewrite >/dev/null
fi
previous=$(cat "$fragment" 2>/dev/null || true)
wanted="# Written by Sitelift, which overwrites changes made here.
<Directory \"$root\">
  Options -Indexes +FollowSymLinks
  RewriteEngine On
  RewriteCond %{REQUEST_FILENAME} !-f
  RewriteCond %{THE_REQUEST} \"^[A-Z]+ (/[^? ]*)\"
  RewriteRule \"\\.($ASSET_EXTENSIONS)\$\" \"https://$CDN_DOMAIN%1\" [NC,NE,R=302,L]
</Directory>
<DirectoryMatch \"^$root/\\.sitelift\">
  Require all denied
</DirectoryMatch>"
if [ "$previous" != "$wanted" ]; then
  printf '%s\n' "$wanted" >"$fragment"
  if ! apachectl configtest >/dev/null 2>&1; then
    rm -f "$fragment"
    if [ -n "$previous" ]; then printf '%s\n' "$previous" >"$fragment"; fi
    stop 'The web server does not accept the settings that send requests for images to the CDN. No page was changed; see “apachectl configtest” on the server.'
  fi
  systemctl reload-or-restart "$unit"
fi

rm -rf "$work/stage" "$work/bundle.tar.gz"
trap 'rm -rf "$work/stage" "$work/bundle.tar.gz"' EXIT
free=$(df -B1 --output=avail "$root" | tail -n 1 | tr -d ' ')
[ "$free" -gt "$NEEDED_BYTES" ] ||
  stop "The volume is too full: these pages need $((NEEDED_BYTES / 1048576 + 1)) MiB and $((free / 1048576)) MiB are free. No page was changed."

# The URL is a secret while it lives, so curl reads it from standard input and not from its arguments.
printf 'url = "%s"\n' "$URL" | curl -fsS --retry 3 --max-time 900 --config - -o "$work/bundle.tar.gz" ||
  stop 'The server could not fetch the pages from the bucket. It needs a way out to S3; no page was changed.'
echo "$SHA256  $work/bundle.tar.gz" | sha256sum -c --status ||
  stop 'The pages that the server fetched are not the ones that were sent (SHA-256 differs). No page was changed; publish again.'
mkdir -m 700 "$work/stage"
tar -xzf "$work/bundle.tar.gz" -C "$work/stage" --no-same-owner
if command -v restorecon >/dev/null 2>&1; then restorecon -R "$work/stage"; fi

cd "$work/stage"
conflicts=$(find . -mindepth 1 -print0 | while IFS= read -r -d '' path; do
  [ -e "$root/$path" ] || continue
  if [ -d "$path" ] && [ ! -d "$root/$path" ]; then printf '%s ' "$path"; fi
  if [ -f "$path" ] && [ -d "$root/$path" ]; then printf '%s ' "$path"; fi
done)
[ -z "$conflicts" ] || stop "The server has a file where you have a folder, or the reverse: $conflicts. Remove it on the server or choose another name. No page was changed."

# Style sheets and scripts go first, so that no page is seen before what it needs.
place() {
  find . -type d -print0 | while IFS= read -r -d '' folder; do
    mkdir -p -- "$root/$folder"
    find "$folder" -maxdepth 1 -type f "$@" -print0 | xargs -0 -r mv -f -t "$root/$folder" --
  done
}
place ! -iname '*.html' ! -iname '*.htm'
place
printf '%s' "$RELEASE" >"$work/release.new"
mv -f "$work/release.new" "$work/release"
sync -f "$root"
