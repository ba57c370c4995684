"""What the captures say of an expectation: that it does not hold, and by which frames, or that nobody can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.events import Event, HarnessEvent
from harness.capture.gaps import gaps
from harness.capture.nearest import kind_of, name_of, nearest
from harness.capture.patterns import InOrder, Pattern, matches
from harness.errors import Inconclusive
from harness.units import format_duration
from harness.wire.failure import Finding, WireFailure, cut_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta
    from pathlib import Path

    from harness.capture.naming import Names
    from harness.wire.source import Source


class Evidence:
    """What was seen of a part of a wire, which `keep` narrows and `label` names. `folder` is where frames are cut out.

    Times are in nanoseconds since 1970. Errors are `harness.wire.failure.WireFailure`, and `Inconclusive` where frames
    that would tell are missing from the capture, or can't be read.
    """

    def __init__(self, source: Source, names: Names, folder: Path, keep: Callable[[Event], bool], label: str) -> None:
        self._source = source
        self._names = names
        self._folder = folder
        self._keep = keep
        self._label = label

    @property
    def events(self) -> tuple[Event, ...]:
        """All events until now, by time, then by frame."""
        return tuple(filter(self._keep, self._source.sync()))

    def refuse(self, wanted: Pattern, expected: str, start: int, end: int) -> None:
        """Fail where something came between two times, or where nobody can say that it did not."""
        __tracebackhide__ = True
        between = self._between(start, end)
        came = [event for event in between if self._keep(event) and matches(wanted, event)]
        if came:
            raise self._failure(Finding(expected, "it came", [(event, "") for event in came], between, start, end))
        self.require(wanted, expected, start, end)

    def require(self, wanted: Pattern, expected: str, start: int, end: int) -> None:
        """Fail where nobody can say that something did not come between two times."""
        __tracebackhide__ = True
        if reasons := self._gaps(wanted, start, end):
            raise Inconclusive(expected, reasons)

    def missing(self, wanted: Pattern, expected: str, start: int, end: int) -> Exception:
        """Return the error for what did not come."""
        if reasons := self._gaps(wanted, start, end):
            return Inconclusive(expected, reasons)
        near = nearest(wanted, self.events, start, end)
        word = [(near.event, f"the nearest: {near.lacks}")] if near else []
        return self._failure(Finding(expected, "it did not come", word, self._between(start, end), start, end))

    def out_of_order(
        self, patterns: Sequence[Pattern], came: InOrder, within: timedelta, start: int, end: int
    ) -> Exception:
        """Return the error for an order that broke off."""
        expected = f"{', then '.join(map(name_of, patterns))}{self._label} within {format_duration(within)}"
        missing = patterns[len(came.found)]
        if reasons := self._gaps(missing, start, end):
            return Inconclusive(expected, reasons)
        since = came.found[-1].time + 1 if came.found else start
        near = nearest(missing, self.events, since, end)
        words = [(event, f"step {number}") for number, event in enumerate(came.found, 1)]
        words += [(near.event, f"the nearest to {name_of(missing)}: {near.lacks}")] if near else []
        outcome = f"{name_of(missing)} did not come{' after the others' if came.found else ''}"
        return self._failure(Finding(expected, outcome, words, self._between(start, end), start, end))

    def goes_on(self, latest: Event, expected: str, start: int, end: int) -> Exception:
        """Return the error for what should have stopped."""
        return self._failure(Finding(expected, "it goes on", [(latest, "")], self._between(start, end), start, end))

    def _failure(self, finding: Finding) -> WireFailure:
        """Return the error for a finding, with the frames around it cut out."""
        kinds = [event.kind for event, _ in finding.events] or ["nothing"]
        path = cut_out(finding, self._source.captures, self._folder, kinds[-1])
        return WireFailure(finding, self._names, self._source.captures, path)

    def _gaps(self, wanted: Pattern, start: int, end: int) -> list[str]:
        return gaps(self._source.sync(), start, end, kind=kind_of(wanted), waiting=self._source.waiting)

    def _between(self, start: int, end: int) -> list[Event]:
        """Return what was seen between two times, and all that the harness did then."""
        every = [event for event in self._source.sync() if start <= event.time <= end]
        return [event for event in every if isinstance(event, HarnessEvent) or self._keep(event)]
