"""Room for bursts in the UDP sockets of a running emulator.

QEMU leaves its network sockets at the system's default, about 90 full frames, and the kernel drops the rest of a burst
without a word. A socket's buffer can be sized by whoever holds a descriptor of it, so we borrow QEMU's (pidfd_getfd(2),
Linux 5.6) and size it from outside.
"""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from harness.network.group import widen
from harness.sandbox.linux import pidfd_getfd

ROOM = 16 << 20
"""Bytes, in the kernel's own accounting: several thousand full frames, more than a TCP window of any guest."""


@dataclass(frozen=True)
class Room:
    """How many UDP sockets were enlarged, and why others, or all, were not, or less than meant.

    `trouble` is empty where nothing was in the way.
    """

    sockets: int
    trouble: str = ""


def enlarge(process: int, room: int = ROOM) -> Room:
    """Give every UDP socket of a process a receive buffer of `room` bytes. Raises nothing: without it, things go on."""
    sizes = []
    try:
        for borrowed in _udp_sockets(process):
            with borrowed:
                sizes.append(_set(borrowed, room))
    except OSError as error:
        return Room(len(sizes), f"the socket buffers of process {process} stay as they are: {error.strerror}")
    if sizes and min(sizes) < room:
        return Room(len(sizes), f"buffers have {min(sizes)} bytes instead of {room}: raise net.core.rmem_max")
    return Room(len(sizes))


def _udp_sockets(process: int) -> list[socket.socket]:
    found = []
    handle = os.pidfd_open(process)
    try:
        for entry in Path(f"/proc/{process}/fd").iterdir():
            borrowed = _borrow(handle, entry)
            if borrowed is not None and borrowed.family == socket.AF_INET and borrowed.type == socket.SOCK_DGRAM:
                found.append(borrowed)
            elif borrowed is not None:
                borrowed.close()
    except OSError:
        for one in found:
            one.close()
        raise
    finally:
        os.close(handle)
    return found


def _borrow(handle: int, entry: Path) -> socket.socket | None:
    """Return the socket behind a descriptor of a process, or None for what is no socket or is closed by now."""
    try:
        if not str(entry.readlink()).startswith("socket:"):
            return None
        return socket.socket(fileno=pidfd_getfd(handle, int(entry.name)))
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.EBADF}:
            return None
        raise


def _set(borrowed: socket.socket, room: int) -> int:
    """Return what the kernel gave: up to net.core.rmem_max, twice, to who has no CAP_NET_ADMIN over the whole host."""
    widen(borrowed, room // 2)  # the kernel doubles what it is told, to have room for its own bookkeeping (socket(7))
    return borrowed.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
