"""TAP devices: a network card of a namespace whose other end is a file descriptor (Linux, tuntap.rst)."""

from __future__ import annotations

import fcntl
import os
import struct
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing

if TYPE_CHECKING:
    from ipaddress import IPv4Address

TUN_DEVICE = "/dev/net/tun"
TUNSETIFF = 0x4004_54CA
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000
IFF_VNET_HDR = 0x4000
TUNSETPERSIST = 0x4004_54CB
TUNSETOFFLOAD = 0x4004_54D0
OFFLOADS = 0x01 | 0x02 | 0x04 | 0x08
"""What the sender may leave to whoever reads the device: checksums, TSO for IPv4 and IPv6, also with ECN."""

QUEUE_LENGTH = 10_000
"""Frames that wait in the device for whoever reads it: more than a busy second on this side of a relay."""


def host_mac(address: IPv4Address) -> str:
    """Return a locally administered MAC for a host of the harness itself: ``02:00`` and the IPv4 address."""
    return ":".join(f"{octet:02x}" for octet in b"\x02\x00" + address.packed)


def open_offloading(name: str, *, persistent: bool) -> int:
    """Make a TAP device in the calling thread's namespace whose frames stand behind an offload header and may be 64 KB.

    Returns its non-blocking descriptor; the device is down. It goes with the descriptor, or, where it is `persistent`,
    with its namespace: the kernel takes 17 ms to take one device down, and hardly more for those of a thousand
    namespaces together. Raises `HostError` where TAP devices can't be made.
    """
    descriptor = _open_device(name, IFF_VNET_HDR)
    try:
        fcntl.ioctl(descriptor, TUNSETOFFLOAD, OFFLOADS)
        fcntl.ioctl(descriptor, TUNSETPERSIST, int(persistent))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def unmake(descriptor: int) -> None:
    """Have a device go when its descriptor is closed, also one that was made `persistent`."""
    fcntl.ioctl(descriptor, TUNSETPERSIST, 0)


def make_persistent(name: str) -> None:
    """Make a TAP device in the calling thread's namespace that a hypervisor opens by its name; it is down.

    It stays until it is deleted, or its namespace is. Raises `HostError` where TAP devices can't be made.
    """
    descriptor = _open_device(name)
    try:
        fcntl.ioctl(descriptor, TUNSETPERSIST, 1)
    finally:
        os.close(descriptor)


def _open_device(name: str, flags: int = 0) -> int:
    try:
        descriptor = os.open(TUN_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        remedy = f"load the tun module and give this user access to {TUN_DEVICE}"
        raise HostError(Missing(f"{TUN_DEVICE} can't be opened ({error.strerror})", remedy)) from error
    try:
        fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | flags))
    except OSError as error:
        os.close(descriptor)
        raise HostError(Missing(f"no TAP device {name} ({error.strerror})", "run as root or in a sandbox")) from error
    return descriptor
