"""What joins switches: cables, and the lines between sites."""

# ruff: noqa: S101 - these are tests, which pytest runs

from __future__ import annotations

import itertools

from harness.network.conformance.floor import (
    EVERYONE,
    SOON,
    TEN,
    THIRTY,
    TWENTY,
    VLANS,
    End,
    Floor,
    expect,
    expect_count,
)
from harness.network.hearing import one_way
from harness.network.ports import Access, Trunk
from harness.sandbox.waiting import wait_until


class TestCables:
    """What joins switches. It wants a whole `harness.network.protocol.Network`."""

    def test_a_cable_carries_every_vlan_and_keeps_them_apart(self, floor: Floor) -> None:
        """And switches learn across it."""
        floor.network.connect("left--right", "left", "right", vlans=VLANS)
        one, two, other, witness = (
            floor.end(Access(vlan), switch)
            for vlan, switch in ((TEN, "left"), (TEN, "right"), (TWENTY, "right"), (TWENTY, "left"))
        )
        one.send(EVERYONE, b"over there")
        expect(two, b"over there")
        two.send(one.mac, b"to one")
        expect(one, b"to one")
        one.send(two.mac, b"to two")
        expect(two, b"to two")
        witness.send(EVERYONE, b"later")
        expect(other, b"later")
        assert not any(end.hears(b"over there") for end in (other, witness))

    def test_a_cable_is_cut_in_one_direction(self, floor: Floor) -> None:
        """What its first switch sends is ``up``."""
        link = floor.network.connect("left--right", "left", "right", vlans=VLANS)
        left, right = floor.end(Access(TEN), "left"), floor.end(Access(TEN), "right")
        near = floor.end(Access(TEN), "left")
        link.cut(directions=["up"])
        assert link.is_cut("up")
        left.send(EVERYONE, b"lost")
        expect(near, b"lost")
        right.send(EVERYONE, b"heard")
        expect(left, b"heard")
        expect_count("the cut", lambda: link.counters().up.get("cut", 0))
        link.restore()
        left.send(EVERYONE, b"back")
        expect(right, b"back")
        assert not right.hears(b"lost")

    def test_lines_between_all_sites_make_no_loop(self, floor: Floor) -> None:
        """Each frame is heard once, however many ways there are (split horizon)."""
        sites = ["north", "south", "east", "west"]
        for one, other in itertools.combinations(sites, 2):
            floor.network.connect(f"{one}--{other}", one, other, vlans=VLANS, wan=True)
        ends = [floor.end(Access(TEN), site) for site in sites]
        for number, end in enumerate(ends):
            end.send(EVERYONE, b"from %d." % number)
        for number, end in enumerate(ends):
            for sender in set(range(len(ends))) - {number}:
                expect(end, b"from %d." % sender)
        for end in ends:
            end.send(EVERYONE, b"later")
        for end in ends:
            wait_until("all of the later", lambda end=end: count(end, b"later") == len(ends) - 1, within=SOON)  # type: ignore[misc]
            assert count(end, b"from") == len(ends) - 1

    def test_a_line_does_not_lead_on_to_the_next(self, floor: Floor) -> None:
        """Between sites that no line joins there is silence."""
        floor.network.connect("a--b", "a", "b", vlans=VLANS, wan=True)
        floor.network.connect("b--c", "b", "c", vlans=VLANS, wan=True)
        first, middle, last = (floor.end(Access(TEN), site) for site in "abc")
        first.send(EVERYONE, b"near")
        expect(middle, b"near")
        middle.send(EVERYONE, b"later")
        expect(last, b"later")
        assert not last.hears(b"near")

    def test_a_rule_about_hearing_reaches_over_cables(self, floor: Floor) -> None:
        """Also where the listener hears it with a tag."""
        floor.network.connect("left--middle", "left", "middle", vlans=VLANS)
        floor.network.connect("middle--right", "middle", "right", vlans=VLANS)
        speaker = floor.end(Access(TEN), "left")
        listener = floor.end(Trunk(frozenset({TEN, TWENTY}), THIRTY), "right")
        other = floor.end(Access(TEN), "right")
        with floor.network.deafen(one_way(["end2"], ["end1"])) as rule:
            speaker.send(EVERYONE, b"unheard")
            expect(other, b"unheard")
            other.send(EVERYONE, b"heard")
            expect(listener, b"heard")
            expect_count("what was unheard", rule.dropped)
        assert not listener.hears(b"unheard")
        speaker.send(EVERYONE, b"back")
        expect(listener, b"back")


def count(end: End, body: bytes) -> int:
    """Return how many frames with that body an end has heard by now."""
    end.listen()
    return sum(body in frame for frame in end.heard)
