from __future__ import annotations

from harness.incident.network.soundings import Sounding, Soundings, Way


def test_everything_is_put_in_order() -> None:
    found = Soundings()
    way = Way("node01", "node02", "udp:7946")
    found.through[way] += [Sounding(2, 0), Sounding(1, 1)]
    found.sent[way.back] += [2, 1]
    found.put_in_order()
    assert found.through[way] == [(1, 1), (2, 0)]
    assert found.sent[Way("node02", "node01", "udp:7946")] == [1, 2]
    assert way.pair == ("node01", "node02")
