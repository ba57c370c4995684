from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.incident.machines.pulses import pulse, relative
from harness.incident.packet import Packet
from tests.incident.records import SECOND, T036, at, every, frames


def stamped(moments: list[float], clock: list[float], ports: tuple[int, int] = (40000, 2380)) -> list[Packet]:
    """Return segments whose timestamps say what the sender's clock did, in seconds."""
    packets = frames(T036, "node02", moments, ports=ports)
    return [
        packet._replace(stamp=(77_000 + round(said * 1000)) % (1 << 32))
        for packet, said in zip(packets, clock, strict=True)
    ]


def test_a_clock_that_goes_right_gains_nothing() -> None:
    moments = every(0.1, 0, 30)
    found = pulse(stamped(moments, moments))
    assert max(abs(gain) for _, gain in found.gains) < SECOND / 100


def test_a_clock_that_stood_still_has_lost_that_time() -> None:
    moments = [*every(0.1, 0, 10), *every(0.1, 16, 26)]
    found = pulse(stamped(moments, [moment if moment < 10 else moment - 6 for moment in moments]))
    (lost,) = [beat for beat in found.beats if beat.gained < -SECOND]
    assert lost.gained == pytest.approx(-6 * SECOND, abs=SECOND / 100)
    assert lost.before.time == pytest.approx(at(9.9), abs=SECOND / 4)
    assert lost.after.time == at(16)


def test_a_new_connection_between_the_same_ports_has_another_beginning() -> None:
    moments = every(0.1, 0, 10)
    found = pulse(stamped(moments, [moment if moment < 5 else moment - 1_000_000 for moment in moments]))
    assert all(abs(beat.gained) < SECOND / 10 for beat in found.beats)


def test_a_timestamp_may_wrap() -> None:
    moments = every(0.1, 0, 20)
    start = (1 << 32) / 1000 - 77 - 10
    found = pulse(stamped(moments, [start + moment for moment in moments]))
    assert len(found.beats) > 50
    assert all(abs(beat.gained) < SECOND / 10 for beat in found.beats)


def test_where_all_gain_alike_it_is_the_captures_clock() -> None:
    moments = every(0.1, 0, 30)
    fast = pulse(stamped(moments, [moment * 1.05 for moment in moments]))
    right = pulse(stamped(moments, moments))
    found = relative({"node01": right, "node02": fast, "node03": fast})
    assert max(abs(gain) for _, gain in found["node02"]) == 0
    assert found["node01"][-1][1] == pytest.approx(-1.4 * SECOND, abs=SECOND / 5)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, (1 << 32) - 1)), max_size=30))
def test_no_timestamps_break_it(said: list[tuple[int, int]]) -> None:
    packets = frames(T036, "node02", sorted(float(moment) for moment, _ in said))
    pulse([packet._replace(stamp=stamp) for packet, (_, stamp) in zip(packets, said, strict=True)])
