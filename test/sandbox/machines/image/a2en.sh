a2en_links() {
  local folder=$1 name file needed
  shift
  for name; do
    file=/etc/apache2/$folder-available/$name
    needed=$(sed -n 's/^# Depends: *//p' "$file.load" 2> /dev/null) || true
    [ -z "$needed" ] || a2en_links "$folder" $needed
    for file in "$file.load" "$file.conf"; do
      [ ! -e "$file" ] || ln -sf "../$folder-available/${file##*/}" "/etc/apache2/$folder-enabled/"
    done
  done
}
a2enmod() { a2en_links mods "$@"; }
a2enconf() { a2en_links conf "$@"; }
a2ensite() { a2en_links sites "$@"; }
