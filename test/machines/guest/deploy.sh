# Checks of deploy.sh and verify.sh. There are two releases, A and B, whose files say which one they are of, a small volume and a web server.
html=/var/www/html
if [ -d /etc/httpd/conf.d ]; then
  unit=httpd fragment=/etc/httpd/conf.d/sitelift.conf
else
  unit=apache2 fragment=/etc/apache2/conf-enabled/sitelift.conf
fi
# with <name>: what is deployed from here on has these settings.
with() { settings=$1 settings_id=$1_ID; }
with USUAL
pages=(index.html css/style.css sub/page.html a%20b.txt)
# Of A alone and of B alone: folders that come and go, a file that becomes a folder and the reverse, names that are hard to handle.
hostile=($'new\nline.txt' ' lead' '-rf' - '*' "quo\"te's" 'back\slash' $'\303\244.html' '$(touch x)' 'two  spaces')
of_a=(old/deep/gone.html old/bare/gone.css swap paws/index.html "${hostile[@]}")
of_b=(fresh/first.txt fresh/page.html swap/index.html paws "${hostile[@]/#/hostile/}")

set_up_deploy() {
  local id path
  for id in A B; do
    mkdir -p "/root/$id"
    cd "/root/$id"
    [ $id = A ] && mine=("${of_a[@]}") || mine=("${of_b[@]}")
    for path in index.html css/style.css sub/page.html 'a b.txt' "${mine[@]}"; do
      mkdir -p -- "$(dirname -- "$path")"
      echo $id >"./$path"
    done
    echo same >same.txt
    pack $id
  done
  pack_changes A B
  cd /
  umask 022
  mkdir -p $html
  mkfs.ext4 -q -F -N 256 "$(disk_of "$SMALL")" 16M
  mount "$(disk_of "$SMALL")" $html
  deploy A ''
  succeeds
  cp $fragment /root/fragment
}
# list_of <folder>: the list of published files for what is in it.
list_of() { (cd "$1" && find . -type f -exec sha256sum -z -- {} + | sed -z 's/  \.\// /' | sort -z -t ' ' -k 2); }
# bundle <name> <folder>: what is in it, for the server to fetch.
bundle() {
  (cd "$2" && find . -type f -printf '%P\0' | tar -czf "/root/bundles/$1.tar.gz" --null -T -)
  sha256sum "/root/bundles/$1.tar.gz" | cut -d ' ' -f 1 >"/root/bundles/$1.sha256"
}
# pack <id>: makes its list and the bundle of the folder /root/<id>.
pack() {
  rm -rf /root/pack
  mkdir -p /root/bundles /root/pack
  cp -r "/root/$1" /root/pack/pages
  bundle "$1" /root/pack
  list_of "/root/$1" >"/root/bundles/$1.list"
}
# pack_changes <from id> <to id>: makes the bundle <from>-<to> of what differs.
pack_changes() {
  rm -rf /root/pack
  mkdir -p /root/pack/pages
  cp -r "/root/$2/." /root/pack/pages
  local path
  : >/root/pack/gone
  while IFS= read -r -d '' path; do
    if [ ! -f "/root/$2/$path" ]; then
      printf '%s %s\0' "$(sha256sum <"/root/$1/$path" | cut -d ' ' -f 1)" "$path" >>/root/pack/gone
    elif cmp -s "/root/$1/$path" "/root/$2/$path"; then
      rm -- "/root/pack/pages/$path"
    fi
  done < <(cd "/root/$1" && find . -type f -printf '%P\0')
  bundle "$1-$2" /root/pack
}
sum_of() { sha256sum <"$1" | cut -d ' ' -f 1; }
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
  cp /root/bundles/A.list $html/.sitelift/published
  cp -r /root/A/. $html
  cp /root/fragment $html/.sitelift/settings
  if ! cmp -s $fragment /root/fragment || ! cmp -s $fragment.loaded /root/fragment; then
    cp /root/fragment $fragment
    systemctl reload $unit
    cp /root/fragment $fragment.loaded
  fi
}
# values <id> [<base id>]
values() {
  local bundle=${2:+$2-}$1 base=
  [ $# = 1 ] || base=$(sum_of "/root/bundles/$2.list")
  echo "URL=file:///root/bundles/$bundle.tar.gz SHA256=$(cat "/root/bundles/$bundle.sha256") NEEDED_BYTES=40000 NEEDED_INODES=10" \
    "RELEASE=$1 BASE=$base RESULT=$(sum_of "/root/bundles/$1.list") SETTINGS=${!settings} SETTINGS_ID=${!settings_id} GRACE=0"
}
# deploy <id> <expected release> [NAME=value…]: with all pages.
deploy() { run deploy $(values "$1") "EXPECTED_RELEASE=$2" "${@:3}"; }
# deploy_changes <from id> <to id> [NAME=value…]
deploy_changes() { run deploy $(values "$2" "$1") "EXPECTED_RELEASE=$1" "${@:3}"; }
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
  [[ $seen == *$'\n'"release=$1"$'\n'* && $seen == *$'\n'"settings=${!settings_id}"$'\n'* && $seen != *$'\n'placing=* ]]
}
is_exactly() {
  diff -r --no-dereference -x .sitelift -x lost+found "/root/$1" $html >/root/said 2>&1 &&
    cmp -s "/root/bundles/$1.list" $html/.sitelift/published
}
has() {
  [ "$(served)" = "$1$1$1$1" ] || fail "all that is served is of $1, and not $(served)"
  cmp -s $fragment $html/.sitelift/settings || fail 'the settings are kept beside the pages'
  settled "$1" || fail "nothing is left to publish of $1"
  is_exactly "$1" || fail "the files are those of $1 and no other, and so is the list"
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
  [ -z "$(find $html ! -user root)" ] || fail 'all is the property of root'
}
# The list is what the sums of each file make it, whatever their names.
check_list() {
  published_a
  deploy B A
  succeeds
  local path
  while IFS= read -r -d '' path; do
    printf '%s %s\0' "$(sha256sum <"$html/$path" | cut -d ' ' -f 1)" "$path"
  done < <(printf '%s\0' index.html css/style.css sub/page.html 'a b.txt' same.txt "${of_b[@]}" | sort -z) |
    cmp -s - $html/.sitelift/published || fail 'the list has the sum of each file'
  grep -qx "list=$(sum_of $html/.sitelift/published)" <(look) || fail 'a look tells the sum of the list'
}
check_changes() {
  published_a
  local same
  same=$(stat -c %i $html/same.txt)
  deploy_changes A B
  succeeds
  has B
  [ "$(stat -c %i $html/same.txt)" = "$same" ] || fail 'what did not change is not touched'
  printed release=B deleted=${#of_a[@]} left=0
}
printed() {
  local line
  for line; do grep -qxF -- "$line" /root/printed || fail "it prints $line, and not $(cat /root/printed)"; done
  grep -qx 'free_bytes=[0-9]*' /root/printed && grep -qx 'free_inodes=[0-9]*' /root/printed || fail 'it prints what is free'
}
check_base() {
  published_a
  printf '%s x.html\0' "$(sum_of /dev/null)" >>$html/.sitelift/published
  deploy_changes A B
  stops other-base
  rm $html/.sitelift/published
  deploy_changes A B
  stops other-base
  published_a
  printf C >$html/.sitelift/placing
  deploy_changes A B
  stops other-base
  rm $html/.sitelift/placing
  has A
}
check_result() {
  published_a
  deploy_changes A B "RESULT=$(sum_of /root/bundles/A.list)"
  stops wrong-result
  has A
  deploy B A "RESULT=$(sum_of /root/bundles/A.list)"
  stops wrong-result
  has A
  # Something goes that the base does not have as it is told.
  rm -rf /root/pack
  mkdir /root/pack
  printf '%s same.txt\0' "$(sum_of /dev/null)" >/root/pack/gone
  bundle A-C /root/pack
  grep -zv ' same\.txt$' /root/bundles/A.list >/root/bundles/C.list
  deploy_changes A C
  stops wrong-result
  has A
}
# Who may write to the bucket may write lists and bundles, too.
check_strange() {
  published_a
  rm -rf /root/pack
  mkdir -p /root/pack/pages/.sitelift
  cp -r /root/B/. /root/pack/pages
  echo theirs >/root/pack/pages/.sitelift/published.new
  bundle S /root/pack
  list_of /root/pack/pages >/root/bundles/S.list
  deploy S A
  stops wrong-result
  has A
  echo victim >/root/victim
  { cat /root/bundles/A.list && printf '%s ../../../root/victim\0' "$(sum_of /root/victim)"; } |
    sort -z -t ' ' -k 2 >$html/.sitelift/published
  deploy B A
  succeeds
  [ -f /root/victim ] || fail 'what lies elsewhere stays'
  has B
}
# A second time all is there: nothing is fetched, but the settings are made.
check_nothing_new() {
  published_a
  deploy_changes A B
  succeeds
  rm $fragment
  deploy_changes A B URL=file:///nowhere NEEDED_BYTES=99000000
  succeeds
  has B
  printed release=B deleted=0 left=0
  run deploy $(values B A) EXPECTED_RELEASE=B BASE="$(sum_of /root/bundles/B.list)" URL=file:///nowhere
  succeeds
  has B
  printf B >$html/.sitelift/placing
  deploy_changes A B URL=file:///nowhere
  stops $'fetch-failed\t37*'
}
check_repairs() {
  published_a
  echo theirs >$html/index.html
  rm -r $html/sub
  deploy A A
  succeeds
  has A
}
check_stays() {
  published_a
  rm -rf /root/C /root/was
  mkdir /root/C
  echo C >/root/C/index.html
  pack C
  cp -a /root/A /root/was
  cp /root/C/index.html /root/was
  deploy C A STAYS=yes
  succeeds
  diff -r --no-dereference -x .sitelift -x lost+found /root/was $html >/root/said 2>&1 || fail 'the page is the new one, and all others stay'
  cmp -s /root/bundles/C.list $html/.sitelift/published || fail 'they are listed no more'
  printed release=C deleted=0 left=0
}
# What is not as it was published stays, and so does what was never published.
check_leaves() {
  published_a
  rm -rf /root/elsewhere
  mkdir -p /root/elsewhere/deep /root/elsewhere/bare
  cp $html/old/deep/gone.html /root/elsewhere/deep
  rm -r $html/old $html/-rf
  ln -s /root/elsewhere $html/old
  ln -s same.txt $html/-rf
  echo theirs >"$html/"$'new\nline.txt'
  echo theirs >$html/theirs.html
  deploy_changes A B
  succeeds
  [ -f /root/elsewhere/deep/gone.html ] && [ -d /root/elsewhere/bare ] || fail 'nothing is deleted through a link'
  [ "$(cat "$html/"$'new\nline.txt' $html/theirs.html | uniq -c | tr -s ' ')" = ' 2 theirs' ] && [ -L $html/-rf ] ||
    fail 'what is not ours any more stays'
  printed left=3 left_path=old/deep/gone.html left_path=new?line.txt left_path=-rf deleted=$((${#of_a[@]} - 4))
  rm -r /root/elsewhere $html/old $html/-rf $html/new* $html/theirs.html
  has B
}
check_leaves_folders() {
  published_a
  mkdir $html/old/theirs
  touch $html/old/deep/theirs
  chattr +i "$html/ lead"
  deploy_changes A B
  chattr -i "$html/ lead"
  succeeds
  printed left=1 'left_path= lead'
  [ "$(find $html/old | sort | tr '\n' ' ')" = "$html/old $html/old/deep $html/old/deep/theirs $html/old/theirs " ] ||
    fail 'folders stay where something else is in them'
  rm -r "$html/ lead" $html/old
  has B
}
check_swap() {
  local make
  for make in 'touch paws/theirs' 'mkdir paws/theirs' 'echo theirs >paws/index.html' 'echo theirs >swap' 'ln -s x paws/link'; do
    published_a
    (cd $html && eval "$make")
    find $html -printf '%P %i\n' >/root/before
    deploy_changes A B
    stops $'other-kind-in-the-way\t1\t*'
    find $html -printf '%P %i\n' | grep -v '^.sitelift/stage' | cmp -s - /root/before || fail "nothing is changed: $make"
    deploy B A
    stops $'other-kind-in-the-way\t1\t*'
  done
}
# Cut short in the middle: what was placed is known.
check_cut_short() {
  local next
  for next in 'deploy A A' 'deploy_changes A B' 'deploy B A'; do
    published_a
    chattr +i $html/sub
    deploy_changes A B
    chattr -i $html/sub
    stops $'not-placed\tmv:*Operation not permitted*'
    [ -e $html/fresh/first.txt ] || fail 'something was placed'
    grep -qx placing=B <(look) || fail 'a look tells that it was cut short'
    ! grep -qx "list=$(sum_of /root/bundles/A.list)" <(look) || fail 'a look tells that the list is another one'
    $next
    if [[ $next == deploy_changes* ]]; then
      stops other-base
      deploy B A
    fi
    succeeds
    [[ $next == 'deploy A A' ]] && has A || has B
  done
}
# A list of ten thousand files, of which half go and some change, takes a few processes.
check_many() {
  published_a
  rm -rf /root/pack /root/many
  mkdir -p /root/pack/pages /root/many
  local n sum before after
  sum=$(sum_of /dev/null)
  {
    cat /root/bundles/A.list
    for n in {1..10000}; do printf '%s many/%s.html\0' "$sum" "$n"; done
  } | sort -z -t ' ' -k 2 >$html/.sitelift/published
  cp $html/.sitelift/published /root/bundles/many.list
  for n in {1..5000}; do printf '%s many/%s.html\0' "$sum" "$n"; done >/root/pack/gone
  mkdir $html/many /root/pack/pages/many
  (cd $html/many && seq -f %g.html 50 | xargs touch)
  for n in {5001..5100}; do echo B >/root/pack/pages/many/$n.html; done
  bundle many-fewer /root/pack
  {
    cat /root/bundles/A.list
    for n in {5101..10000}; do printf '%s many/%s.html\0' "$sum" "$n"; done
    sum=$(sum_of /root/B/index.html)
    for n in {5001..5100}; do printf '%s many/%s.html\0' "$sum" "$n"; done
  } | sort -z -t ' ' -k 2 >/root/bundles/fewer.list
  before=$(bash -c 'echo $$')
  run deploy $(values fewer many) EXPECTED_RELEASE=A
  after=$(bash -c 'echo $$')
  succeeds
  cmp -s /root/bundles/fewer.list $html/.sitelift/published && [ "$(ls $html/many | wc -l)" = 100 ] || fail 'the change is there'
  printed deleted=50 left=0
  [ $((after - before)) -lt 200 ] || fail "few processes are started, and not $((after - before))"
}
# verified <line…>
verified() {
  run verify
  succeeds
  cmp -s /root/printed <(printf '%s\n' "$@") || fail "it tells $*, and not $(cat /root/printed)"
}
check_verify() {
  published_a
  local list files
  list=list=$(sum_of /root/bundles/A.list)
  files=files=$(tr -cd '\0' </root/bundles/A.list | wc -c)
  mkdir $html/lost+found
  touch $html/lost+found/x
  verified $list $files changed=0 missing=0 other=0
  echo theirs >"$html/"$'new\nline.txt'
  rm $html/index.html $html/-rf
  cp $html/same.txt /root/same.txt
  ln -sf /root/same.txt $html/same.txt
  ln -s index.html $html/link
  mv $html/old $html/theirs
  find $html -printf '%P %i %s %T@\n' >/root/before
  verified $list $files changed=2 missing=4 other=3 changed_path=new?line.txt changed_path=same.txt \
    missing_path=-rf missing_path=index.html missing_path=old/bare/gone.css missing_path=old/deep/gone.html \
    other_path=link other_path=theirs/bare/gone.css other_path=theirs/deep/gone.html
  find $html -printf '%P %i %s %T@\n' | cmp -s - /root/before || fail 'nothing is changed'
  (cd $html && seq 100 130 | xargs touch)
  run verify
  [ "$(grep -c ^other_path= /root/printed)" = 20 ] && grep -qx other=34 /root/printed || fail 'it tells the first 20'
  rm $html/.sitelift/published
  run verify
  grep -qx "list=$(sum_of /dev/null)" /root/printed && grep -qx files=0 /root/printed || fail 'no list is an empty one'
  umount $html
  run verify
  stops $'not-mounted\t/var/www/html'
  mount "$(disk_of "$SMALL")" $html
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
  local note
  for note in placing release both; do
    rm -f $html/.sitelift/*.new
    mkdir $html/.sitelift/$note.new
    deploy_changes A B
    stops full-meanwhile
    has A
    rmdir $html/.sitelift/$note.new || fail 'nothing is noted'
  done
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
  traced mv sync mkdir rm tar rmdir
  printf '#!/bin/bash\necho "sleep $*" >>/root/trace\n' >/root/wrap/sleep
  chmod 755 /root/wrap/sleep
  deploy_changes A B GRACE=
  succeeds
  local line order='' step last='' expected
  while IFS= read -r line; do
    case $line in
      'tar '*) step=tar ;;
      'sync '*) step=sync ;;
      'mkdir -p -- '*) step=folders ;;
      mv*/placing | mv*/published | mv*/release) step=${line##*/} ;;
      'mv -f -t '*/fresh*.txt* | 'mv -f -t '*/hostile*.txt*) step='new others' ;;
      'mv -f -t '*.css* | 'mv -f -t '*.txt*) step=others ;;
      'mv -f -t '*' ./index.html'*) step=pages ;;
      'mv -f -t '*.html*) step='new pages' ;;
      'sleep '*) step=$line ;;
      'rm -f -- '*gone.css*) step='rm others' ;;
      'rm -f -- '*gone.html*) step='rm pages' ;;
      'rm -f -- '* | 'rm -f '*/placing) step=${line%% --*} step=${step%% /*} ;;
      rmdir*) step=rmdir ;;
      *) continue ;;
    esac
    [ "$step" = "$last" ] || order+="$step,"
    last=$step
  done </root/trace
  expected='tar,sync,placing,sync,published,sync,rm -f,rmdir,folders,new others,others,new pages,pages,sleep 5,rm pages,rmdir,sleep 5,rm others,rmdir,sync,published,sync,release,sync,rm -f,sync,'
  [ "$order" = "$expected" ] || fail "the order is $expected and not $order"
  # Nobody waits where nothing goes.
  : >/root/trace
  deploy B B GRACE=
  succeeds
  ! grep -q '^sleep\|^rm -f --' /root/trace || fail 'where nothing is deleted nobody waits'
  deploy B B GRACE= ASSETS_GO=yes
  succeeds
  [ "$(grep -c '^sleep 5$' /root/trace)" = 1 ] || fail 'where images go from the bucket readers of former pages have time'
  # The sleep of this check takes no time, so what is told is less than none.
  deploy B B GRACE=1000 ASSETS_GO=yes
  grep -q '^seconds=-' /root/printed || fail 'it tells how long it worked, without what it waited'
}
# A reader that has a page open goes on reading it: the new one is another file, whole when its name appears.
# Stands for SELinux, which this system has not: whatever is labelled below a folder gets a mode of its own.
check_label() {
  published_a
  traced tar
  printf '#!/bin/bash\n[ "$1" = -R ] && find "$2" -type f -exec chmod 664 {} +\n' >/root/wrap/restorecon
  chmod 755 /root/wrap/restorecon
  deploy B A
  rm -r /root/wrap
  hash -r
  succeeds
  has B
  local path
  (cd /root/B && find . -type f -print0) | while IFS= read -r -d '' path; do
    [ "$(stat -c %a -- "$html/$path")" = 664 ] || fail "$path is labelled"
  done
}
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
  local host="URL=http://bucket.test" sum="SHA256=$HOST_SHA256" result="RESULT=$HOST_RESULT" at
  for at in 403 404; do
    published_a
    deploy B A "$host/$at?X-Amz-Signature=SeCr3t" "$sum"
    stops $'fetch-refused\t'$at
    has A
  done
  for at in 503-once cut-once; do
    published_a
    deploy B A "$host/$at" "$sum" "$result"
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
  rm $fragment $fragment.loaded
  systemctl reload $unit
  comes_to 200 .sitelift/release || fail 'without settings the own folder is served'
  deploy B A
  succeeds
  comes_to 403 .sitelift/release && comes_to 403 sub/ || fail 'neither the own folder nor listings are served'
  [ "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' http://127.0.0.1/sub/x.PNG)" = '302 https://d1.cloudfront.net/sub/x.PNG' ] ||
    fail 'images are redirected'
}
check_settings() {
  published_a
  with REFUSED
  deploy B A
  stops $'settings-refused\t?*'
  cmp -s $fragment /root/fragment || fail 'the former settings are back'
  # A run that was killed had written them already.
  base64 -d <<<"$REFUSED" | gzip -d >$fragment
  deploy B A
  stops $'settings-refused\t?*'
  cmp -s $fragment /root/fragment || fail 'the settings that were loaded are back'
  # Those that had been written may be in force since a start of the web server.
  [ ! -e $fragment.loaded ] || fail 'nobody is told which settings are in force'
  cp /root/fragment $fragment.loaded
  # A deployment that stops early leaves nothing that a later start of the web server would bring into force.
  with OTHER
  deploy B A NEEDED_BYTES=99000000
  stops $'disk-full\t*'
  cmp -s $fragment /root/fragment || fail 'settings that were not loaded are taken back'
  with USUAL
  has A
  # Told to load them, the web server may have done so or not.
  with OTHER
  traced systemctl
  printf '#!/bin/bash\nexit 1\n' >/root/wrap/systemctl
  deploy B A
  stops $'not-reloaded\t*'
  rm -r /root/wrap
  hash -r
  with USUAL
  [ ! -e $fragment.loaded ] || fail 'nothing tells which settings are in force'
  deploy A "$(release)"
  succeeds
  has A
  with OTHER
  deploy B A
  succeeds
  has B
  with USUAL
}
# Where settings are in force that deny the own folder, others come after the pages that they lead to, and before any is deleted.
check_settings_order() {
  published_a
  with OTHER
  traced mv systemctl tar rm apachectl
  deploy_changes A B
  succeeds
  has B
  order='apachectl,tar,rm,pages,reload,rm,'
  in_order
  published_a
  : >/root/trace
  rm $fragment.loaded
  deploy_changes A B
  succeeds
  order='apachectl,reload,tar,rm,pages,rm,'
  in_order
  : >/root/trace
  deploy_changes A B
  succeeds
  order=
  in_order
  rm $fragment.loaded
  deploy_changes A B
  succeeds
  order='apachectl,reload,'
  in_order
  with USUAL
  deploy_changes A B
  succeeds
  has B
  comes_to 404 elsewhere || fail 'settings alone are loaded'
}
in_order() {
  local line seen='' step last=''
  while IFS= read -r line; do
    case $line in
      tar* | apachectl*) step=${line%% *} ;;
      'mv -f -t '*) step=pages ;;
      systemctl\ reload*) step=reload ;;
      'rm -f -- '*) step=rm ;;
      *) continue ;;
    esac
    [ "$step" = "$last" ] || seen+="$step,"
    last=$step
  done </root/trace
  [ "$seen" = "$order" ] || fail "the order is $order and not $seen"
}
# answers <path> <code and address or text, as a pattern> [curl arguments…]
answers() {
  local answer
  answer=$(curl -s --path-as-is -o /root/body -w '%{http_code} %{redirect_url}' "${@:3}" "http://127.0.0.1$1")
  answer+=$(head -c 20 /root/body | tr -d '\0\n')
  answer=${answer//http:\/\/127.0.0.1/}
  [[ $answer == $2 ]] || fail "$1 is answered with $2, and not $answer"
}
# header <path> <name> [curl arguments…]
header() { curl -s -D - -o /root/body "${@:3}" "http://127.0.0.1/$1" | tr -d '\r' | sed -n "s/^$2: //pI"; }
# header_is <value> <path> <name> [curl arguments…]
header_is() { [ "$(header "${@:2}")" = "$1" ] || fail "$2 has $3: $1, and not $(header "${@:2}")"; }
check_web() {
  local etag encoding
  published_a
  with OTHER
  deploy B A
  succeeds
  mkdir -p $html/fonts/a $html/images
  echo none >$html/404.html
  echo wolf >$html/fonts/a/b.woff2
  echo icon >$html/images/there.png
  echo file | tee $html/page2.html >$html/page3.html
  seq 2000 | tee $html/long.html >$html/long.css
  printf '%s\n' '/x /y' >$html/_redirects
  comes_to 302 elsewhere || fail 'the settings are in force'

  answers /missing '404 none'
  answers /missing.png '302 https://d1.cloudfront.net/missing.png*'
  answers /images/there.png '200 icon'
  answers /kept/a.png '302 https://d1.cloudfront.net/kept/a.png*'
  answers /sub/ '302 /sub/deep/[<]*'
  answers /sub/page '200 B'
  answers /sub/page.html/ '302 /sub/deep/page.html/*'
  answers /sub/deep/x '404 none'
  answers /_redirects '403 *'
  answers /%5fredirects '403 *'
  answers /.sitelift/release '403 *'
  answers /../../../etc/passwd '400 *'
  answers /moved '301 /css/[<]*'
  answers '/moved/a%20b%3Fc%25d/%C3%BC%0d%0aX:1?x=1' '301 /css/a%20b%3fc%25d/%c3%bc%0d%0aX%3a1[?]x=1*'
  answers //moved//x '301 /css/x*'
  answers /elsewhere/ '302 https://example.com/%C3%BCber[?]a=%20#b*'
  answers /by/2020/me '308 /me-of-2020[?]n=me*'
  answers /page2.html '200 file'
  answers /page3.html '307 /sub/page.html*'
  answers /shown/x/y '200 B'
  answers /gone/x '410 B'
  answers /none '404 B'
  answers /kept/other '303 /css/other*'
  answers "/'%22%3C%3E%5C\$%7BHOME%7D\$1%25%7BTHE_REQUEST%7D" "301 /ok'%22%3C%3E%5C%24%7BHOME%7D%241%25%7BTHE_REQUEST%7D*"

  header_is 'public, max-age=0, must-revalidate' long.html Cache-Control
  header_is 'public, max-age=0, must-revalidate' '' Cache-Control
  header_is 'public, max-age=0, must-revalidate' missing Cache-Control
  header_is 'public, max-age=0, must-revalidate' moved Cache-Control
  header_is 'public, max-age=300' long.css Cache-Control
  header_is 'public, max-age=31536000, immutable' fonts/a/b.woff2 Cache-Control
  header_is font/woff2 fonts/a/b.woff2 Content-Type
  header_is Apache missing Server
  header_is nosniff missing X-Content-Type-Options
  header_is strict-origin-when-cross-origin long.css Referrer-Policy
  answers / '405 *' -X TRACE
  for encoding in gzip identity; do
    etag=$(header long.html ETag -H "Accept-Encoding: $encoding")
    [ -n "$etag" ] || fail 'there is an ETag'
    header_is "${encoding/identity/}" long.html Content-Encoding -H "Accept-Encoding: $encoding"
    answers /long.html '304 *' -H "Accept-Encoding: $encoding" -H "If-None-Match: $etag"
    header_is 'public, max-age=0, must-revalidate' long.html Cache-Control -H "If-None-Match: $etag"
  done
  header_is gzip long.css Content-Encoding -H 'Accept-Encoding: gzip'
  with WHOLE
  deploy B B
  succeeds
  mkdir $html/care
  echo care | tee $html/care.html >$html/care/index.html
  comes_to 302 page2.html || fail 'the settings for a whole site are in force'
  answers /index.html '302 https://d1.cloudfront.net/care[<]*'
  answers /sub/page.html '302 https://d1.cloudfront.net/care/[<]*'
  answers /care.html '200 care'
  rm $html/care.html
  # Bytes of the same number and the same time are others all the same.
  with USUAL
  etag=$(header same.txt ETag)
  deploy B B
  succeeds
  [ "$(header same.txt ETag)" != "$etag" ] || fail 'what is sent again has another ETag'
  comes_to 404 elsewhere || fail 'the former settings are in force'
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
  (exec 9>&-; run verify; stops busy) || exit 1
  exec 9>&-
}

# before_kill <from>: the publication of B that is killed: over A with all pages (`A`, `back`) or with changes (`changes`, `changes_back`),
# with other settings as well (`settings`), or (`new`) without any release.
before_kill() {
  local base=
  published_a
  if [ "$1" = new ]; then
    find $html -mindepth 1 -delete
    rm -f $fragment $fragment.loaded
    systemctl reload $unit
  fi
  [[ $1 != @(changes*|settings) ]] || base=A
  with USUAL
  [ "$1" != settings ] || with OTHER
  compose deploy $(values B $base) "EXPECTED_RELEASE=$(release)" >/root/run.sh
}
# kills_deploy <from> <n…>: kills the placing of B, then publishes B (again with changes where that was so, until they are refused) and A,
# or (`back`, `changes_back`) A at once.
kills_deploy() {
  local from=$1 n
  for n in "${@:2}"; do
    before_kill "$from"
    killed_before "$n"
    for id in A B; do
      ! settled $id || is_exactly $id || fail "$killed: mixed pages that count as $id"
    done
    [[ $from == new || $(served) == [AB][AB][AB][AB] ]] || fail "$killed: each page is whole, but $(served)"
    if [[ $from != *back ]]; then
      status=1 reason=other-base
      [[ $from != @(changes|settings) ]] || run deploy $(values B A) "EXPECTED_RELEASE=$(release)"
      [ "$status" = 0 ] || stops other-base
      [ "$status" = 0 ] || deploy B "$(release)"
      succeeds
      has B
    fi
    with USUAL
    deploy A "$(release)"
    succeeds
    has A
    comes_to 302 x.png && comes_to 403 .sitelift/release || fail "$killed: the settings are loaded"
    echo "$n"
  done
}
# changes_of_deploy <from>: the numbers of its commands that change something.
changes_of_deploy() {
  before_kill "$1"
  changing_commands
  has B
  with USUAL
}
