#!/bin/bash
# Boots the machine image as a container on this machine's own kernel, and takes it down when its standard input ends:
# container.sh <image folder> <platform> <socket of the proxy, may be empty> <serial of a disk…>
# It is run by `unshare --mount`, so that what it mounts is seen nowhere else. It prints the container's first process.
#
# No disk of this machine is in reach in there: /dev holds the container's own loop devices alone, and nobody inside may
# make nodes. They are made from out here; udev does not run in containers, so `udevadm settle` asks for those of partitions.
set -euo pipefail
image=$1 platform=$2 socket=$3
shift 3

# This machine may itself be a container, or have its control groups elsewhere.
at() { [ "$(findmnt -no FSTYPE --mountpoint "$2" | tail -n 1)" = "$1" ] || mount -t "$1" sitelift "$2"; }
at devtmpfs /dev
at cgroup2 /sys/fs/cgroup
# A group of its own holds all that runs inside.
group=/sys/fs/cgroup/sitelift-$$
mkdir "$group"
take_down() {
  echo 1 >"$group/cgroup.kill"
  until grep -qx 'populated 0' "$group/cgroup.events"; do sleep 0.01; done
  find "$group" -depth -type d -exec rmdir {} +
  kill -KILL $(jobs -p) 2>/dev/null || true
}
[ -e "$group/cgroup.kill" ] || { rmdir "$group"; echo 'the kernel is older than 5.14' >&2; exit 1; }
trap take_down EXIT

# What is written stays in memory, in place of a folder that nothing here is in.
mount -t tmpfs -o size=2g,mode=755 sitelift /boot
cd /boot
mkdir lower upper work root
mount -o loop,ro,noload "$image/root.raw" lower
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work sitelift root
# Without udev nobody sees the devices that these wait for.
ln -sf /dev/null root/etc/systemd/system/wired-network.service
ln -sf /dev/null root/etc/systemd/system/qemu-guest-agent.service
asks=usr/lib/sandbox/asks
mkfifo "root/$asks"
cat >root/usr/bin/udevadm <<X
#!/bin/sh
[ "\$1" = settle ] || exit 1
echo \$\$ >/$asks
until [ -e /run/settled.\$\$ ]; do sleep 0.002; done
rm /run/settled.\$\$
X

# A loop device that is let go while it is open stays until nobody has it open; one that is locked is left alone by this machine's udev.
loops=()
for _; do
  file=disk${#loops[@]}
  truncate -s 1G "$file"
  loop=$(losetup --find --show --partscan "$file")
  exec {held}<>"$loop"
  flock "$held"
  losetup --detach "$loop"
  loops+=("${loop#/dev/}")
done
loops=($(printf '%s\n' "${loops[@]}" | sort -V))

# Of its calls to sync(2), which would write out all of this machine, nothing comes.
(
  echo "$BASHPID" >"$group/cgroup.procs"
  exec systemd-nspawn --quiet --register=no --keep-unit --private-network --drop-capability=CAP_MKNOD \
    --system-call-filter='~sync' --boot --directory=root
) </dev/null >console 2>&1 &
nspawn=$!
disown
inside() { nsenter --target "$leader" --all "$@"; }
is_up() {
  leader=$(tr -d ' ' <"/proc/$nspawn/task/$nspawn/children") && [ -n "$leader" ] || return 1
  [[ $(inside systemctl is-system-running --wait 2>/dev/null) == @(running|degraded) ]]
}
until is_up; do
  if [ ! -d "/proc/$nspawn" ] || [ "$SECONDS" -gt 60 ]; then cat console >&2; exit 1; fi
  sleep 0.05
done

in=/proc/$leader/root
mkdir -p "$in/run/udev/data"
for loop in "${loops[@]}"; do
  mknod "$in/dev/$loop" b 7 "${loop#loop}"
  echo "E:ID_SERIAL_SHORT=$1" >"$in/run/udev/data/b7:${loop#loop}"
  shift
done
settle() {
  local loop part
  for loop in "${loops[@]}"; do
    # Not every kernel that can have partitions reads tables of them.
    partx --update "/dev/$loop" 2>/dev/null || true
    # An update misses the last ones of a table that leaves numbers out.
    partx --add "/dev/$loop" 2>/dev/null || true
    rm -f "$in/dev/$loop"p*
    for part in "/sys/block/$loop/$loop"p*/dev; do
      [ ! -e "$part" ] || mknod "$in/dev/$(basename "${part%/dev}")" b $(tr : ' ' <"$part")
    done
  done
}
while read -r who <&7; do settle; : >"$in/run/settled.$who"; done 7<>"root/$asks" &
proxy=
if [ -n "$socket" ]; then
  proxy=http://127.0.0.1:3128
  nsenter --target "$leader" --net socat TCP-LISTEN:3128,bind=127.0.0.1,fork,reuseaddr "UNIX-CONNECT:$socket" &
fi
# The time is that of this machine.
inside bash -c 'date() { :; }; . /usr/lib/sandbox/first-boot' first-boot 0 sandbox "$platform" "$proxy" < <(head -c 64 /dev/urandom | od -An -tx1 -w64)
echo "$leader"
cat >/dev/null
