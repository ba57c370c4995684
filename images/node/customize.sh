#!/bin/sh
# Run in the installed tree: make it a node that boots fast, carries no identity and no ballast.
set -eu
recipe=/harness/recipe
tree=/harness/tree
version=$(basename /usr/lib/modules/*)
. /harness/common/pack.sh

install_own_files() {
    cp -R "$recipe/root/." /
    chmod 0755 /usr/lib/harness/install-boot-loader
    install -m 0755 /harness/common/keeper /usr/lib/harness/keeper
}

mask_units() {
    entries "$recipe/masked-units" | while read -r unit; do
        ln -sf /dev/null "/etc/systemd/system/$unit"
    done
}

enable_units() {
    systemctl enable systemd-networkd.service systemd-networkd-wait-online.service ssh-host-key.service ssh.service \
        harness-keeper.service
}

forget_identity() {
    rm -f /etc/ssh/ssh_host_* /etc/hostname /var/lib/dbus/machine-id /var/lib/systemd/random-seed
    : >/etc/machine-id
    usermod --password '*' root
}

# One that asks no udev and probes no hardware is ready seconds earlier than initramfs-tools' on an emulated processor.
build_initrd() {
    mkdir -p "$tree"
    make_skeleton
    install_busybox
    replace_applet /usr/sbin/lvm
    install_modules "$recipe/initrd/modules" "$version"
    mkdir "$tree/etc/lvm"
    cp "$recipe/initrd/lvm.conf" "$tree/etc/lvm/lvm.conf"
    cp "$recipe/initrd/init" "$tree/init"
    chmod 0755 "$tree/init"
    pack /boot/initrd.img
}

# The kernel lies on the EFI system partition, which knows no symbolic links: plain names, one kernel.
name_kernel() {
    mv "/boot/vmlinuz-$version" /boot/vmlinuz
    rm -f /boot/config-* /boot/System.map-* /boot/initrd.img-* /vmlinuz* /initrd.img*
}

prepare_boot_loaders() {
    mkdir -p /boot/EFI/BOOT /usr/lib/harness/grub
    cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi /boot/EFI/BOOT/BOOTX64.EFI
    cp /usr/lib/grub/i386-pc/boot.img /usr/lib/grub/i386-pc/grub-bios-setup /usr/lib/harness/grub/
    grub-mkimage --format=i386-pc --output=/usr/lib/harness/grub/core.img --prefix=/grub \
        --config="$recipe/grub-early.cfg" biosdisk part_gpt fat search_fs_file normal linux serial terminal
}

prune_modules() {
    entries "$recipe/pruned-modules" | while read -r path; do
        rm -rf "/usr/lib/modules/$version/kernel/$path"
    done
    depmod "$version"
}

prune_files() {
    entries "$recipe/pruned-files" | while read -r pattern; do
        # The pattern is meant to be expanded.
        # shellcheck disable=SC2086
        rm -rf $pattern
    done
}

install_own_files
mask_units
enable_units
forget_identity
prune_modules
name_kernel
build_initrd
prepare_boot_loaders
prune_files
