from __future__ import annotations

import pytest

from harness.faults.words import describe
from harness.incident.network.datagrams import listen
from harness.incident.network.faults import find
from harness.incident.network.passages import passages
from harness.incident.network.soundings import Sounding, Soundings, Way
from harness.incident.network.vantages import vantages
from harness.incident.packet import Packet
from harness.incident.record import Record
from tests.incident.talk import BEGAN, MILLISECOND, Fate, Talk, both, cut, topology

THREE = topology("node01", "node02", "node03")
FORTH = Way("node01", "node02", "udp:7946")


def heard(fate: Fate, *also: Sounding) -> Soundings:
    return told(Talk(THREE, ("node01",), fate, ports=(), gossip=150).record(), *also)


def heard_of(said: list[Packet]) -> Soundings:
    """Return what is known of what node01's own cable carried."""
    known = {"10.0.0.11": "node01", "10.0.0.12": "node02"}
    sees = {("a", "eth0"): frozenset({"node01"})}
    return told(Record(THREE, sorted(said), (), (), known, BEGAN, BEGAN + 40_000 * MILLISECOND, sees=sees))


def told(record: Record, *also: Sounding) -> Soundings:
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


def probes(*unanswered: float, every: float = 2000, news: float = 0) -> Soundings:
    """Return what is known where node01 probes node02, which answers in a millisecond but for some times (ms).

    It also tells news, of another length, that nobody answers.
    """
    ends = {"node01": ("10.0.0.11", "10.0.0.12"), "node02": ("10.0.0.12", "10.0.0.11")}

    def packet(at: float, speaker: str, payload: int) -> Packet:
        time = BEGAN + round(at * MILLISECOND)
        return Packet(time, "a", "eth0", 1, "a", "b", (), *ends[speaker], "udp", 7946, 7946, 0, 0, 0, payload, 1)

    times = [place * every for place in range(20)]
    said = [packet(at, "node01", 69) for at in times]
    said += [packet(at + 1, "node02", 150) for at in times if at not in unanswered]
    said += [packet(at + 700, "node01", 44) for at in times if news]
    return heard_of(said)


def test_a_probe_that_is_answered_as_a_rule_is_missed_where_it_is_not() -> None:
    found = probes(20_000, 22_000, 24_000)
    assert [(one.time - BEGAN) // MILLISECOND for one in found.lost[FORTH]] == [20_000, 22_000, 24_000]
    assert len(found.through[FORTH]) == 17


def test_a_probe_or_two_may_have_been_too_late() -> None:
    assert not probes(20_000, 22_000).lost


def test_news_that_nobody_answers_are_no_questions() -> None:
    found = probes(news=True)
    assert not found.lost
    assert len(found.through[FORTH]) == 20


def test_where_talk_goes_both_ways_all_the_time_nothing_is_an_answer() -> None:
    assert not probes(2000, 2200, 2400, every=200).through[FORTH]


def test_who_talks_at_times_is_not_missed_between() -> None:
    moments = [start + each for start in (0, 20_000) for each in range(0, 1000, 20)]
    said = [
        Packet(BEGAN + at * MILLISECOND, "a", "eth0", 1, "a", "b", (), src, dst, "udp", 5405, 5405, 0, 0, 0, 70, 1)
        for src, dst, times in (("10.0.0.11", "10.0.0.12", range(0, 40_000, 100)), ("10.0.0.12", "10.0.0.11", moments))
        for at in times
    ]
    assert not heard_of(said).lost
