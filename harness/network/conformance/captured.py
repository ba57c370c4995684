"""What a network writes down: every frame that came through, in order, and what was done between them."""

# ruff: noqa: S101 - these are tests, which pytest runs

from __future__ import annotations

import os
import select
import struct
import time
from typing import TYPE_CHECKING

from harness.capture.files.reader import frames
from harness.capture.notes import Note, is_note, parse
from harness.network import tags
from harness.network.conformance.floor import EVERYONE, EXPERIMENTAL, TEN, THIRTY, TWENTY, Floor, expect, expect_count
from harness.network.hearing import Match, one_way
from harness.network.ports import Access, Trunk

if TYPE_CHECKING:
    from harness.capture.frames import Frame

READ_ALONG_WITHIN = 5
"""Seconds: far more than it takes anywhere, and less than a capture would take that waits to be full."""


class TestCapture:
    """What is written down. It wants a whole `harness.network.protocol.Network`."""

    def test_each_frame_of_a_link_is_captured_in_order(self, floor: Floor) -> None:
        """With its link's name, on one clock with all others."""
        number = 1_000
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        for n in range(number):
            one.send(EVERYONE, struct.pack("!I", n))
        expect(two, struct.pack("!I", number - 1))
        floor.network.flush()
        everything = [frame for path in floor.network.captures for frame in frames(path)]
        for name in ("end1", "end2"):
            own = [frame for frame in everything if frame.link == name and frame.data[12:14] == EXPERIMENTAL]
            assert [struct.unpack("!I", frame.data[14:18])[0] for frame in own] == list(range(number))
        times = [frame.time for frame in everything]
        assert times == sorted(times)

    def test_a_trunk_is_captured_as_it_is_on_the_cable(self, floor: Floor) -> None:
        """With its tags."""
        trunk, one = floor.end(Trunk(frozenset({TEN, TWENTY}), THIRTY)), floor.end(Access(TEN))
        one.send(EVERYONE, b"tagged there")
        expect(trunk, b"tagged there")
        trunk.send(EVERYONE, b"and back", vlan=TEN)
        expect(one, b"and back")
        assert captured(floor, "end1") == [(tags.tag(TEN), b"tagged there"), (tags.tag(TEN), b"and back")]
        assert captured(floor, "end2") == [(b"", b"tagged there"), (b"", b"and back")]

    def test_what_did_not_come_through_is_not_captured(self, floor: Floor) -> None:
        """The counters have it."""
        one, two, three = (floor.end(Access(TEN)) for _ in range(3))
        one.link.cut(directions=["up"])
        one.send(EVERYONE, b"lost")
        two.link.cut(directions=["down"])
        three.send(EVERYONE, b"half")
        expect(one, b"half")
        assert captured(floor, "end1") == [(b"", b"half")]
        assert captured(floor, "end2") == []
        assert captured(floor, "end3") == [(b"", b"half")]
        expect_count("the cut", lambda: one.link.counters().up.get("cut", 0))

    def test_what_is_done_to_links_stands_between_the_frames(self, floor: Floor) -> None:
        """As notes of the harness, which every tool shows."""
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        one.send(EVERYONE, b"before")
        expect(two, b"before")
        one.link.cut(directions=["down"])
        one.send(EVERYONE, b"between")
        expect(two, b"between")
        floor.network.note(Note("phase", ("end1",), "healthy"))
        with floor.network.deafen(one_way(["end1"], ["end2"]), only=Match("udp", 9)):
            one.link.restore()
        floor.network.flush()
        told = [told_in(frame) for path in floor.network.captures for frame in frames(path) if is_ours(frame)]
        assert told == [
            "before",
            "cut end1: down",
            "between",
            "phase end1: healthy",
            f"deafen end1: rule {rule_in(told[4])}: end1 does not hear udp 9 from end2",
            "restore end1",
            f"hear end1: rule {rule_in(told[4])} is healed, which dropped 0 frames",
        ]

    def test_whoever_reads_along_is_told_of_each_frame(self, floor: Floor) -> None:
        """By an event counter, and finds it in the file then; also where the network is never silent."""
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        counter = os.eventfd(0)
        try:
            floor.network.wake(counter)
            for number in range(5):
                body = b"along %d" % number
                one.send(EVERYONE, body)
                expect(two, body)
                began = time.monotonic()
                while not any(body in frame.data for path in floor.network.captures for frame in frames(path)):
                    assert select.select([counter], [], [], READ_ALONG_WITHIN)[0]
                    os.eventfd_read(counter)
                    assert time.monotonic() - began < READ_ALONG_WITHIN
        finally:
            os.close(counter)


def is_ours(frame: Frame) -> bool:
    """Say whether a captured frame is the suite's as the first end sent it, or a note."""
    return is_note(frame.link, frame.data) or (frame.link == "end1" and frame.data[12:14] == EXPERIMENTAL)


def told_in(frame: Frame) -> str:
    """Return what a captured frame of the suite says, or the note that it is."""
    return str(parse(frame.data[14:])) if is_note(frame.link, frame.data) else frame.data[14:].rstrip(b"\0").decode()


def rule_in(told: str) -> str:
    """Return what a kind calls the rule of a note."""
    return told.partition("rule ")[2].partition(":")[0]


def captured(floor: Floor, link: str) -> list[tuple[bytes, bytes]]:
    """Return the suite's frames on a link, as the captures have them: their tags and bodies."""
    floor.network.flush()
    own = [bytes(one.data) for path in floor.network.captures for one in frames(path) if one.link == link]
    found = []
    for frame in own:
        tag, rest = (frame[12:16], frame[16:]) if frame[12:14] == tags.TPID else (b"", frame[12:])
        if rest[:2] == EXPERIMENTAL:
            found.append((tag, rest[2:].rstrip(b"\0")))
    return found
