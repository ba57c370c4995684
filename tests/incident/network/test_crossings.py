from __future__ import annotations

from dataclasses import replace

from harness.incident.network.crossings import compare
from harness.incident.network.passages import passages
from harness.incident.network.soundings import Soundings, Way
from harness.incident.network.vantages import vantages
from harness.incident.record import Record
from tests.incident.talk import BEGAN, MILLISECOND, Talk, cut, topology, unharmed

THREE = topology("node01", "node02", "node03")
FORTH = Way("node01", "node02", "tcp:2380")
LOST = cut(1000, 2000, FORTH.pair)


def compared(record: Record) -> Soundings:
    points = vantages(record)
    found = Soundings()
    compare(record, points, passages(record, points), found)
    return found


def test_what_left_and_did_not_arrive_is_lost_for_certain() -> None:
    found = compared(Talk(THREE, ("node01", "node02"), LOST, lasts=3000).record())
    assert found.exact.keys() == {FORTH.pair, FORTH.pair[::-1]}
    times = [(one.time - BEGAN) / MILLISECOND for one in found.lost[FORTH]]
    assert min(times) >= 1000
    assert max(times) < 2000
    assert len(times) >= 4
    assert not found.lost[FORTH.back]


def test_how_long_the_rest_took_is_told() -> None:
    found = compared(Talk(THREE, ("node01", "node02"), unharmed, lasts=2000).record())
    assert not found.lost
    assert {trip.took for trip in found.one_way[FORTH]} == {MILLISECOND // 10}
    assert len(found.sent[FORTH]) == len(found.one_way[FORTH])


def test_one_point_is_compared_with_nothing() -> None:
    assert not compared(Talk(THREE, ("node01",), LOST, lasts=3000).record()).exact


def test_frames_that_are_not_known_again_prove_nothing() -> None:
    record = Talk(THREE, ("node01", "node02"), LOST, lasts=3000).record()
    other = [packet._replace(identity=packet.identity + (packet.capture == "node02.pcap")) for packet in record.packets]
    changed = [packet._replace(identity=packet.identity * 2 + (packet.capture == "node02.pcap")) for packet in other]
    found = compared(replace(record, packets=changed))
    assert not found.exact
    assert not found.lost


def test_what_a_card_put_together_did_arrive() -> None:
    record = Talk(THREE, ("node01", "node02"), unharmed, lasts=2000).record()
    there = [one for one in record.packets if one.capture == "node02.pcap" and one.src == "10.0.0.11" and one.payload]
    port = next(one.src_port for one in there if one.carries == "tcp")
    first, second = [one for one in there if one.src_port == port][:2]
    whole = first._replace(payload=first.payload + second.payload, identity=0)
    packets = [whole if one is first else one for one in record.packets if one is not second]
    assert not compared(replace(record, packets=packets)).lost


def test_what_left_after_the_other_capture_had_ended_is_not_lost() -> None:
    record = Talk(THREE, ("node01", "node02"), unharmed, lasts=3000).record()
    early = BEGAN + 1500 * MILLISECOND
    packets = [one for one in record.packets if one.capture == "node01.pcap" or one.time < early]
    found = compared(replace(record, packets=packets))
    assert found.exact
    assert not found.lost
