from __future__ import annotations

import pytest

from harness.faults.words import describe
from harness.incident.network.datagrams import listen
from harness.incident.network.faults import find
from harness.incident.network.passages import passages
from harness.incident.network.soundings import Sounding, Soundings, Way
from harness.incident.network.vantages import vantages
from tests.incident.talk import BEGAN, MILLISECOND, Fate, Talk, both, cut, topology

THREE = topology("node01", "node02", "node03")
FORTH = Way("node01", "node02", "udp:7946")


def heard(fate: Fate, *also: Sounding) -> Soundings:
    record = Talk(THREE, ("node01",), fate, ports=(), gossip=150).record()
    seen = passages(record, vantages(record))
    found = Soundings()
    for place, packet, way, at in seen:
        if at.machine == way.listener:
            found.through[way].append(Sounding(packet.time, place))
    found.through[Way("node02", "node01", "icmp")] += also
    listen(seen, found)
    return found


ALONE = cut(4000, 7000, *both(("node01", "node02"), ("node01", "node03")))


def test_what_is_said_while_nothing_comes_is_not_answered() -> None:
    times = [(one.time - BEGAN) / MILLISECOND for one in heard(ALONE).lost[FORTH]]
    assert min(times) >= 4000
    assert 6700 <= max(times) < 7150
    assert len(times) >= 15


def test_who_answers_that_nobody_listens_is_no_silence() -> None:
    refused = Sounding(BEGAN + 5000 * MILLISECOND, 0)
    assert not heard(ALONE, refused).lost[FORTH]


def test_a_clean_talk_has_none() -> None:
    assert not heard(cut(0, 0)).lost


@pytest.mark.parametrize("until", [7000, 99_000])
def test_machines_that_talk_by_datagrams_alone_are_found_cut_off(until: float) -> None:
    fate = cut(4000, until, *both(("node01", "node02"), ("node01", "node03")))
    (one,) = find(Talk(THREE, ("node01",), fate, ports=(), gossip=150).record())
    assert describe(one.fault) == "isolate node01"
    assert abs(one.began - BEGAN - 4000 * MILLISECOND) < 500 * MILLISECOND
    assert (one.ended is None) is (until > 10_000)


def test_one_service_that_says_nothing_may_stand_still_and_is_no_fault_of_the_network() -> None:
    fate = cut(4000, 7000, *both(("node01", "node02")), service="udp:7946")
    assert find(Talk(THREE, ("node01",), fate, gossip=150).record()) == []
