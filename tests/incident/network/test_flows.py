from __future__ import annotations

import pytest

from harness.capture.protocols.tcp import ACK
from harness.incident.network.flows import listen
from harness.incident.network.passages import passages
from harness.incident.network.soundings import Soundings, Way
from harness.incident.network.vantages import vantages
from harness.incident.packet import Packet
from harness.incident.record import Record
from tests.incident.talk import BEGAN, MILLISECOND, Fate, Talk, all_of, both, cut, topology, unharmed

THREE = topology("node01", "node02", "node03")
FORTH = Way("node01", "node02", "tcp:2380")


def heard(fate: Fate, point: str = "node01") -> Soundings:
    record = Talk(THREE, (point,), fate, lasts=6000).record()
    found = Soundings()
    listen(passages(record, vantages(record)), found)
    found.put_in_order()
    return found


def within(soundings: object, since: float, until: float) -> int:
    times = [(one.time - BEGAN) / MILLISECOND for one in soundings]  # type: ignore[attr-defined]
    return sum(since <= time < until for time in times)


def test_what_was_answered_got_through_and_took_its_time() -> None:
    found = heard(unharmed)
    assert not found.lost
    assert not found.missed
    assert within(found.through[FORTH], 0, 6000) > 100
    assert {round(trip.took / MILLISECOND, 1) for trip in found.round_trips[FORTH]} == {0.2}


@pytest.mark.parametrize("ways", [both(("node01", "node02")), [("node01", "node02")]])
def test_what_was_answered_only_when_it_was_sent_again_was_lost(ways: list[tuple[str, str]]) -> None:
    found = heard(cut(2000, 4000, *ways))
    assert within(found.lost[FORTH], 2000, 4000) == len(found.lost[FORTH]) >= 4
    assert within(found.through[FORTH], 2000, 4000) == 0
    assert found.unheard[FORTH.back] == found.lost[FORTH]


def test_what_was_answered_much_later_had_arrived() -> None:
    def slow(at: float, speaker: str, _listener: str, _service: str) -> float | None:
        return max(0.1, 4000 - at) if speaker == "node02" and at >= 2000 else 0.1

    found = heard(slow)
    assert within(found.through[FORTH], 2000, 4000) > 0
    assert not found.lost[FORTH]


def test_a_hole_in_what_arrives_is_a_loss_on_its_way() -> None:
    found = heard(cut(2000, 2060, ("node02", "node01")))
    assert within(found.missed[FORTH.back], 2060, 2200) == 1


def test_what_is_never_answered_was_lost_but_for_the_last_moment() -> None:
    found = heard(all_of(cut(2000, 9000, *both(("node01", "node02"))), unharmed))
    assert within(found.lost[FORTH], 2000, 5700) == len(found.lost[FORTH]) >= 4


def test_where_the_losses_are_known_nothing_is_inferred() -> None:
    record = Talk(THREE, ("node01",), cut(2000, 4000, *both(("node01", "node02"))), lasts=6000).record()
    always = [(record.began, record.ended)]
    found = Soundings(exact={FORTH.pair: always, FORTH.pair[::-1]: always})
    listen(passages(record, vantages(record)), found)
    assert not found.lost[FORTH]
    assert found.through[FORTH]
    assert found.round_trips[FORTH]


def of_a_busy_host(*answers: tuple[int, int, int]) -> Soundings:
    """Return what is known where 50 octets are sent at 10 and 33 ms, after others that were answered in a millisecond.

    `answers` are when node02 acknowledges, how much, and from where on it says that something came twice.
    """
    ends = {"node01": ("10.0.0.11", "10.0.0.12", 40_000, 2380), "node02": ("10.0.0.12", "10.0.0.11", 2380, 40_000)}

    def packet(at: float, speaker: str, *numbers: int) -> Packet:
        src, dst, here, there = ends[speaker]
        seq, ack, payload, twice = numbers
        said = (ACK, seq, ack, payload, round(at * 1000), 0, twice)
        time = BEGAN + round(at * MILLISECOND)
        return Packet(time, "node01.pcap", "eth0", 1, "a", "b", (), src, dst, "tcp", here, there, *said)

    sent = [packet(at, "node01", seq, 1, 50, 0) for at, seq in ((1, 1000), (10, 1050), (33, 1050))]
    told = [packet(2, "node02", 1, 1050, 0, 0), *(packet(at, "node02", 1, ack, 0, twice) for at, ack, twice in answers)]
    packets = sorted([*sent, *told])
    found = Soundings()
    known = {"10.0.0.11": "node01", "10.0.0.12": "node02"}
    record = Record(THREE, packets, (), (), known, BEGAN, BEGAN + 9000 * MILLISECOND)
    listen(passages(record, vantages(record)), found)
    found.put_in_order()
    return found


@pytest.mark.parametrize(
    "answers,lost",
    [([(36, 1100, 0)], 1), ([(36, 1100, 1050)], 0), ([(35, 1100, 0), (36, 1100, 1050)], 0), ([(36, 1100, 1000)], 1)],
    ids=["lost", "came twice", "came twice, as is told late", "another one came twice"],
)
def test_what_came_twice_was_not_lost(answers: list[tuple[int, int, int]], lost: int) -> None:
    found = of_a_busy_host(*answers)
    assert [len(each) for each in found.lost.values() if each] == [1] * lost
    assert [len(each) for each in found.unheard.values() if each] == [1] * lost
    assert within(found.again[FORTH], 0, 100) == 1 - lost
    assert within(found.through[FORTH], 0, 100) == 2
