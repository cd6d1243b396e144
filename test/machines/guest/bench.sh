# What the checks of the scripts share; it runs on the server, as root under bash. The scripts lie in /root/scripts.
set -u
export LC_ALL=C
fail() {
  echo "not so: $*; status ${status-}, reason ${reason-}" >&2
  tail -n 5 /root/said >&2
  exit 1
}
# compose <script> [NAME=value…]: what SSM runs; a later value wins.
compose() {
  local script=$1 pair
  shift
  for pair; do printf '%s=%q\n' "${pair%%=*}" "${pair#*=}"; done
  cat "/root/scripts/$script.sh"
}
# run <script> [NAME=value…]: leaves $status and $reason, what it printed in /root/printed and what it said in /root/said.
run() {
  compose "$@" >/root/run.sh
  status=0
  bash /root/run.sh >/root/printed 2>/root/said || status=$?
  reason=$(sed -n 's/^sitelift: //p' /root/said | tail -n 1)
}
succeeds() { [ "$status" = 0 ] || fail "it succeeds"; }
# stops <code and values, as a pattern>
stops() {
  [ "$status" = 1 ] || fail "it stops with 1"
  [[ $reason == $1 ]] || fail "it stops with “$1”"
}
disk_of() { lsblk -dnrpo NAME,SERIAL | awk -v serial="$1" '$2 == serial { print $1 }'; }
# Every call of these programs by a script leaves a line in /root/trace, with “?” for what does not print.
traced() {
  rm -rf /root/wrap /root/trace
  mkdir /root/wrap
  local program
  for program; do
    printf '#!/bin/bash\nline="%s $*"\necho "${line//[^[:print:]]/?}" >>/root/trace\nexec %s "$@"\n' "$program" "$(type -P "$program")" >"/root/wrap/$program"
  done
  chmod 755 /root/wrap/*
  PATH=/root/wrap:$PATH
}

# A run of /root/run.sh that is killed, with all that it started, before its nth command: each command, in whatever subshell,
# takes a byte of a file that they all have open at the same place, and who finds none kills. /root/commands has those commands,
# and $killed tells about the last one.
killed_before() {
  head -c $(($1 - 1)) /dev/zero | tr '\0' y >/root/bytes
  exec 8</root/bytes
  : >/root/commands
  { echo 'set -T; trap '\''printf "%s\0" "$BASH_COMMAND" >>/root/commands; read -rN1 -u8 || kill -KILL 0'\'' DEBUG' && cat /root/run.sh; } >/root/killed.sh
  { setsid -w bash /root/killed.sh >/dev/null 2>/root/said; } 2>/dev/null
  killed="killed before command $1, $(tail -z -n 1 /root/commands | tr -d '\0')"
}
# Whether a command may do more than look: what writes into a file, and all programs but these.
may_change() {
  local command=${1//> \/dev\/null/} looking=' awk blkid cat comm cut df du findmnt grep head lsblk mountpoint sed seq sha256sum sort tail tr uniq '
  command=${command//> \"\$told\//}
  [[ $command == *\>* ]] && return 0
  [[ $command != 'systemctl show'* && $command != 'wipefs -n'* && $looking != *" ${command%% *} "* && $(type -t -- "${command%% *}") == file ]]
}
# The numbers of the commands of /root/run.sh that may change something. Killed before any other one, it leaves the same as before the next of these.
changing_commands() {
  local commands n
  killed_before 20000
  mapfile -d '' commands </root/commands
  for n in "${!commands[@]}"; do ! may_change "${commands[n]}" || echo "$((n + 1))"; done
}
