"""What machines said over one port, sieved before it is decoded.

A capture of a large lab has each frame on every cable that it passed, and most of them are about other things. To judge
a protocol, each frame is wanted once, as its machine sent it, wherever it was routed to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from harness.capture.frames import Frame

CARDS = "cards"
"""The one link that all machines' cards are taken for, where both ways of a connection are on different VLANs."""

_TPID, _IPV4 = b"\x81\x00", b"\x08\x00"
_TCP = 6


def spoken(frames: Iterable[Frame], cards: Collection[str], port: int) -> Iterator[Frame]:
    """Yield the frames of TCP over IPv4 that cards sent from or to a port, all as of one link, `CARDS`."""
    ends = port.to_bytes(2)
    for frame in frames:
        if frame.direction == "in" and frame.link in cards and ends in tcp_ports(frame.data):
            yield frame._replace(link=CARDS)


def tcp_ports(data: bytes) -> tuple[bytes, ...]:
    """Return the ports of a frame of TCP over IPv4, tagged once at most; none for any other frame."""
    kind = 16 if data[12:14] == _TPID else 12
    header = kind + 2
    if data[kind:header] != _IPV4 or len(data) <= header + 9 or data[header + 9] != _TCP:
        return ()
    start = header + (data[header] & 0x0F) * 4
    return data[start : start + 2], data[start + 2 : start + 4]
