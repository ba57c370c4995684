#!/bin/sh
# Run in the tree of essential packages, before the others are installed: the kernel's package shall not spend its time
# on an initial RAM file system that customize.sh replaces.
set -eu
dpkg-divert --quiet --rename --divert /usr/sbin/update-initramfs.unused --add /usr/sbin/update-initramfs
ln -s /usr/bin/true /usr/sbin/update-initramfs
