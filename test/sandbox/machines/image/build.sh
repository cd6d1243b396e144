#!/bin/sh
# Builds the machine's kernel, initramfs and root file system into the folder $1.
# fakeroot keeps owners and modes between unpacking and mke2fs, so only mmdebstrap decides whether root is needed.
set -eu
out=$1
size_mib=3072

# Without root the hook runs as another user, for whom the checkout may be closed.
recipe=$(mktemp -d)
trap 'rm -r "$recipe"' EXIT
cp -R "$(dirname "$0")/." "$recipe"
chmod -R go+rX "$recipe"

echo 'image: downloading and unpacking Debian (about 150 MB, one to two minutes)'
mmdebstrap --quiet --variant=minbase --skip=cleanup/apt/lists --aptopt='APT::Install-Recommends "false"' \
  --include=systemd,systemd-sysv,udev,kmod,dbus,iproute2,procps,e2fsprogs,fdisk,parted,gdisk,cloud-guest-utils,nvme-cli \
  --include=curl,ca-certificates,qemu-guest-agent,busybox-static,linux-image-cloud-amd64 \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --customize-hook="\"$recipe/customize.sh\" \"\$1\"" \
  bookworm "$out/root.tar"

echo 'image: making the root file system'
mkdir "$out/root"
# shellcheck disable=SC2016
fakeroot sh -euc '
  tar -x -p -C "$1/root" -f "$1/root.tar" --exclude "./dev/*"
  cp "$1"/root/boot/vmlinuz-* "$1/vmlinuz"
  cp "$1"/root/boot/initrd.sandbox "$1/initrd"
  rm -r "$1"/root/boot/*
  truncate -s "$2M" "$1/root.raw"
  mke2fs -q -F -t ext4 -L root -m 0 -d "$1/root" "$1/root.raw"
' sh "$out" "$size_mib"
rm -r "$out/root" "$out/root.tar"
