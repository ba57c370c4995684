from __future__ import annotations

import pytest

from harness.capture.protocols.tcp import ACK
from harness.incident.network.flows import listen
from harness.incident.network.passages import passages
from harness.incident.network.soundings import BEHIND, BETWEEN, Soundings, Stretch, Way
from harness.incident.network.vantages import vantages
from harness.incident.packet import Packet
from harness.incident.record import Record
from tests.incident.talk import BEGAN, MILLISECOND, topology

THREE = topology("node01", "node02", "node03")
FORTH = Way("node01", "node02", "tcp:2380")


def of_a_busy_host(*answers: tuple[int, int, int], point: str = "node01", gap: int | None = None) -> Soundings:
    """Return what is known where 50 octets are sent at 10 and 33 ms, after others that were answered in a millisecond.

    `answers` are when node02 acknowledges, how much, and from where on it says that something came twice. `gap` is when
    it showed, in milliseconds, that one of its packets was missing.
    """
    ends = {"node01": ("10.0.0.11", "10.0.0.12", 40_000, 2380), "node02": ("10.0.0.12", "10.0.0.11", 2380, 40_000)}

    def packet(at: float, speaker: str, *numbers: int) -> Packet:
        src, dst, here, there = ends[speaker]
        seq, ack, payload, twice = numbers
        said = (ACK, seq, ack, payload, round(at * 1000), 0, twice)
        time = BEGAN + round(at * MILLISECOND)
        return Packet(time, f"{point}.pcap", "eth0", 1, "a", "b", (), src, dst, "tcp", here, there, *said)

    sent = [packet(at, "node01", seq, 1, 50, 0) for at, seq in ((1, 1000), (10, 1050), (33, 1050))]
    told = [packet(2, "node02", 1, 1050, 0, 0), *(packet(at, "node02", 1, ack, 0, twice) for at, ack, twice in answers)]
    packets = sorted([*sent, *told])
    found = Soundings()
    if gap is not None:
        back = ("10.0.0.12", 2380, "10.0.0.11", 40_000)
        found.gaps[(f"{point}.pcap", "eth0"), back] = [BEGAN + gap * MILLISECOND]
    known = {"10.0.0.11": "node01", "10.0.0.12": "node02"}
    sees = {(f"{point}.pcap", "eth0"): frozenset({point})}
    record = Record(THREE, packets, (), (), known, BEGAN, BEGAN + 9000 * MILLISECOND, sees=sees)
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
    assert len(found.through[FORTH]) == 2


@pytest.mark.parametrize("point,part", [("node01", BETWEEN), ("node02", BEHIND)])
@pytest.mark.parametrize(
    "answers,gap,counts",
    [
        ([(36, 1100, 0)], None, (1, 3)),
        ([(36, 1100, 1050)], None, (0, 3)),
        ([(35, 1100, 0), (36, 1100, 1050)], None, (0, 3)),
        ([(36, 1100, 0)], 36, (0, 0)),
        ([(36, 1100, 0)], 9, (1, 2)),
    ],
    ids=["lost", "came twice", "came twice, as is told late", "an answer got lost", "one got lost before"],
)
def test_what_is_sent_again_got_lost_from_there_on_unless_its_answer_may_have(
    answers: list[tuple[int, int, int]], gap: int | None, counts: tuple[int, int], point: str, part: str
) -> None:
    tally = of_a_busy_host(*answers, point=point, gap=gap).hidden[Stretch(FORTH.pair, part)]
    assert (len(tally.lost), len(tally.tried)) == counts


def test_a_segment_that_is_sent_again_in_pieces_got_lost_once() -> None:
    ends = {"node01": ("10.0.0.11", "10.0.0.12", 40_000, 2380), "node02": ("10.0.0.12", "10.0.0.11", 2380, 40_000)}

    def packet(at: int, speaker: str, seq: int, ack: int, payload: int) -> Packet:
        src, dst, here, there = ends[speaker]
        said = (ACK, seq, ack, payload, at)
        return Packet(BEGAN + at * MILLISECOND, "a", "eth0", 1, "a", "b", (), src, dst, "tcp", here, there, *said)

    pieces = [packet(220 + place, "node01", 1000 + place * 1000, 1, 1000) for place in range(10)]
    packets = [packet(1, "node01", 1000, 1, 10_000), *pieces, packet(231, "node02", 1, 11_000, 0)]
    known = {"10.0.0.11": "node01", "10.0.0.12": "node02"}
    sees = {("a", "eth0"): frozenset({"node01"})}
    record = Record(THREE, packets, (), (), known, BEGAN, BEGAN + 9000 * MILLISECOND, sees=sees)
    found = Soundings()
    listen(passages(record, vantages(record)), found)
    assert len(found.hidden[Stretch(FORTH.pair, BETWEEN)].lost) == 1
