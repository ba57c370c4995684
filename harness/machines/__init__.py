"""Things with a power button: virtual machines through libvirt, their disks, consoles and firmware."""
