"""Whatever a capture holds, decoders tell it or say why not: real frames, cut and spoilt as a seed chooses."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.capture.describe import describe, to_json
from harness.capture.dissector import Dissector, Ports
from harness.capture.events import Undecodable
from harness.capture.files.reader import frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.capture.events import Event
    from harness.capture.frames import Frame

DATA = Path(__file__).parent / "data"
CORPUS = DATA / "corpus"
CAPTURES = sorted(path for path in (*DATA.iterdir(), *CORPUS.iterdir()) if path.suffix in {".pcap", ".pcapng"})
PORTS = Ports(raft=frozenset({24801, 24802, 24803}), gossip=frozenset({27946, 27947, 27948}))
MOST = 400
"""Frames that are taken of a capture, spread over it."""


def some(path: Path) -> list[Frame]:
    every = list(frames(path))
    return every[:: max(len(every) // MOST, 1)]


def cut(frame: Frame, chance: random.Random) -> Frame:
    """Keep less of a frame than there was of it, as a capture with a snapshot length does."""
    return frame._replace(data=frame.data[: chance.randrange(len(frame.data) + 1)])


def truncate(frame: Frame, chance: random.Random) -> Frame:
    """Let a frame have been shorter on the wire."""
    end = chance.randrange(len(frame.data) + 1)
    return frame._replace(data=frame.data[:end], length=end)


def flip(frame: Frame, chance: random.Random) -> Frame:
    """Turn over bits, a few behind the addresses of the frame."""
    data = bytearray(frame.data)
    for _ in range(chance.randrange(1, 6)):
        if len(data) > 12:
            data[chance.randrange(12, len(data))] ^= 1 << chance.randrange(8)
    return frame._replace(data=bytes(data))


def stretch(frame: Frame, chance: random.Random) -> Frame:
    """Put octets of no meaning into a frame."""
    at = chance.randrange(len(frame.data) + 1)
    data = frame.data[:at] + chance.randbytes(chance.randrange(1, 64)) + frame.data[at:]
    return frame._replace(data=data, length=max(frame.length, len(data)))


def shuffle(frame: Frame, _chance: random.Random) -> Frame:
    return frame


SPOIL = [cut, truncate, flip, stretch, shuffle]


def decode(taken: Iterable[Frame]) -> list[Event]:
    dissector = Dissector(PORTS)
    return [*(event for frame in taken for event in dissector.frame(frame)), *dissector.finish()]


@pytest.mark.parametrize("spoil", SPOIL, ids=lambda spoil: spoil.__name__)
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_no_frames_make_a_decoder_fail(path: Path, spoil: Callable[[Frame, random.Random], Frame]) -> None:
    chance = random.Random(f"{path.name} {spoil.__name__}")  # noqa: S311 - no secret: the same frames in every run
    taken = [spoil(frame, chance) for frame in some(path)]
    if spoil is shuffle:
        chance.shuffle(taken)
    events = decode(taken)
    assert not [
        event.reason for event in events if isinstance(event, Undecodable) and "the decoder failed" in event.reason
    ]
    for event in events:
        assert describe(event)
        assert to_json(event)["kind"] == event.kind


def test_every_protocol_is_in_the_corpus() -> None:
    found = {event.protocol for path in CAPTURES for event in decode(some(path))}
    assert found >= {"arp", "bfd", "bgp", "dhcp", "gossip", "http", "icmp", "raft", "tftp", "vrrp", "vxlan"}
