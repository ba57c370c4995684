from __future__ import annotations

import pytest

from harness.incident.clocks.sightings import Sightings
from harness.incident.clocks.steps import Step, steps
from harness.incident.files.packets import Packets
from tests.incident.field import said

MILLISECOND = 1_000_000
ENDS = ("10.0.0.1", "10.0.0.2")
SET_AT = 61
"""The frame that has another clock: packets go to and fro every 10 ms."""


def capture(place: int, *, by: int = 0, delay: int = MILLISECOND, slow: int = 0) -> Sightings:
    """Return what one of two ends sees: its clock is set `by` at a frame, or the path takes `slow` more since then."""
    seen, make = Sightings(), Packets("a.pcap")
    for number in range(1, 121):
        late = number >= SET_AT
        sender = number % 2
        passed = 0 if sender == place else delay + (slow if late else 0)
        time = number * 10 * MILLISECOND + passed + (by if late else 0)
        frame = said(ENDS[sender], ENDS[1 - sender], time=time, sequence=number)
        seen.see(make.of(frame._replace(number=number)))
    return seen


@pytest.mark.parametrize("by", [2500 * MILLISECOND, -400 * MILLISECOND, 120 * MILLISECOND])
@pytest.mark.parametrize("place", [0, 1])
def test_a_clock_that_was_set_is_told_with_the_frame_from_which_on(place: int, by: int) -> None:
    captures = {f"{one}.pcap": capture(one, by=by if one == place else 0) for one in (0, 1)}
    ((name, (found,)),) = steps(captures).items()
    assert name == f"{place}.pcap"
    assert found.frame == SET_AT
    assert abs(found.by - by) <= MILLISECOND


@pytest.mark.parametrize("slow", [0, 300 * MILLISECOND])
def test_a_path_that_becomes_slow_both_ways_sets_no_clock(slow: int) -> None:
    assert steps({"0.pcap": capture(0, slow=slow), "1.pcap": capture(1, slow=slow)}) == {}


def test_three_captures_tell_one_step_once() -> None:
    by = 2500 * MILLISECOND
    captures = {"0.pcap": capture(0, by=by), "1.pcap": capture(1), "2.pcap": capture(1)}
    assert steps(captures) == {"0.pcap": [Step(SET_AT, by)]}


def test_who_shares_nothing_tells_nothing() -> None:
    assert steps({"0.pcap": capture(0), "1.pcap": Sightings()}) == {}
