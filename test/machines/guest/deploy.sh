# Checks of deploy.sh. There are two releases, A and B, whose files say which one they are of, a small volume and a web server.
html=/var/www/html
fragment=/etc/httpd/conf.d/sitelift.conf
pages=(index.html css/style.css sub/page.html a%20b.txt)

set_up_deploy() {
  local id path
  for id in A B; do
    mkdir -p "/root/$id/css" "/root/$id/sub"
    for path in index.html css/style.css sub/page.html 'a b.txt'; do echo $id >"/root/$id/$path"; done
    pack $id
  done
  umask 022
  mkdir -p $html
  mkfs.ext4 -q -F -N 256 "$(disk_of "$SMALL")" 16M
  mount "$(disk_of "$SMALL")" $html
  deploy A ''
  succeeds
  cp $fragment /root/fragment
}
# pack <id>: makes its bundle of the folder /root/<id>.
pack() {
  mkdir -p /root/bundles
  (cd "/root/$1" && find . -type f -printf '%P\0' | tar -czf "/root/bundles/$1.tar.gz" --null -T -)
  sha256sum "/root/bundles/$1.tar.gz" | cut -d ' ' -f 1 >"/root/bundles/$1.sha256"
}
# Puts A in place by hand, as most checks want to start.
published_a() {
  if [ "$(findmnt -nro SOURCE --mountpoint $html)" != "$(disk_of "$SMALL")" ]; then
    while mountpoint -q $html; do umount $html; done
    mkdir -p $html
    mount "$(disk_of "$SMALL")" $html
  fi
  find $html -mindepth 1 -delete
  mkdir -m 700 $html/.sitelift
  printf A >$html/.sitelift/release
  cp -r /root/A/. $html
  if ! cmp -s $fragment /root/fragment || ! cmp -s /run/sitelift.loaded /root/fragment; then
    cp /root/fragment $fragment
    systemctl reload httpd
    cp /root/fragment /run/sitelift.loaded
  fi
}
values() {
  echo "URL=file:///root/bundles/$1.tar.gz SHA256=$(cat "/root/bundles/$1.sha256") NEEDED_BYTES=40000 NEEDED_INODES=10" \
    "RELEASE=$1 CDN_DOMAIN=d1.cloudfront.net ASSET_EXTENSIONS=png|jpg"
}
# deploy <id> <expected release> [NAME=value…]
deploy() { run deploy $(values "$1") "EXPECTED_RELEASE=$2" "${@:3}"; }
served() { curl -s --max-time 30 $(printf ' http://127.0.0.1/%s' "${pages[@]}") | tr -d '\n'; }
statuses() { local path; for path; do curl -s -o /dev/null -w '%{http_code} ' "http://127.0.0.1/$path"; done; }
# comes_to <status> <path>: the web server takes up new settings some time after it is told to.
comes_to() {
  local try
  for try in {1..40}; do
    [ "$(statuses "$2")" != "$1 " ] || return 0
    sleep 0.1
  done
  return 1
}
release() { cat $html/.sitelift/release 2>/dev/null; }
look() { (
  systemctl() { :; }
  export -f systemctl
  bash /root/scripts/inspect.sh 2>/dev/null
); }
# True when a look inside gives no reason to publish a release again.
settled() {
  local seen
  seen=$'\n'$(look)$'\n'
  [[ $seen == *$'\n'"release=$1"$'\n'* && $seen == *$'\n'redirects_to=d1.cloudfront.net$'\n'* && $seen != *$'\n'placing=* ]]
}
has() {
  [ "$(served)" = "$1$1$1$1" ] || fail "all that is served is of $1, and not $(served)"
  settled "$1" || fail "nothing is left to publish of $1"
  [ ! -e $html/.sitelift/stage ] || fail 'the staging folder is gone'
}

