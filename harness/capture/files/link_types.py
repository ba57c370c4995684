"""What stands before the packets of a capture, by its link type (tcpdump.org/linktypes.html).

Each becomes an Ethernet header, so that one decoder reads them all. A MAC address that a link type does not have is
``00:00:00:00:00:00``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.capture.frames import ETHERNET
from harness.capture.protocols import ethernet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.capture.frames import Frame, Wanted

NULL = 0
RAW_OF_BSD = 12
RAW = 101
LOOP = 108
LINUX_COOKED = 113
IPV4_ONLY = 228
IPV6_ONLY = 229
LINUX_COOKED_2 = 276

ETHERTYPE_OF_VERSION = {4: ethernet.IPV4, 6: ethernet.IPV6}

FAMILIES = {2: ethernet.IPV4, 10: ethernet.IPV6, 24: ethernet.IPV6, 28: ethernet.IPV6, 30: ethernet.IPV6}
"""Address families as Linux and the BSDs number them; 4 octets, in the byte order of whoever captured."""

FAMILY = 4
COOKED = 16
COOKED_2 = 20
MAC = 6
SENT_BY_US = 4
"""The cooked packet type of what the host itself sent."""

NOBODY = bytes(MAC)


class Reframed(NamedTuple):
    """A packet behind an Ethernet header; `longer` is by how many octets that made it longer (or shorter, below 0)."""

    data: bytes
    longer: int
    direction: str | None = None


def _ip(data: bytes) -> Reframed:
    version = data[0] >> 4 if data else 0
    return _behind(ETHERTYPE_OF_VERSION.get(version, 0), data, 0)


def _null(data: bytes) -> Reframed:
    little = int.from_bytes(data[:FAMILY], "little")
    family = little if little in FAMILIES else int.from_bytes(data[:FAMILY])
    return _behind(FAMILIES.get(family, 0), data, FAMILY)


def _cooked(data: bytes) -> Reframed:
    direction = "out" if int.from_bytes(data[0:2]) == SENT_BY_US else "in"
    return _behind(int.from_bytes(data[14:16]), data, COOKED, data[6:12], direction)


def _cooked_2(data: bytes) -> Reframed:
    direction = "out" if data[10:11] == bytes((SENT_BY_US,)) else "in"
    return _behind(int.from_bytes(data[0:2]), data, COOKED_2, data[12:18], direction)


def _behind(ethertype: int, data: bytes, end: int, sender: bytes = NOBODY, direction: str | None = None) -> Reframed:
    """Put what lies behind a header that ends at `end` behind an Ethernet header; what is cut before that is empty."""
    if len(data) < end:
        return Reframed(b"", -len(data), direction)
    return Reframed(NOBODY + sender + ethertype.to_bytes(2) + data[end:], ethernet.HEADER - end, direction)


LAYERS: Mapping[int, Callable[[bytes], Reframed] | None] = {
    ETHERNET: None,
    NULL: _null,
    LOOP: _null,
    RAW: _ip,
    RAW_OF_BSD: _ip,
    IPV4_ONLY: _ip,
    IPV6_ONLY: _ip,
    LINUX_COOKED: _cooked,
    LINUX_COOKED_2: _cooked_2,
}
"""How a packet of each link type that can be read comes behind an Ethernet header; Ethernet's own need nothing done."""

READABLE = "Ethernet (1), Linux cooked (113, 276), raw IP (101, 228, 229) or loopback (0, 108)"


def reframed(frame: Frame, layer: Callable[[bytes], Reframed], wanted: Wanted | None) -> Frame | None:
    """Return a frame as if it had come by Ethernet, None where it is not wanted."""
    data, longer, direction = layer(frame.data)
    if wanted is not None and not wanted(data, 0, len(data)):
        return None
    length = max(frame.length + longer, len(data))
    return frame._replace(data=data, length=length, direction=frame.direction or direction)
