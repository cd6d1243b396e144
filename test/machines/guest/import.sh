# Checks of import.sh, on the volume that the checks of mount.sh mount. The host keeps what is put under /stored.
stored=http://bucket.test/stored
import() { run import "URL=$stored" MOST_BYTES=4294967296 "$@"; }
# Pages on the volume, as an adopted server has them, and kept beside it.
adopted() {
  rm -rf $html/.sitelift
  blank
  mount_volume
  succeeds
  rm -rf $html/lost+found $html/.sitelift /root/then
  local name
  for name in $'new\nline' '-rf' ' space ' 'Grüße' "\$(touch PWNED) \`id\` \"'" 'back\slash' "$(printf 'long%.0s' {1..50})"; do echo "$name" >"$html/$name"; done
  ln $html/-rf "$html/sub/linked twice"
  mkdir $html/sub/dot.
  echo dot >$html/sub/dot./page.html
  echo deny >$html/.htaccess
  mkdir -p $html/.well-known $html/sub/.git $html/empty
  echo secret | tee $html/.env $html/.well-known/a $html/sub/.git/config >/dev/null
  echo odd >"$html/"$'not \xe4\xff utf8'
  ln -s /etc/passwd $html/link
  mkdir $html/closed
  echo own >$html/closed/own.html
  chmod 700 $html/closed
  chgrp apache "$html/page 2.html"
  chmod 640 "$html/page 2.html"
  mkfifo $html/sub/fifo
  cp -a $html /root/then
  run keep SITE=ab12cd34
  succeeds
}
printed() { sed -n "s/^$1=//p" /root/printed; }
# What a release has of a folder.
fit() { (cd "$1" && find . -mindepth 1 -name '.*' -prune -o -type f ! -name $'not \xe4\xff utf8' ! -path ./sub/page.html ! -path './closed/*' -printf '%P\0' | sort -z); }
fetch_stored() {
  rm -rf /root/got
  mkdir -p /root/got/pages
  curl -fsS "$stored" | tar -xz -C /root/got || fail 'the bucket has a bundle'
}
# is_imported <folder>: what the bucket has is what this folder has, told in a list that comes first.
is_imported() {
  local path
  succeeds
  fetch_stored
  [ "$(curl -fsS "$stored" | tar -tz | head -n 1)" = list ] || fail 'the list comes first'
  ! curl -fsS "$stored" | tar -tvz | grep -v ^- || fail 'each file has its bytes, also one that is linked twice'
  fit "$1" >/root/fit
  cmp -s /root/fit <(cd /root/got/pages && find . -type f -printf '%P\0' | sort -z) || fail 'the bundle has all files, and no others'
  while IFS= read -r -d '' path; do
    cmp -s "$1/$path" "/root/got/pages/$path" || fail "$path has its bytes"
    printf '%s %s %s\0' "$(stat -c %s "$1/$path")" "$(sha256sum <"$1/$path" | cut -b -64)" "$path"
  done </root/fit | cmp -s - /root/got/list || fail 'the list tells sizes, sums and paths, in their order'
  [ "$(printed files)" = "$(tr -cd '\0' </root/fit | wc -c)" ] || fail 'it tells how many'
  [ "$(printed mark)" = "$(stat -c %Y $html/.sitelift/before)" ] || fail 'it tells the mark'
  run inspect
  [ "$(printed before)" = "$(stat -c %Y $html/.sitelift/before)" ] || fail 'a look tells it as well'
  nothing_half
}
nothing_half() {
  ! ls -d $html/.sitelift/import.tar.gz $html/.sitelift/before.next /var/tmp/sitelift-import.* 2>/dev/null || fail 'nothing half is left'
  ! ls -d /PWNED /root/PWNED $html/PWNED $html/.sitelift/before/PWNED 2>/dev/null || fail 'no name is code'
  [ -e $html/.htaccess ] && [ -e $html/.env ] && [ -L $html/link ] || fail 'what is left stays'
}
same_kept() { diff -r --no-dereference -x fifo "$1" "$2" >/root/said; }
served_stays() { diff -r --no-dereference -x .sitelift -x fifo /root/then $html >/root/said || fail 'what is served stays as it was'; }
check_imports() {
  adopted
  import
  succeeds
  [ "$(printed left)" = 10 ] || fail "it tells how many no release has: $(printed left)"
  [ "$(printed left_path | head -n 3 | tr '\n' ' ')" = '.env .htaccess .well-known ' ] && [ "$(printed left_path | wc -l)" = 5 ] ||
    fail "it names some: $(printed left_path)"
  is_imported /root/then
  served_stays
  import
  is_imported /root/then
  [ "$(ls -d $html/.sitelift/before* | wc -l)" = 1 ] || fail 'nothing is kept twice'
}
check_follows() {
  adopted
  echo edited >/root/edited
  mv /root/edited $html/-rf
  echo more >$html/more.html
  rm -rf /root/now
  cp -a $html /root/now
  rm -rf /root/now/.sitelift
  import
  is_imported /root/now
  same_kept /root/now $html/.sitelift/before || fail 'what is kept is what is served'
  same_kept /root/then $html/.sitelift/before.[0-9]* || fail 'what was kept first stays'
  echo R1 >$html/.sitelift/release
  echo published >/root/published
  mv /root/published $html/more.html
  import
  is_imported /root/now
  rm $html/.sitelift/release
  echo R1 >$html/.sitelift/placing
  import
  is_imported /root/now
}
check_largest() {
  adopted
  head -c 300000 /dev/urandom >$html/film.mp4
  import MOST_BYTES=200000
  succeeds
  [ "$(printed left)" = 11 ] || fail 'the largest file is left'
  fetch_stored
  [ ! -e /root/got/pages/film.mp4 ] && [ -e /root/got/pages/Grüße ] || fail 'the others are imported'
}
check_unsent() {
  adopted
  import URL=http://bucket.test/403
  stops $'not-sent\t403\t'
  nothing_half
  import URL=http://bucket.test/503-once-import
  succeeds
  import URL=http://127.0.0.1:1/
  stops $'not-sent\t000\tcurl: (7)*'
  served_stays
}
check_no_room() {
  adopted
  mkdir -p /root/wrap
  printf '#!/bin/bash\n[[ $* != *%s* ]] || { echo Avail; echo 100; exit; }\nexec %s "$@"\n' $html "$(type -P df)" >/root/wrap/df
  chmod 755 /root/wrap/df
  PATH=/root/wrap:$PATH
  import
  is_imported /root/then
  printf '#!/bin/bash\necho Avail; echo 100\n' >/root/wrap/df
  import
  stops $'no-room-to-import\t*\t100'
  nothing_half
  served_stays
  rm /root/wrap/df
}
check_changing() {
  adopted
  local tar
  tar=$(type -P tar)
  mkdir -p /root/wrap
  printf '#!/bin/bash\n[ -e /root/once ] || { echo more >>%s/Grüße; : >/root/once; }\nexec %s "$@"\n' $html "$tar" >/root/wrap/tar
  chmod 755 /root/wrap/tar
  PATH=/root/wrap:$PATH
  import
  echo more >>/root/then/Grüße
  is_imported /root/then
  printf '#!/bin/bash\necho more >>%s/Grüße\nexec %s "$@"\n' $html "$tar" >/root/wrap/tar
  import
  stops still-changing
  nothing_half
  rm /root/wrap/tar /root/once
}
check_none() {
  adopted
  rm -rf $html/.sitelift
  import
  stops nothing-kept
  find $html -mindepth 1 -maxdepth 1 ! -name '.*' -exec rm -rf {} +
  run keep SITE=ab12cd34
  import
  succeeds
  [ "$(printed files)/$(printed left)" = 0/3 ] || fail 'it tells of nothing but what is left'
  run inspect
  [ -z "$(printed before)" ] && [ -e $html/.sitelift/before.*/.env ] || fail 'there is nothing to ask for again, and nothing is lost'
}
# kills_import <n…>: kills the importing, then imports again; what is served was changed since it was kept.
changed_since() {
  adopted
  echo more >$html/more.html
  cp -a $html/more.html /root/then
}
kills_import() {
  local n
  for n; do
    changed_since
    compose import "URL=$stored" MOST_BYTES=4294967296 >/root/run.sh
    killed_before "$n"
    served_stays
    run inspect
    [ -n "$(printed before)" ] || fail "$killed: a look tells that there is something to import"
    import
    is_imported /root/then
    echo "$n"
  done
}
changes_of_import() {
  changed_since
  compose import "URL=$stored" MOST_BYTES=4294967296 >/root/run.sh
  changing_commands
  fetch_stored
  [ -e /root/got/pages/more.html ] || fail 'it was sent'
}
