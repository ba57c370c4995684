from __future__ import annotations

import random
from email.utils import formatdate

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.capture.frames import Frame
from harness.incident.clocks.stated import SECOND, StatedTimes, bounds
from harness.incident.files.packets import Packets
from harness.incident.stated_time import Stated
from tests.capture import build

START = 1_700_000_000 * SECOND


def response(time: int, date: str) -> Frame:
    head = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode()
    inner = build.tcp(head, source=2380, to=40000, sequence=5)
    data = build.ethernet(build.ipv4(inner, protocol=6))
    return Frame(1, time, "eth0", data, len(data))


def stated(*frames: Frame) -> list[Stated]:
    made = StatedTimes()
    for frame in frames:
        made.frame(Packets("a.pcap").of(frame), frame.data)
    return made.found


def test_a_date_is_found_and_a_bad_one_is_not() -> None:
    good = response(START + 7, formatdate(START // SECOND, usegmt=True))
    assert stated(good, response(START, "soon")) == [Stated(START + 7, build.CLIENT, START)]


def of(true: int, ahead: int, delay: int = 0) -> Stated:
    return Stated(true + ahead + delay, "10.0.0.1", true // SECOND * SECOND)


@settings(deadline=None)
@given(st.integers(-3600 * SECOND, 3600 * SECOND), st.integers(5, 200), st.integers(0, 1000))
def test_many_dates_bound_the_clock(ahead: int, count: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - for tests
    found = bounds(of(START + chance.randrange(60 * SECOND), ahead) for _ in range(count))
    assert found is not None
    assert found.least <= ahead <= found.most
    assert abs(found.middle - ahead) <= (found.most - found.least) // 2 + 1


def test_a_machine_whose_clock_is_wrong_and_late_frames_are_outvoted() -> None:
    chance = random.Random(1)  # noqa: S311 - for tests
    right = [of(START + chance.randrange(60 * SECOND), SECOND) for _ in range(100)]
    wrong = [one._replace(second=one.second + 90 * SECOND) for one in right[:30]]
    late = [one._replace(time=one.time + 4 * SECOND) for one in right[30:50]]
    found = bounds([*right, *wrong, *late])
    assert found is not None
    assert found.least <= SECOND <= found.most < SECOND + SECOND // 10


def test_few_dates_say_nothing() -> None:
    assert bounds([of(START, 0)] * 4) is None
    assert bounds(of(START, at * 10 * SECOND) for at in range(20)) is None
