#!/bin/sh
# Runs as mmdebstrap's customize hook: turns the fresh Debian in $1 into the sandbox's machine.
set -eu
root=$1
here=$(cd "$(dirname "$0")" && pwd)
lib=$root/usr/lib/sandbox
packages=$root/usr/share/sandbox-packages

cp -R "$here/guest/." "$root/"
mkdir -p "$packages" "$root/var/lib/amazon/ssm"
chmod 700 "$root/var/lib/amazon/ssm"

echo "image: fetching Apache, which is installed only when a script asks for it"
chroot "$root" apt-get clean
chroot "$root" apt-get install -y -q --download-only apache2 > /dev/null
mv "$root"/var/cache/apt/archives/apache2*.deb "$packages"
for archive in "$root"/var/cache/apt/archives/*.deb; do
  set -- "$@" "/var/cache/apt/archives/${archive##*/}"
done
shift
chroot "$root" dpkg --install "$@" > /dev/null 2>&1 || { echo "image: the libraries of Apache did not install" >&2; exit 1; }
rm "$root"/var/cache/apt/archives/*.deb

tree=$(mktemp -d)
cp -R "$here/httpd/." "$tree"
mkdir -p "$tree/usr/share/httpd"
ln -s /usr/lib/apache2/modules "$tree/etc/httpd/modules"
ln -s /var/log/httpd "$tree/etc/httpd/logs"
ln -s /run/httpd "$tree/etc/httpd/run"
dpkg-deb --root-owner-group --build "$tree" "$packages/httpd_2.4.0-sandbox_all.deb" > /dev/null
rm -r "$tree"

# Debian's apache2 enables each module with a Perl program: a minute under emulation. Links do the same.
tree=$(mktemp -d)
dpkg-deb --raw-extract "$packages"/apache2_*.deb "$tree/apache2"
sed -i "1r $here/a2en.sh" "$tree/apache2/DEBIAN/postinst"
rm "$packages"/apache2_*.deb
dpkg-deb --root-owner-group --build "$tree/apache2" "$packages" > /dev/null
rm -r "$tree"

# The archive inside the machine: an index made by hand saves a dependency on dpkg-dev.
(cd "$packages" && for file in *.deb; do
  dpkg-deb --field "$file"
  echo "Filename: ./$file"
  echo "Size: $(stat -c %s "$file")"
  echo "SHA256: $(sha256sum "$file" | cut -d ' ' -f 1)"
  echo
done > Packages)
rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/usr/share/sandbox-packages ./' > "$root/etc/apt/sources.list"
rm -rf "$root"/var/lib/apt/lists/*
chroot "$root" apt-get update -q > /dev/null

# Which package front a machine shows depends on its platform: first-boot links it.
mv "$root/usr/bin/apt-get" "$root/usr/bin/apt" "$root/usr/bin/apt-cache" "$lib/"

echo localhost > "$root/etc/hostname"
echo '127.0.0.1 localhost' > "$root/etc/hosts"
# Names are the proxy's business; a resolver that refuses at once keeps a mistake from waiting.
echo 'nameserver 127.0.0.1' > "$root/etc/resolv.conf"
# The root is mounted by the initramfs.
: > "$root/etc/fstab"
chroot "$root" systemctl --quiet enable qemu-guest-agent wired-network
# What a server without people and without other hardware can do without; each costs a second or more under emulation.
chroot "$root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service fstrim.timer getty@tty1.service serial-getty@ttyS0.service systemd-logind.service \
  systemd-user-sessions.service systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-sysusers.service \
  systemd-network-generator.service systemd-networkd.service systemd-networkd.socket systemd-binfmt.service \
  proc-sys-fs-binfmt_misc.automount nvmf-autoconnect.service modprobe@configfs.service modprobe@dm_mod.service \
  modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service modprobe@loop.service sys-kernel-debug.mount \
  sys-kernel-tracing.mount dev-hugepages.mount

# An initramfs that only finds the root: Debian's own looks for hardware that is not there.
version=$(basename "$root"/lib/modules/*)
ramfs=$root/tmp/ramfs
mkdir -p "$ramfs/bin" "$ramfs/modules" "$ramfs/dev" "$ramfs/root"
cp "$root/bin/busybox" "$ramfs/bin/busybox"
cp "$here/init" "$ramfs/init"
for name in virtio_pci virtio_blk; do
  chroot "$root" modprobe --set-version "$version" --show-depends "$name" | while read -r _ module _; do
    name=$(basename "$module")
    [ -e "$ramfs"/modules/*-"$name" ] || cp "$root/$module" "$ramfs/modules/$((10 + $(ls "$ramfs/modules" | wc -l)))-$name"
  done
done
(cd "$ramfs" && find . | chroot "$root" sh -c 'cd /tmp/ramfs && cpio --quiet --create --format=newc --owner=0:0') > "$root/boot/initrd.sandbox"
rm -r "$ramfs"
