#!/bin/sh
# Run in the tree of extracted packages: pack the few files that the installer needs into an initial RAM file system.
set -eu
recipe=/harness/recipe
out=/harness/out
tree=/harness/tree
version=$(basename /usr/lib/modules/*)
. /harness/common/pack.sh

# link TARGET NAME...: further names of a program in /usr/sbin.
link() {
    target=$1
    shift
    for name in "$@"; do
        ln -sf "$target" "$tree/usr/sbin/$name"
    done
}

install_programs() {
    install_busybox
    entries "$recipe/programs" | while read -r program optional; do
        [ -e "$program" ] || [ -z "$optional" ] || continue
        replace_applet "$program"
    done
    # glibc opens this one by name when a thread ends.
    install_file "$(find /usr/lib -name libgcc_s.so.1 | head -n 1)"
    link mke2fs mkfs.ext2 mkfs.ext3 mkfs.ext4
    link e2fsck fsck.ext2 fsck.ext3 fsck.ext4
    link mkfs.fat mkfs.vfat mkdosfs
    link lvm pvcreate pvdisplay pvremove pvs pvscan vgchange vgcreate vgdisplay vgmknodes vgremove vgs vgscan \
        lvchange lvcreate lvdisplay lvextend lvremove lvs lvscan
}

# Of Python's own library only what it starts with, and what it is found by.
install_keeper() {
    install_program /usr/bin/python3
    library=$(echo /usr/lib/python3.*)
    for name in os.py encodings/__init__.py encodings/aliases.py encodings/utf_8.py; do
        install_file "$library/$name"
    done
    mkdir "$tree$library/lib-dynload" "$tree/usr/lib/harness"
    cp /harness/common/keeper "$tree/usr/lib/harness/keeper"
    chmod 0755 "$tree/usr/lib/harness/keeper"
}

install_own_files() {
    cp -R "$recipe/root/." "$tree/"
    chmod 0755 "$tree/usr/sbin/harness-installer" "$tree/etc/udhcpc/default.script"
    mkdir -m 0700 "$tree/root/.ssh"
    chmod 0700 "$tree/root"
    ln -s usr/bin/busybox "$tree/init"
}

mkdir -p "$tree"
make_skeleton
install_programs
install_keeper
install_modules "$recipe/modules" "$version"
install_own_files
pack "$out/initrd.img"
cp "/boot/vmlinuz-$version" "$out/vmlinuz"
