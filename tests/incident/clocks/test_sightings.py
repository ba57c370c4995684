from __future__ import annotations

import pytest

from harness.incident.clocks import sightings
from harness.incident.clocks.alignment import Crossing
from harness.incident.clocks.sightings import COPY, Sightings
from tests.incident.clocks.test_common import START, packet


def seen(*packets: tuple[int, int], carries: str = "tcp") -> Sightings:
    made = Sightings()
    for time, identity in packets:
        made.see(packet(START + time, identity, "a", "b", carries))
    return made


def test_a_packet_is_told_again() -> None:
    assert seen((1, 7), (2, 8)).crossings(seen((5, 8), (9, 9))) == [Crossing(START + 2, 3, "a", "b")]


def test_a_packet_on_two_links_counts_once_as_it_came_first() -> None:
    assert seen((1, 7), (2, 7)).crossings(seen((5, 7))) == [Crossing(START + 1, 4, "a", "b")]


@pytest.mark.parametrize("carries", ["arp", "35020", "llc"])
def test_what_has_no_identity_of_its_own_is_passed_over(carries: str) -> None:
    assert seen((1, 7), carries=carries).crossings(seen((5, 7), carries=carries)) == []


def test_what_is_said_again_later_tells_nothing() -> None:
    assert seen((1, 7), (2 + COPY, 7), (3 + COPY, 7)).crossings(seen((5, 7))) == []


def test_of_many_the_same_ones_are_kept_in_each_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "MOST", 100)
    many = seen(*((at, at) for at in range(1000)))
    few = seen(*((at, at) for at in range(0, 1000, 20)))
    assert len(many._seen) <= 100
    assert len(many.crossings(few)) > 10
