from __future__ import annotations

import pytest

from harness.capture.frames import Frame
from harness.capture.spoken import spoken

CARD = "node01/eth1"


def packet(source: int, target: int, *, protocol: int = 6, options: bytes = b"", tag: bytes = b"") -> bytes:
    head = bytes([0x45 + len(options) // 4]) + bytes(8) + bytes([protocol]) + bytes(10) + options
    return bytes(12) + tag + b"\x08\x00" + head + source.to_bytes(2) + target.to_bytes(2) + bytes(16)


def frame(data: bytes, link: str = CARD, direction: str = "in") -> Frame:
    return Frame(1, 0, link, data, len(data), direction)


@pytest.mark.parametrize(
    "data",
    [
        packet(40000, 2380),
        packet(2380, 40000),
        packet(40000, 2380, tag=b"\x81\x00\x00\xc8"),
        packet(40000, 2380, options=bytes(8)),
    ],
    ids=["to it", "from it", "tagged", "with options"],
)
def test_what_is_from_or_to_the_port_is_kept_as_of_one_link(data: bytes) -> None:
    (kept,) = spoken([frame(data)], {CARD}, 2380)
    assert (kept.link, kept.data) == ("cards", data)


@pytest.mark.parametrize(
    "other",
    [
        frame(packet(40000, 2379)),
        frame(packet(40000, 2380, protocol=17)),
        frame(packet(40000, 2380), "core--tor1"),
        frame(packet(40000, 2380), direction="out"),
        frame(bytes(12) + b"\x08\x06" + bytes(40)),
        frame(packet(40000, 2380)[:20]),
        frame(b""),
    ],
    ids=["another port", "udp", "a cable between switches", "heard", "arp", "cut off", "empty"],
)
def test_anything_else_is_not(other: Frame) -> None:
    assert list(spoken([other], {CARD}, 2380)) == []
