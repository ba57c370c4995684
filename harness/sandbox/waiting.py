"""Waiting for a condition: the only module of the harness that sleeps.

A wait looks first and sleeps afterwards, so that what is already true costs nothing. Bounds are written for a healthy
KVM host and are stretched by the measured patience of this one (`harness.machines.accelerator`), never by guesses.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from harness.errors import ScenarioFailure
from harness.units import format_duration, milliseconds

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

T = TypeVar("T")

DEFAULT_INTERVAL = 50 * milliseconds


class NotSeen(ScenarioFailure):
    """What was waited for did not come within its bound. Carries what the last look saw, and how many looks."""

    def __init__(self, what: str, *, last_seen: object, waited: timedelta, looks: int) -> None:
        self.what = what
        self.last_seen = last_seen
        self.looks = looks
        super().__init__(what, seen=last_seen, waited=waited)


@dataclass(frozen=True)
class Patience:
    """How many times slower than a healthy KVM host this host is: at least 1, and where the figure comes from."""

    factor: float
    because: str

    def stretch(self, bound: timedelta) -> timedelta:
        """Return the bound that is fair on this host. Raises `TypeError` for a number: it has no unit."""
        if not isinstance(bound, timedelta):
            raise TypeError(f"{bound!r} is no duration, expected one such as {bound!r} * seconds")
        return bound * self.factor

    def __str__(self) -> str:
        return f"patience {self.factor:.1f} ({self.because})"


HEALTHY = Patience(1.0, "a healthy KVM host")


def wait_until(
    what: str,
    look: Callable[[], T | None],
    *,
    within: timedelta,
    patience: Patience = HEALTHY,
    interval: timedelta = DEFAULT_INTERVAL,
    wake: threading.Event | None = None,
    show: Callable[[], object] | None = None,
) -> T:
    """Look until the look returns something true, and return that.

    `within` is stretched by `patience`. `wake`, where given, is an event that is set when there is something new to
    see; it is cleared before each look, so nothing is missed, and `interval` is then only the longest time between
    looks. `show`, where given, says what a failing wait has seen last; otherwise the last look's own answer is shown.

    Raises `NotSeen` when the bound has passed; whatever the look raises passes through.
    """
    bound = patience.stretch(within).total_seconds()
    started = time.monotonic()
    looks = 0
    while True:
        if wake is not None:
            wake.clear()
        seen = look()
        looks += 1
        if seen:
            return seen
        left = bound - (time.monotonic() - started)
        if left <= 0:
            waited = timedelta(seconds=time.monotonic() - started)
            raise NotSeen(what, last_seen=show() if show else seen, waited=waited, looks=looks)
        pause = min(interval.total_seconds(), left)
        if wake is None:
            time.sleep(pause)
        else:
            wake.wait(pause)


def gone(
    what: str,
    look: Callable[[], object],
    *,
    within: timedelta,
    patience: Patience = HEALTHY,
    interval: timedelta = DEFAULT_INTERVAL,
) -> None:
    """Look until the look returns something false. Raises `NotSeen` when it is still there after the bound."""
    last: list[object] = [None]

    def absent() -> bool:
        last[0] = look()
        return not last[0]

    wait_until(f"{what} to be gone", absent, within=within, patience=patience, interval=interval, show=lambda: last[0])


def stays(what: str, look: Callable[[], object], *, span: timedelta, interval: timedelta = DEFAULT_INTERVAL) -> None:
    """Look for the whole span, which is real time and not stretched; the look must return something true each time.

    Raises `ScenarioFailure` at the first look that does not.
    """
    started = time.monotonic()
    while True:
        seen = look()
        passed = timedelta(seconds=time.monotonic() - started)
        if not seen:
            raise ScenarioFailure(f"{what} to stay so for {format_duration(span)}", seen=seen, waited=passed)
        if passed >= span:
            return
        time.sleep(min(interval, span - passed).total_seconds())