check_publishes() {
  published_a
  deploy B A
  succeeds
  has B
  [ "$(stat -c %a $html/sub/page.html $html/css $html/.sitelift | tr '\n' ' ')" = '644 755 700 ' ] || fail 'modes are right'
  deploy B A
  succeeds
  has B
}
check_release() {
  published_a
  deploy B C
  stops published-meanwhile
  has A
}
check_space() {
  published_a
  deploy B A NEEDED_BYTES=99000000
  stops $'disk-full\t99000000\t*'
  has A
}
check_inodes() {
  published_a
  deploy B A NEEDED_INODES=100000
  stops $'inodes-full\t100000\t*'
  has A
}
check_sum() {
  published_a
  deploy B A "SHA256=$(cat /root/bundles/A.sha256)"
  stops wrong-bytes
  has A
}
check_cut_bundle() {
  published_a
  head -c 150 /root/bundles/B.tar.gz >/root/bundles/cut.tar.gz
  deploy B A URL=file:///root/bundles/cut.tar.gz
  stops wrong-bytes
  deploy B A URL=file:///root/bundles/cut.tar.gz "SHA256=$(sha256sum /root/bundles/cut.tar.gz | cut -d ' ' -f 1)"
  stops $'not-unpacked\t?*'
  has A
}
# A file that fills most of what is free: there is room for it once, but not for its bundle as well.
check_one_copy() {
  published_a
  mkdir -p /root/big
  local free
  free=$(df -B1 --output=avail $html | tail -n 1)
  head -c $((free * 3 / 4)) /dev/urandom >/root/big/big.bin
  pack big
  deploy big A "NEEDED_BYTES=$(stat -c %s /root/big/big.bin)"
  succeeds
  cmp -s /root/big/big.bin $html/big.bin || fail 'the big file is there'
  rm -r /root/big /root/bundles/big.*
}
check_full_meanwhile() {
  published_a
  mkdir -p /root/big /root/many
  head -c 20000000 /dev/urandom >/root/big/big.bin
  pack big
  deploy big A
  stops full-meanwhile
  has A
  (cd /root/many && seq 300 | xargs touch)
  pack many
  deploy many A
  stops full-meanwhile
  has A
  rm -r /root/big /root/many /root/bundles/big.* /root/bundles/many.*
}
check_secret() {
  published_a
  traced curl tar tee sha256sum
  deploy B A "URL=file:///root/bundles/B.tar.gz?X-Amz-Signature=SeCr3t"
  grep -q '^curl ' /root/trace || fail 'curl is called'
  ! grep -q 'SeCr3t\|file:' /root/trace || fail 'no argument holds the URL'
  ! grep -q SeCr3t /root/said || fail 'no message holds the URL'
}
check_order() {
  published_a
  rm -r $html/sub
  traced mv sync mkdir rm tar
  deploy B A
  succeeds
  local step steps='tar,mkdir -p -- ./,sync,mv *placing,sync,mv *css/style.css,mv *index.html,sync,mv *release,sync,rm *placing,sync' line
  exec 7</root/trace
  while IFS= read -r -d , step; do
    while :; do
      IFS= read -r -u 7 line || fail "the order is $steps; lacking from “$step”: $(tr '\n' ';' </root/trace)"
      [[ $line == $step* ]] && break
      [[ $line != mv* ]] || [[ $line == *./css/style.css* || $line == *./sub/page.html* || $line == *./a\ b.txt* || $line == *./index.html* ]] ||
        fail "$line does not come before “$step”"
    done
  done <<<"$steps,"
  local first_page last_other
  first_page=$(grep -n ' -- .*\.html$' /root/trace | head -n 1 | cut -d : -f 1)
  last_other=$(grep -n ' -- .*\(css\|txt\)$' /root/trace | tail -n 1 | cut -d : -f 1)
  [ "$last_other" -lt "$first_page" ] || fail 'pages come last'
}
# A reader that has a page open goes on reading it: the new one is another file, whole when its name appears.
check_rename() {
  published_a
  exec 6<$html/index.html
  deploy B A
  succeeds
  [ "$(cat <&6)" = A ] || fail 'the open page stays as it was'
  has B
}
check_links() {
  local link at target
  mkdir -p /root/elsewhere
  for link in sub:elsewhere sub:nowhere css/style.css:nowhere index.html:B/index.html .sitelift:elsewhere; do
    at=${link%%:*} target=/root/${link#*:}
    published_a
    rm -rf "${html:?}/$at"
    ln -s "$target" "$html/$at"
    deploy B A
    stops $'link-in-the-way\t1\t'"$at"
    [ "$(readlink "$html/$at")" = "$target" ] || fail 'the link stays'
    [ -z "$(ls -A /root/elsewhere)" ] && [ ! -e /root/nowhere ] || fail 'nothing is written elsewhere'
    [ "$(cat "$html/a b.txt")" = A ] || fail 'no page is changed'
    [ ! -e $html/.sitelift/placing ] || fail 'placing has not begun'
  done
}
check_other_kind() {
  local make
  for make in 'rm -r sub; touch sub' 'rm index.html; mkdir index.html' 'rm index.html; mkfifo index.html'; do
    published_a
    (cd $html && eval "$make")
    deploy B A
    stops $'other-kind-in-the-way\t1\t*'
    [ "$(cat "$html/a b.txt")" = A ] || fail 'no page is changed'
  done
}
check_not_placed() {
  published_a
  chattr +i $html/sub
  deploy B A
  chattr -i $html/sub
  stops $'not-placed\tmv:*Operation not permitted*'
  grep -qx placing=B <(look) || fail 'a look tells that it was cut short'
  deploy A A
  succeeds
  has A
}
# The host answers by the last part of the path.
check_fetch() {
  local host="URL=http://bucket.test" sum="SHA256=$HOST_SHA256" at
  for at in 403 404; do
    published_a
    deploy B A "$host/$at?X-Amz-Signature=SeCr3t" "$sum"
    stops $'fetch-refused\t'$at
    has A
  done
  for at in 503-once cut-once; do
    published_a
    deploy B A "$host/$at" "$sum"
    succeeds
    [ "$(cat $html/index.html)" = host ] || fail 'the pages of the host are there'
  done
  published_a
  deploy B A "URL=http://127.0.0.1:9/x"
  stops $'fetch-failed\t7\tcurl: (7)*'
  has A
}
check_charset() {
  published_a
  deploy B A
  printf 'Gr\374\337e\n' >$html/latin.html
  local type
  type=$(curl -sI http://127.0.0.1/latin.html | tr -d '\r' | sed -n 's/^Content-Type: //pi')
  [ "$type" = text/html ] || fail "the server names no encoding, but says $type"
}
# From a server that serves all, and a folder that it may read.
check_private() {
  published_a
  chmod -R go+rX $html/.sitelift
  rm $fragment /run/sitelift.loaded
  systemctl reload httpd
  comes_to 200 .sitelift/release || fail 'without settings the own folder is served'
  deploy B A
  succeeds
  comes_to 403 .sitelift/release && comes_to 403 sub/ || fail 'neither the own folder nor listings are served'
  [ "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' http://127.0.0.1/sub/x.PNG)" = '302 https://d1.cloudfront.net/sub/x.PNG' ] ||
    fail 'images are redirected'
}
check_settings() {
  published_a
  deploy B A 'ASSET_EXTENSIONS=('
  stops $'settings-refused\t?*'
  cmp -s $fragment /root/fragment || fail 'the former settings are back'
  has A
}
check_not_mounted() {
  published_a
  umount $html
  deploy B A
  stops $'not-mounted\t/var/www/html'
  [ ! -e $html/.sitelift ] || fail 'nothing is written below the mount point'
  mount "$(disk_of "$SMALL")" $html
}
check_busy() {
  published_a
  exec 9>/run/sitelift.lock
  flock 9
  printf '#!/bin/bash\nexec /usr/bin/flock -n "${@: -1}"\n' >/root/flock
  traced mv
  mv /root/flock /root/wrap/flock
  chmod 755 /root/wrap/flock
  (exec 9>&-; deploy B A; stops busy) || exit 1
  exec 9>&-
}

# kills_deploy <from> <n…>: kills the placing of B, then publishes B and A, or (`back`) A at once; `new` starts without any release.
kills_deploy() {
  local from=$1 n
  for n in "${@:2}"; do
    published_a
    if [ "$from" = new ]; then
      find $html -mindepth 1 -delete
      rm -f $fragment /run/sitelift.loaded
      systemctl reload httpd
    fi
    compose deploy $(values B) "EXPECTED_RELEASE=$(release)" >/root/run.sh
    killed_before "$n"
    for id in A B; do
      ! settled $id || [ "$(served)" = "$id$id$id$id" ] || fail "$killed: mixed pages that count as $id"
    done
    [[ $from == new || $(served) == [AB][AB][AB][AB] ]] || fail "$killed: each page is whole, but $(served)"
    if [ "$from" != back ]; then
      deploy B "$(release)"
      succeeds
      has B
    fi
    deploy A "$(release)"
    succeeds
    has A
    comes_to 302 x.png && comes_to 403 .sitelift/release || fail "$killed: the settings are loaded"
    echo "$n"
  done
}
# changes_of_deploy <from>: the numbers of its commands that change something.
changes_of_deploy() {
  published_a
  [ "$1" != new ] || { find $html -mindepth 1 -delete; rm -f $fragment /run/sitelift.loaded; }
  compose deploy $(values B) "EXPECTED_RELEASE=$(release)" >/root/run.sh
  changing_commands
  has B
}
