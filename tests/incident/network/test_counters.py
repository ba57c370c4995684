from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.capture.protocols.tcp import ACK
from harness.incident.network.counters import listen
from harness.incident.network.passages import passages
from harness.incident.network.soundings import BEFORE, Soundings, Stretch
from harness.incident.network.vantages import vantages
from harness.incident.packet import Packet
from harness.incident.record import Record
from tests.incident.talk import BEGAN, MILLISECOND, topology

TWO = topology("node01", "node02")
PAIR = ("node01", "node02")
KNOWN = {"10.0.0.11": "node01", "10.0.0.12": "node02"}
MANY = 40


def sent(port: int, numbers: Iterable[int], sizes: Sequence[int] = (50,), seq: int = 1) -> list[Packet]:
    """Return what node01 sends on a connection every 10 ms, with its own numbers and sizes; 0 came and has none."""
    packets = []
    for place, number in enumerate(numbers):
        time, size = BEGAN + (place * 10 + port % 10) * MILLISECOND, sizes[place % len(sizes)]
        ends = ("10.0.0.11", "10.0.0.12", "tcp", port, 2380)
        packets.append(
            Packet(time, "a.pcap", "eth0", 1, "a", "b", (), *ends, ACK, seq, 1, size, place, number=number % 65536)
        )
        seq += size
    return packets


def heard(*connections: list[Packet], at: str = "node02", exact: bool = False) -> Soundings:
    packets = sorted(one for each in connections for one in each)
    sees = {("a.pcap", "eth0"): frozenset({at})}
    record = Record(TWO, packets, (), (), KNOWN, BEGAN, BEGAN + 9000 * MILLISECOND, sees=sees)
    found = Soundings(exact={PAIR: [(0, 1 << 62)]} if exact else {})
    listen(passages(record, vantages(record)), found)
    return found


def lost(found: Soundings) -> tuple[int, int]:
    tally = found.hidden[Stretch(PAIR, BEFORE)]
    return len(tally.lost), len(tally.tried)


STEADY = sent(40_001, range(30_000, 30_000 + MANY))


def test_a_gap_in_a_connections_numbers_is_what_got_lost() -> None:
    numbers = [one for one in range(65_500, 65_500 + MANY) if one not in {65_510, 65_520, 65_521, 65_535}]
    found = heard(sent(40_000, numbers), STEADY)
    assert lost(found) == (4, 2 * MANY - 2)
    assert PAIR in found.counted
    (gaps,) = found.gaps.values()
    assert [(one - BEGAN) // MILLISECOND for one in gaps] == [100, 190, 190, 330]


def test_what_comes_late_is_not_lost() -> None:
    numbers = [*range(100, 110), 111, 112, 110, *range(113, 130)]
    assert lost(heard(sent(40_000, numbers), STEADY))[0] == 0


def test_who_counts_all_that_he_sends_together_says_nothing() -> None:
    one, other = sent(40_000, range(100, 100 + 2 * MANY, 2)), sent(40_001, range(101, 101 + 2 * MANY, 2))
    assert not heard(one, other).counted
    assert not heard(one).counted


def test_pieces_of_what_is_too_large_for_a_frame_have_numbers_of_their_own() -> None:
    whole = sent(40_000, range(100, 100 + 3 * MANY, 3), sizes=(4000,))
    assert lost(heard(whole, STEADY))[0] == 0
    del whole[10]
    assert lost(heard(whole, STEADY))[0] == 3


def test_a_count_that_begins_anew_is_another_connection() -> None:
    assert lost(heard(sent(40_000, [*range(100, 120), *range(9000, 9020)]), STEADY))[0] == 0


def test_what_two_points_saw_is_not_told_again_by_the_second() -> None:
    numbers = [*range(100, 110), *range(111, 130)]
    assert not heard(sent(40_000, numbers), STEADY, exact=True).counted
    assert lost(heard(sent(40_000, numbers), STEADY, at="node01", exact=True))[0] == 1


def test_packets_without_a_number_are_passed_over() -> None:
    unnumbered = [replaced._replace(number=0) for replaced in STEADY]
    assert not heard(unnumbered).counted


def test_what_is_sent_again_before_what_follows_is_no_hole() -> None:
    whole = sent(40_000, range(100, 100 + 3 * MANY, 3), sizes=(4000,))
    again = [one._replace(seq=whole[0].seq) if place == 10 else one for place, one in enumerate(whole)]
    late = [one._replace(seq=one.seq - 4000) if place > 10 else one for place, one in enumerate(again)]
    assert lost(heard(late, STEADY))[0] == 0


def test_after_a_long_pause_nobody_knows_when_it_got_lost() -> None:
    later = [one._replace(time=one.time + 3000 * MILLISECOND) for one in sent(40_000, range(150, 150 + MANY))]
    found = heard(sent(40_000, range(100, 100 + MANY)), later, STEADY)
    assert lost(found) == (0, 3 * MANY - 3)
