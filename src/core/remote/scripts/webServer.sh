# Installs the web server if it is missing, enables it for every boot and starts it.
set -euo pipefail
export LC_ALL=C
stop() { printf 'sitelift: %s' "$1" >&2; shift; [ $# = 0 ] || printf '\t%s' "${@//[$'\t\r\n']/ }" >&2; echo >&2; exit 1; }
exec 9>/run/sitelift.lock
flock -w 300 9 || stop busy
said=$(mktemp)
trap 'rm -f "$said"' EXIT
last_line() { { grep '^E: \|[Ee]rror' "$said" || grep -v '^[[:space:]]*$' "$said" || true; } | tail -n 1; }

is_there() { [ "$(systemctl show -p LoadState --value "$1.service")" = loaded ]; }
# A server that has just booted updates its lists by itself, and DPkg::Lock::Timeout does not cover that lock.
update_lists() {
  local end=$((SECONDS + 300))
  until apt-get -q update >"$said" 2>&1; do
    grep -q 'Could not get lock' "$said" || return 1
    [ "$SECONDS" -lt "$end" ] || stop packages-busy "$(last_line)"
    sleep 2
  done
}
if command -v dnf >/dev/null 2>&1; then
  unit=httpd
  missing=()
  is_there httpd || missing+=(httpd)
  command -v tar >/dev/null 2>&1 || missing+=(tar)
  [ ${#missing[@]} = 0 ] || dnf install -y -q "${missing[@]}" >"$said" 2>&1 || stop packages-failed "$(last_line)"
else
  unit=apache2
  is_there apache2 || {
    export DEBIAN_FRONTEND=noninteractive
    update_lists && apt-get -o DPkg::Lock::Timeout=300 install -y -q apache2 >"$said" 2>&1
  } || stop packages-failed "$(last_line)"
fi
systemctl enable --now "$unit" >"$said" 2>&1 || stop not-started "$unit" "$(last_line)"
