from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from harness.network import tags
from harness.network.bridge.tap_socket import Passing, TapSocket
from tests.network.bridge.cable import Cable, cable

__all__ = ["cable"]

pytestmark = pytest.mark.kernel


@pytest.fixture
def tap(cable: Cable) -> Iterator[TapSocket]:
    made = cable.place.run(lambda: TapSocket("one"))
    yield made
    made.close()


def heard(tap: TapSocket) -> Passing:
    passing = tap.hear()
    assert passing is not None
    return passing


def test_a_frame_is_heard_with_its_direction_its_time_and_its_tag(tap: TapSocket, cable: Cable) -> None:
    plain, tagged = cable.frame(b"plain"), cable.frame(b"tagged", tags.tag(7, 3))
    cable.there.send(plain)
    cable.there.send(tagged)
    cable.here.send(tagged)
    first, second, third = heard(tap), heard(tap), heard(tap)
    assert (first.frame, first.length, first.outgoing) == (plain, len(plain), False)
    assert (second.frame, second.length, second.outgoing) == (tagged, len(tagged), False)
    assert (third.frame, third.length, third.outgoing) == (tagged, len(tagged), True)
    assert first.time_ns <= second.time_ns <= third.time_ns
    assert tap.hear() is None


def test_a_time_is_when_it_passed_or_not_known(cable: Cable) -> None:
    """The kernel may not have begun to note times when the first socket hears its first frames."""
    for _ in range(20):
        tap = cable.place.run(lambda: TapSocket("one"))
        before = time.time_ns()
        cable.here.send(cable.frame(b"early"))
        after = time.time_ns()
        passing = heard(tap)
        tap.close()
        assert passing.time_ns == 0 or before <= passing.time_ns <= after


def test_a_device_that_goes_is_silent(tap: TapSocket, cable: Cable) -> None:
    cable.remove()
    assert tap.hear() is None
    assert tap.hear() is None


def test_nobody_listens_where_there_is_no_device(cable: Cable) -> None:
    with pytest.raises(OSError, match="No such device"):
        cable.place.run(lambda: TapSocket("nowhere"))


def test_nothing_is_lost_of_a_burst(tap: TapSocket, cable: Cable) -> None:
    for _ in range(20_000):
        cable.there.send(cable.frame(b"burst"))
    count = 0
    while tap.hear():
        count += 1
    assert (count, tap.lost()) == (20_000, 0)
