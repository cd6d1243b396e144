# Installs the web server if it is missing, enables it for every boot and starts it.
set -euo pipefail
stop() { echo "sitelift: $1" >&2; exit 1; }
exec 9>/run/sitelift.lock
flock -w 300 9 || stop 'Another Sitelift run is busy on the server. Wait until it has ended and try again.'

if command -v dnf >/dev/null 2>&1; then
  unit=httpd
  systemctl cat httpd.service >/dev/null 2>&1 ||
    dnf install -y -q httpd || stop 'The web server could not be installed. The server needs a way out to its package repository.'
else
  unit=apache2
  systemctl cat apache2.service >/dev/null 2>&1 || {
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=300 update -q &&
      apt-get -o DPkg::Lock::Timeout=300 install -y -q apache2
  } || stop 'The web server could not be installed. The server needs a way out to its package repository.'
fi
command -v tar >/dev/null 2>&1 || dnf install -y -q tar
systemctl enable --now "$unit"
