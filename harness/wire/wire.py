"""The wire as scenarios have it: queries about all that was said, and expectations of what will be.

An expectation looks from the moment on at which its wire was asked for, so that what a scenario has caused before it
began to wait counts, and what an earlier scenario caused does not.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, NamedTuple, TypeVar, overload

from harness.capture.events import Event
from harness.capture.nearest import name_of
from harness.capture.patterns import InOrder, Pattern, matches
from harness.capture.patterns import in_order as find_in_order
from harness.capture.timeline import Timeline
from harness.sandbox.waiting import HEALTHY, NotSeen, Patience, wait_until
from harness.units import format_duration, milliseconds
from harness.wire.evidence import Evidence
from harness.wire.looks import Last, News, Steps, pattern_of, require

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import timedelta
    from pathlib import Path

    from harness.capture.naming import Names
    from harness.wire.growth import Growth
    from harness.wire.source import Source

E = TypeVar("E", bound=Event)
T = TypeVar("T")

SLOWEST = 500 * milliseconds
"""Between two looks, should no word come that there is something to see."""

OFTEN = 20 * milliseconds
"""The same where it is silence that is waited for, of which no word comes."""

NANO = 10**9


class Setting(NamedTuple):
    """What all wires of a lab share: what wakes them, the names of machines, where evidence goes, patience."""

    growth: Growth
    names: Names
    evidence: Path
    patience: Patience = HEALTHY


class Wire(Timeline):
    """A running lab's wire, or a part of it. Each look is up to date; nothing is decoded twice.

    `on` narrows it to some of the VLANs or `links` that it is of, `about` to what concerns a machine. Queries are about
    everything since the lab was built. Expectations are about what comes from `begun` on (nanoseconds since 1970): when
    this wire was asked for; `from_now` begins anew.

    An expectation that does not hold raises `harness.wire.failure.WireFailure`, and `Inconclusive` where frames that
    would tell are missing from the capture, or can't be read.
    """

    def __init__(
        self,
        source: Source,
        setting: Setting,
        links: Collection[str],
        *,
        begun: int | None = None,
        keep: Callable[[Event], bool] = lambda _: True,
        label: str = "",
    ) -> None:
        super().__init__(())
        self._links = links
        self.begun = time.time_ns() if begun is None else begun
        self._frames = source
        self._setting = setting
        self._keep = keep
        self._label = label
        self._evidence = Evidence(source, setting.names, setting.evidence, keep, label)

    @property
    def events(self) -> tuple[Event, ...]:
        """All events until now, by time, then by frame."""
        return self._evidence.events

    def from_now(self) -> Wire:
        """Return this wire, with expectations that begin now."""
        return self.since(time.time_ns())

    def since(self, begun: int) -> Wire:
        """Return this wire, with expectations that begin at a time, in nanoseconds since 1970."""
        return Wire(self._frames, self._setting, self._links, begun=begun, keep=self._keep, label=self._label)

    def on(self, *links: str) -> Wire:
        """Return what is said on these VLANs, or on these links where the wire is of links.

        Raises `LabError` for a name that is none of them.
        """
        require(links, "VLAN with anybody on it, or link, of this wire", self._links)
        return self._narrowed(lambda event: event.link in links, f" on {', '.join(links)}")

    def about(self, machine: str) -> Wire:
        """Return what a machine says, what is said to it, and what is done to it. Raises `LabError` for any other."""
        names = self._setting.names
        require([machine], "machine of this lab", names.known.values())
        return self._narrowed(lambda event: machine in names.who(event), f" about {machine}")

    def who(self, event: Event) -> frozenset[str]:
        """Return the names of the machines that an event is about, as far as the topology knows their addresses."""
        return self._setting.names.who(event)

    @overload
    def expect(self, pattern: type[E], *, within: timedelta, **conditions: object) -> E: ...

    @overload
    def expect(self, pattern: Pattern, *, within: timedelta, **conditions: object) -> Event: ...

    def expect(self, pattern: Pattern, *, within: timedelta, **conditions: object) -> Event:
        """Wait until something comes, and return it: at once where it came since the wire began.

        `conditions` are on the fields of a kind of event, as `Like` has them. `within` counts from now, and is
        stretched by the host's patience.
        """
        __tracebackhide__ = True
        wanted = pattern_of(pattern, conditions)
        end = self._deadline(within)
        news = self._news()

        def look() -> Event | None:
            return next((event for event in news() if event.time <= end and matches(wanted, event)), None)

        expected = f"{name_of(wanted)}{self._label} within {format_duration(within)}"
        with contextlib.suppress(NotSeen):
            return self._wait(expected, look, within)
        came = [event for event in self.events if self.begun <= event.time <= end and matches(wanted, event)]
        if came:
            return came[0]
        raise self._evidence.missing(wanted, expected, self.begun, end)

    def in_order(self, *patterns: Pattern, within: timedelta | None = None, machines: Collection[str] = ()) -> InOrder:
        """Wait until something has come in this order, anything between; where `machines` are named, about each.

        Returns what came. Without `within` it is asked what came by now, and nothing is raised.
        """
        __tracebackhide__ = True
        parts = [self.about(machine) for machine in machines] or [self]
        if within is not None:
            end = self._deadline(within)
            steps = [Steps(part._news(), patterns) for part in parts]  # noqa: SLF001 - of the same class
            with contextlib.suppress(NotSeen):
                self._wait("an order", lambda: all(one.done() for one in steps), within)
        found: list[Event] = []
        for part in parts:
            since = [event for event in part.events if event.time >= part.begun]
            until = since if within is None else [event for event in since if event.time <= end]
            came = find_in_order(until, patterns)
            if came.missing is not None and within is None:
                return came
            if came.missing is not None and within is not None:
                raise part._evidence.out_of_order(patterns, came, within, part.begun, end)  # noqa: SLF001 - of the same class
            found += came.found
        return InOrder(tuple(sorted(found, key=lambda event: event.time)), None)

    def never(self, pattern: Pattern, *, during: timedelta | None = None, **conditions: object) -> None:
        """Watch for some time that something does not come; it fails at once if it does.

        Without `during` it must not have come since the wire began.
        """
        __tracebackhide__ = True
        wanted = pattern_of(pattern, conditions)
        if during is None:
            self._evidence.refuse(wanted, f"never {name_of(wanted)}{self._label}", self.begun, time.time_ns())
        else:
            self._watch(wanted, f"never {name_of(wanted)}{self._label} for {format_duration(during)}", during)

    @contextlib.contextmanager
    def forbidding(self, pattern: Pattern, **conditions: object) -> Iterator[None]:
        """Check at the end of a block that something did not come while it lasted."""
        __tracebackhide__ = True
        wanted = pattern_of(pattern, conditions)
        start = time.time_ns()
        yield
        self._evidence.refuse(wanted, f"never {name_of(wanted)}{self._label} in the block", start, time.time_ns())

    def stops(self, pattern: Pattern, *, within: timedelta, quiet: timedelta, **conditions: object) -> Event | None:
        """Wait until something has stopped coming: it has not come for the time `quiet`, which is not stretched.

        `within` bounds when the last may come, from now. Returns the last since the wire began, None without any.
        """
        __tracebackhide__ = True
        wanted = pattern_of(pattern, conditions)
        expected = f"{name_of(wanted)}{self._label} to stop within {format_duration(within)}"
        called, end, pause = time.time_ns(), self._deadline(within), round(quiet.total_seconds() * NANO)

        last = Last(self._news(), wanted)

        def quiet_now() -> bool:
            latest = last.look()
            since = max(latest.time if latest else 0, called)
            return since > end or time.time_ns() - since >= pause

        def look() -> bool:
            if not quiet_now():
                return False
            self._frames.sync()  # what is on its way to the file counts, too
            return quiet_now()

        self._wait(expected, look, within + 2 * quiet, interval=OFTEN)
        now, latest = time.time_ns(), last.look()
        if latest is not None and latest.time > end:
            raise self._evidence.goes_on(latest, expected, called, now)
        self._evidence.require(wanted, expected, now - pause, now)
        return latest

    def stays_gone(self, pattern: Pattern, *, span: timedelta, **conditions: object) -> None:
        """Watch that something that has stopped does not come again; it fails at once if it does."""
        __tracebackhide__ = True
        wanted = pattern_of(pattern, conditions)
        self._watch(wanted, f"{name_of(wanted)}{self._label} to stay gone for {format_duration(span)}", span)

    def _watch(self, wanted: Pattern, expected: str, span: timedelta) -> None:
        """Fail as soon as something comes; say at the end of the span that it did not."""
        __tracebackhide__ = True
        start = time.time_ns()
        news = News(self._frames.read, self._keep, start)
        with contextlib.suppress(NotSeen):
            self._wait(expected, lambda: any(matches(wanted, event) for event in news()), span, patience=HEALTHY)
        self._evidence.refuse(wanted, expected, start, time.time_ns())

    def _deadline(self, within: timedelta) -> int:
        return time.time_ns() + round(self._setting.patience.stretch(within).total_seconds() * NANO)

    def _news(self) -> News:
        return News(self._frames.read, self._keep, self.begun)

    def _wait(
        self,
        what: str,
        look: Callable[[], T | None],
        within: timedelta,
        *,
        interval: timedelta = SLOWEST,
        patience: Patience | None = None,
    ) -> T:
        patience = patience or self._setting.patience
        with self._setting.growth.waking() as wake:
            return wait_until(what, look, within=within, patience=patience, interval=interval, wake=wake)

    def _narrowed(self, keep: Callable[[Event], bool], label: str) -> Wire:
        before = self._keep
        return Wire(
            self._frames,
            self._setting,
            self._links,
            begun=self.begun,
            keep=lambda event: before(event) and keep(event),
            label=self._label + label,
        )
