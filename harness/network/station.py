"""A station that speaks raw Ethernet on an interface, and hears every frame that comes in there, with its tag."""

from __future__ import annotations

import select
import socket
import struct
from typing import TYPE_CHECKING, NamedTuple, Self

from harness.network import tags
from harness.network.group import widen

if TYPE_CHECKING:
    from harness.sandbox.netns import NetworkNamespace

# What Python does not name of packet(7) and socket(7).
ALL_PROTOCOLS = 0x0003
SOL_PACKET = 263
PACKET_AUXDATA = 8
PACKET_OUTGOING = 4
SO_TIMESTAMPNS = 35

VLAN_VALID = 0x10
BUFFER = 64 << 20
LONGEST = 70_000
_auxdata = struct.Struct("=IIIHHHH")
_timespec = struct.Struct("=qq")


class Heard(NamedTuple):
    """A frame as it was on the cable, and when the kernel took it in, in nanoseconds since 1970 (UTC)."""

    frame: bytes
    time_ns: int


class Station:
    """A raw socket on an interface (packet(7)). Close it, or use it as a context manager.

    One that is `outgoing` hears what others send there instead, at the moment when it is handed to the card.
    """

    def __init__(self, place: NetworkNamespace, interface: str, *, outgoing: bool = False) -> None:
        self._outgoing = outgoing
        self._socket = place.run(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
        try:
            self._socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            widen(self._socket, BUFFER)
            self._socket.bind((interface, ALL_PROTOCOLS))
        except BaseException:
            self._socket.close()
            raise

    def send(self, frame: bytes) -> None:
        """Put a frame on the cable as it is. Raises `OSError` where the kernel refuses it (a runt)."""
        self._socket.send(frame)

    def wait(self, at_most: float) -> None:
        """Wait until there is something to hear, for `at_most` seconds."""
        select.select([self._socket], [], [], at_most)

    def hear(self) -> list[Heard]:
        """Return what came in since the last call."""
        heard: list[Heard] = []
        while True:
            try:
                frame, extra, _, sender = self._socket.recvmsg(LONGEST, 256, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return heard
            if (sender[2] == PACKET_OUTGOING) == self._outgoing:
                heard.append(_as_heard(frame, extra))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _as_heard(frame: bytes, extra: list[tuple[int, int, bytes]]) -> Heard:
    """Put back the tag that the kernel took off, and read the time."""
    time_ns = 0
    for level, kind, data in extra:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, control, tpid = _auxdata.unpack(data)
            if status & VLAN_VALID:
                tag = struct.pack("!HH", tpid, control)
                frame = frame[: tags.ADDRESSES] + tag + frame[tags.ADDRESSES :]
        elif (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, rest = _timespec.unpack(data)
            time_ns = seconds * 1_000_000_000 + rest
    return Heard(frame, time_ns)
