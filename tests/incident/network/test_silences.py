from __future__ import annotations

import pytest

from harness.incident.network.silences import FEWEST, silences
from harness.incident.network.soundings import Sounding, Soundings, Way

WAY = Way("node01", "node02", "tcp:2380")
OTHER = Way("node01", "node02", "udp:7946")
MILLISECOND = 1_000_000


def at(*times: float) -> list[Sounding]:
    return [Sounding(round(time * MILLISECOND), round(time)) for time in times]


def of(through: dict[Way, list[Sounding]], lost: dict[Way, list[Sounding]]) -> Soundings:
    found = Soundings()
    for way, soundings in through.items():
        found.through[way] += soundings
    for way, soundings in lost.items():
        found.lost[way] += soundings
        found.unheard[way.back] += soundings
    return found


def test_a_silence_lies_between_what_got_through() -> None:
    (one,) = silences(of({WAY: at(0, 900, 3100)}, {WAY: at(1000, 1200, 1600, 2400)}))
    assert one.pair == ("node01", "node02")
    assert (one.service, one.lost, one.certain) == (None, 4, True)
    edges = (one.last_through, one.first_lost, one.last_lost, one.next_through)
    assert [edge and edge.packet for edge in edges] == [900, 1000, 2400, 3100]


@pytest.mark.parametrize("lost", [at(1000, 1300), at(1000, 1010, 1020)], ids=["few", "short"])
def test_bad_luck_is_no_silence(lost: list[Sounding]) -> None:
    assert len(lost) <= FEWEST
    assert silences(of({WAY: at(0, 900, 3100)}, {WAY: lost})) == []


def test_what_nobody_ever_heard_is_no_silence() -> None:
    assert silences(of({}, {WAY: at(1000, 1200, 1600, 2400)})) == []


def test_a_silence_that_lasts_has_no_end() -> None:
    (one,) = silences(of({WAY: at(900)}, {WAY: at(1000, 1200, 1600, 2400)}))
    assert one.next_through is None


def test_two_attempts_far_apart_are_two_silences() -> None:
    lost = at(1000, 1200, 1600, 2400, 60_000, 60_200, 60_600)
    first, second = silences(of({WAY: at(900, 70_000)}, {WAY: lost}))
    assert (first.last_lost.packet, second.first_lost.packet) == (2400, 60_000)


def test_one_service_is_silent_by_itself_where_others_get_through() -> None:
    through = {WAY: at(0, 900, 3100), OTHER: at(0, 500, 1500, 2000, 3000)}
    (one,) = silences(of(through, {WAY: at(1000, 1200, 1600, 2400)}))
    assert one.service == "tcp:2380"


def test_of_two_directions_the_one_in_which_something_got_through_was_open() -> None:
    lost = {WAY: at(1000, 1200, 1600, 2000, 2400, 2800)}
    back = {WAY.back: at(0, 990, 2100, 3200)}
    (one,) = silences(of({WAY: at(0, 900, 3100)} | back, lost))
    assert one.pair == WAY.pair
    both = silences(of({WAY: at(0, 900, 3100), WAY.back: at(0, 990, 3200)}, lost))
    assert {one.pair for one in both} == {WAY.pair, WAY.pair[::-1]}


def test_who_seldom_speaks_pauses_for_longer_in_one_attempt() -> None:
    seldom = at(*range(0, 20_000, 2000), *range(40_000, 60_000, 2000))
    (one,) = silences(of({WAY: seldom}, {WAY: at(20_000, 22_500, 25_500, 26_000)}))
    assert (one.first_lost.packet, one.lost) == (20_000, 4)
