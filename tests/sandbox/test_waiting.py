from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from harness.errors import ScenarioFailure
from harness.sandbox import waiting
from harness.sandbox.waiting import HEALTHY, NotSeen, Patience, gone, stays, wait_until
from harness.units import milliseconds, minutes, seconds


class Clock:
    """A clock that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, span: float) -> None:
        self.slept.append(span)
        self.now += span


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    fake = Clock()
    monkeypatch.setattr(waiting, "time", fake)
    return fake


def answers(*values: object) -> Callable[[], object]:
    """Return a look that gives these answers, the last one for ever."""
    left = list(values)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def test_what_is_already_there_costs_nothing(clock: Clock) -> None:
    assert wait_until("a leader", lambda: "node01", within=1 * seconds) == "node01"
    assert clock.slept == []


def test_the_first_true_answer_is_returned(clock: Clock) -> None:
    assert wait_until("a leader", answers(None, "", "node01"), within=1 * seconds) == "node01"
    assert clock.slept == [0.05, 0.05]


def test_a_bound_of_nothing_still_looks_once() -> None:
    assert wait_until("it", lambda: True, within=0 * seconds)
    with pytest.raises(NotSeen) as caught:
        wait_until("it", lambda: False, within=0 * seconds)
    assert caught.value.looks == 1


def test_what_does_not_come_is_told_with_what_was_seen_last(clock: Clock) -> None:
    with pytest.raises(NotSeen) as caught:
        wait_until("a leader", answers(None, []), within=1 * seconds, interval=400 * milliseconds)
    error = caught.value
    assert str(error) == "expected a leader; waited 1.0 s; last seen: []"
    assert (error.what, error.last_seen, error.looks) == ("a leader", [], 4)
    # The last pause ends at the bound, not after it.
    assert clock.slept == pytest.approx([0.4, 0.4, 0.2])


def test_a_wait_may_say_better_what_it_saw(clock: Clock) -> None:
    with pytest.raises(NotSeen, match="2 of 3 healthy"):
        wait_until("health", lambda: False, within=clock.now * milliseconds, show=lambda: "2 of 3 healthy")


def test_what_a_look_raises_passes_through() -> None:
    def broken() -> bool:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        wait_until("it", broken, within=1 * minutes)


def test_patience_stretches_the_bound(clock: Clock) -> None:
    slow = Patience(3.0, "guests boot in 12 s instead of 4 s")
    with pytest.raises(NotSeen):
        wait_until("it", lambda: False, within=2 * seconds, patience=slow, interval=1 * seconds)
    assert sum(clock.slept) == pytest.approx(6.0)
    assert str(slow) == "patience 3.0 (guests boot in 12 s instead of 4 s)"
    assert HEALTHY.stretch(2 * seconds) == 2 * seconds


def test_an_event_ends_the_pause_at_once() -> None:
    wake, seen = threading.Event(), threading.Event()

    def elsewhere() -> None:
        seen.set()
        wake.set()

    worker = threading.Timer(0.02, elsewhere)
    worker.start()
    started = time.monotonic()
    assert wait_until("it", seen.is_set, within=1 * minutes, interval=1 * minutes, wake=wake)
    assert time.monotonic() - started < 30
    worker.join()


def test_an_event_that_is_set_while_looking_is_not_missed() -> None:
    wake = threading.Event()
    looks = 0

    def look() -> bool:
        nonlocal looks
        looks += 1
        wake.set()  # something new arrives just as the first look ends
        return looks > 1

    assert wait_until("it", look, within=1 * minutes, interval=1 * minutes, wake=wake)


def test_gone_waits_until_there_is_nothing(clock: Clock) -> None:
    gone("the lease", answers("held", "held", ""), within=1 * seconds)
    assert len(clock.slept) == 2


def test_what_does_not_go_is_told(clock: Clock) -> None:
    with pytest.raises(NotSeen) as caught:
        gone("the lease", lambda: "held by 42", within=clock.now * milliseconds)
    assert "expected the lease to be gone" in str(caught.value)
    assert caught.value.last_seen == "held by 42"


def test_what_stays_is_looked_at_from_the_first_moment_to_the_last(clock: Clock) -> None:
    looks: list[float] = []

    def look() -> bool:
        looks.append(clock.now)
        return True

    stays("health", look, span=1 * seconds, interval=300 * milliseconds)
    assert [look - looks[0] for look in looks] == pytest.approx([0.0, 0.3, 0.6, 0.9, 1.0])


@pytest.mark.parametrize("good", [0, 3])
def test_what_does_not_stay_fails_at_the_first_look_that_misses_it(good: int, clock: Clock) -> None:
    with pytest.raises(ScenarioFailure) as caught:
        stays("health", answers(*[True] * good, False), span=1 * seconds, interval=100 * milliseconds)
    assert str(caught.value).startswith("expected health to stay so for 1.0 s; waited ")
    assert caught.value.waited == timedelta(seconds=0.1 * good)
    assert clock.slept == pytest.approx([0.1] * good)
