"""What a port reads frames from and writes them to: a TAP device with offload, or the sockets of guests."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from typing import Protocol

from harness.network.switch import offload, segmentation

READ = 70_000
"""Bytes: the longest frame before segmentation (65,535 of IP), its header and the offload header."""

TUNSETCARRIER = 0x4004_54E2

# socket(7), linux/sock_diag.h; Python does not name them.
SO_MEMINFO = 55
DROPS = 8
_meminfo = struct.Struct("=9I")


class Unplugged(Exception):  # noqa: N818 - nothing went wrong: the device went with its namespace
    """The device is gone."""


class Device(Protocol):
    """One end of a cable at the switch. Frames stand behind their offload header in both directions."""

    def fileno(self) -> int:
        """Return the descriptor to wait on."""

    def read(self) -> bytes:
        """Return the next frame. Raises `BlockingIOError` where there is none now, `Unplugged` where the device went.

        An empty answer is something that was no frame.
        """

    def write(self, data: bytes) -> bool:
        """Send a frame; returns whether it was taken."""

    def missed(self) -> int:
        """Return how many frames the kernel dropped before they could be read, where it counts them for us."""

    def set_carrier(self, *, on: bool) -> bool:
        """Let the machine see the cable plugged in or pulled; returns whether this device can show that."""

    def close(self) -> None:
        """Let the device go."""


class Tap:
    """A TAP device with ``IFF_VNET_HDR``, which takes frames of 64 KB whole."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._descriptor

    def read(self) -> bytes:
        """Return the next frame. Raises as `Device.read`."""
        try:
            return os.read(self._descriptor, READ)
        except BlockingIOError:
            raise
        except OSError as error:
            raise Unplugged from error

    def write(self, data: bytes) -> bool:
        """Send a frame; the kernel refuses it while the interface is down, and where it is no frame."""
        try:
            os.write(self._descriptor, data)
        except OSError:
            return False
        return True

    def missed(self) -> int:
        """Return 0: the machine's interface counts them, as dropped on its way out."""
        return 0

    def set_carrier(self, *, on: bool) -> bool:
        """Set the device's carrier (TUNSETCARRIER, Linux 4.19)."""
        try:
            fcntl.ioctl(self._descriptor, TUNSETCARRIER, struct.pack("i", on))
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close the descriptor; the device goes with it."""
        os.close(self._descriptor)


class Udp:
    """A connected UDP socket: one datagram is one frame (libvirt's ``<interface type='udp'>``)."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def read(self) -> bytes:
        """Return the next frame. Raises `BlockingIOError` where there is none now."""
        try:
            return offload.PLAIN + self._socket.recv(READ)
        except BlockingIOError:
            raise
        except OSError:  # the guest is off: its host answered an earlier frame with "port unreachable"
            return b""

    def write(self, data: bytes) -> bool:
        """Send a frame, segmented and with its checksum completed where that was left to the network card."""
        try:
            frames = segmentation.frames(data)
        except ValueError:
            return False
        return sum(self._send(frame) for frame in frames) == len(frames)

    def missed(self) -> int:
        """Return how many datagrams found the socket's buffer full (SO_MEMINFO)."""
        return int(_meminfo.unpack(self._socket.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, _meminfo.size))[DROPS])

    def set_carrier(self, *, on: bool) -> bool:
        """Do nothing: a guest's carrier is set by its hypervisor."""
        del on
        return False

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _send(self, frame: bytes) -> bool:
        for _ in range(2):  # the first try may only fetch the error that an earlier frame left
            with contextlib.suppress(OSError):
                self._socket.send(frame)
                return True
        return False


class Group(Udp):
    """A multicast group that guests have joined (libvirt's ``<interface type='mcast'>``)."""

    def __init__(self, receiver: int, sender: int, group: tuple[str, int]) -> None:
        super().__init__(receiver)
        self._sender = socket.socket(fileno=sender)
        self._group = tuple(group)
        self._sent = 0

    def missed(self) -> int:
        """Return how many datagrams found the buffer full. Our own, which are filtered out, count as dropped, too."""
        return super().missed() - self._sent

    def close(self) -> None:
        """Close both sockets."""
        super().close()
        self._sender.close()

    def _send(self, frame: bytes) -> bool:
        try:
            self._sender.sendto(frame, self._group)
        except OSError:
            return False
        self._sent += 1
        return True


class Patch:
    """One end of a cable between two switches, which is no device: frames go from port to port."""

    def fileno(self) -> int:
        """Return no descriptor."""
        return -1

    def read(self) -> bytes:
        """Raise `BlockingIOError`: nothing is read here."""
        raise BlockingIOError

    def write(self, data: bytes) -> bool:
        """Refuse: nothing is written here."""
        del data
        return False

    def missed(self) -> int:
        """Return 0."""
        return 0

    def set_carrier(self, *, on: bool) -> bool:
        """Say that the switches see it."""
        del on
        return True

    def close(self) -> None:
        """Do nothing."""
