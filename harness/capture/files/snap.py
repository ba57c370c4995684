"""How much of a frame a capture keeps: everything, except the bulk that a boot server sends, and what comes too fast.

Kernels and initrds are hundreds of megabytes per machine and prove nothing that their first bytes and their lengths do
not prove. A capture keeps each frame's original length, so a reader still accounts for every byte.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BOOT_SERVER_PORT = 80
BULK_LIMIT = 256
"""Bytes of TCP payload that are kept of a bulk segment."""

HEAD_LIMIT = 2048
"""Bytes of TCP payload that are kept of a segment that starts a response, so that its header is whole."""

OVERSIZE_HEAD = 512
"""Bytes that are kept of a frame longer than a cable carries where there are too many of them."""

_ETHERNET = 14
_TAG = 4
_SMALLEST_HEADERS = 14 + 20 + 20
_TCP = 6
_HIGH_PORT, _LOW_PORT = divmod(BOOT_SERVER_PORT, 256)
# Ethertypes, of which the low octet is 0 in both.
_IPV4_HIGH = 0x08
_VLAN_HIGH = 0x81


def kept_length(frame: bytes | bytearray | memoryview) -> int:
    """Return how many of an Ethernet frame's leading bytes a capture keeps.

    That is all of them, unless the frame is TCP over IPv4 (tagged by 802.1Q or not) from port 80 with more than 256
    bytes of payload: then the headers and 256 bytes, or 2048 where the payload starts an HTTP response. Pure; costs
    less than a microsecond, as it stands on the path of every frame. Never raises, whatever the bytes are.
    """
    length = len(frame)
    if length <= _SMALLEST_HEADERS + BULK_LIMIT:
        return length
    ip = _ETHERNET + _TAG if frame[12] == _VLAN_HIGH and not frame[13] else _ETHERNET
    if frame[ip - 2] != _IPV4_HIGH or frame[ip - 1] or frame[ip + 9] != _TCP:
        return length
    tcp = ip + (frame[ip] & 0x0F) * 4
    if frame[tcp] != _HIGH_PORT or frame[tcp + 1] != _LOW_PORT or frame[ip + 6] & 0x1F or frame[ip + 7]:
        return length
    payload = tcp + (frame[tcp + 12] >> 4) * 4
    limit = HEAD_LIMIT if bytes(frame[payload : payload + 5]) == b"HTTP/" else BULK_LIMIT
    return min(length, payload + limit)


class Oversize:
    """How much is kept of each frame where some are longer than a cable carries, because a card is yet to cut them up.

    They are kept as others are, while they come at no more than `RATE` bytes a second, `BURST` at once: so what members
    of a cluster say is whole. Of bulk beyond that, at gigabytes a second, `OVERSIZE_HEAD` bytes are kept. `longest` is
    the longest frame that a cable carries.
    """

    RATE = 16 << 20
    BURST = 64 << 20

    def __init__(self, longest: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest = longest
        self._clock = clock
        self._allowance = float(self.BURST)
        self._at = clock()

    def __call__(self, frame: bytes | bytearray | memoryview) -> int:
        """Return how many leading bytes of a frame are kept."""
        length = kept_length(frame)
        if len(frame) <= self._longest:
            return length
        now = self._clock()
        self._allowance = min(self.BURST, self._allowance + (now - self._at) * self.RATE)
        self._at = now
        if length > self._allowance:
            return min(length, OVERSIZE_HEAD)
        self._allowance -= length
        return length
