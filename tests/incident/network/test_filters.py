from __future__ import annotations

import pytest

from harness.faults.words import describe
from harness.incident.network import faults, filters, flows
from harness.incident.network.passages import passages
from harness.incident.network.soundings import Soundings, Way
from harness.incident.network.vantages import vantages
from tests.incident.talk import BEGAN, MILLISECOND, Fate, Talk, both, cut, topology

THREE = topology("node01", "node02", "node03")
EVERYONE = ("node01", "node02", "node03")


def told(fate: Fate, *points: str) -> list[str]:
    found = faults.find(Talk(THREE, points, fate, inside=True).record())
    return [describe(one.fault) for one in found]


@pytest.mark.parametrize("points", [EVERYONE, ("node01", "node03"), ("node01", "node02")])
def test_what_a_machine_drops_itself_it_does_not_hear(points: tuple[str, ...]) -> None:
    assert told(cut(3000, 7000, ("node03", "node01")), *points) == ["deafen node01 node03"]


def test_one_port_that_a_machine_drops_is_silent_by_itself() -> None:
    fate = cut(3000, 7000, ("node01", "node02"), ("node03", "node02"), service="tcp:2380")
    assert told(fate, *EVERYONE) == ["drop node02 tcp port=2380"]


def test_who_drops_everything_is_isolated() -> None:
    assert told(cut(3000, 7000, *both(("node01", "node02"), ("node03", "node02"))), *EVERYONE) == ["isolate node02"]


def heard(fate: Fate, *points: str) -> Soundings:
    record = Talk(THREE, points, fate, inside=True, lasts=6000).record()
    found = Soundings()
    seen = passages(record, vantages(record))
    flows.listen(seen, found)
    found.put_in_order()
    filters.mark(seen, found)
    return found


def test_what_was_dropped_did_not_get_through() -> None:
    found = heard(cut(2000, 4000, ("node03", "node01")), "node01")
    way = Way("node03", "node01", "tcp:2380")
    times = [(one.time - BEGAN) / MILLISECOND for one in found.through[way]]
    assert not [time for time in times if 2100 < time < 3900]
    assert len(found.lost[way]) >= 3


def test_a_machine_that_stands_still_drops_nothing() -> None:
    """It sends nothing meanwhile, to anybody: nobody knows what became of what came to it."""

    def still(at: float, speaker: str, listener: str, _service: str) -> float | None:
        return None if 2000 <= at < 4000 and "node01" in {speaker, listener} else 0.1

    record = Talk(THREE, ("node01",), still, inside=True, lasts=6000).record()
    asleep = [one for one in record.packets if one.src != "10.0.0.11" or not 2000 <= (one.time - BEGAN) / 1e6 < 4000]
    found = Soundings()
    record = type(record)(record.topology, asleep, (), (), record.machine_of, record.began, record.ended)
    seen = passages(record, vantages(record))
    filters.mark(seen, found)
    assert not found.lost
