"""Events of captures as lines: aligned columns for people, JSON objects for programs."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.capture.describe import NANO, parties, said, seconds, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.capture.decoding import Decoding
    from harness.capture.events import Event

RELATIVE, ABSOLUTE, EPOCH = "relative", "absolute", "epoch"
CLOCKS = (RELATIVE, ABSOLUTE, EPOCH)


class JsonLines:
    """A JSON object for each event, of which each has a `kind`, and one with only a `summary`."""

    def __init__(self, captures: Sequence[Decoding]) -> None:
        self.captures = captures

    def line(self, capture: Decoding, event: Event) -> str:
        """Return an event's line; of several files, it names the one that it is from."""
        told = to_json(event)
        if len(self.captures) > 1:
            told = {"capture": capture.name, **told}
        return json.dumps(told) + "\n"

    def summary(self) -> str:
        """Return the last line."""
        frames, events, malformed, gaps = totals(self.captures)
        counts = {"frames": frames, "events": dict(sorted(events.items())), "malformed": malformed, "gaps": gaps}
        notes = [note for capture in self.captures for note in capture.notes]
        return json.dumps({"summary": {**counts, "notes": notes}}) + "\n"


class Table:
    """Columns: time, frame, link, between whom, what. Those of unknown width grow as they have to."""

    def __init__(self, captures: Sequence[Decoding], clock: str) -> None:
        self.captures = captures
        self._clock = clock
        self._zero: int | None = None
        self._widths = [13, 5, 8, 40, 20]

    def line(self, capture: Decoding, event: Event) -> str:
        """Return an event's line; of several files, it names the one that it is from."""
        frame = f"{capture.name}:{event.frame}" if len(self.captures) > 1 else str(event.frame)
        columns = [self._time(event.time), frame, event.link, parties(event), event.kind]
        self._widths = [max(width, len(column)) for width, column in zip(self._widths, columns, strict=True)]
        time, number, *words = self._widths
        cells = [columns[0].rjust(time), columns[1].rjust(number)]
        cells += [column.ljust(width) for column, width in zip(columns[2:], words, strict=True)]
        return "  ".join([*cells, said(event)]).rstrip() + "\n"

    def summary(self) -> str:
        """Return the last line."""
        frames, events, malformed, gaps = totals(self.captures)
        by_protocol = ", ".join(f"{count} {protocol}" for protocol, count in sorted(events.items()))
        told = f"{events.total()} events" + (f" ({by_protocol})" if by_protocol else "")
        return f"{frames} frames, {told}, {malformed} malformed, {gaps} gaps\n"

    def _time(self, time: int) -> str:
        if self._clock == RELATIVE:
            if self._zero is None:
                self._zero = min(one.began for one in self.captures if one.began is not None)
            return seconds(time - self._zero)
        return seconds(time) if self._clock == EPOCH else absolute(time)


def totals(captures: Sequence[Decoding]) -> tuple[int, Counter[str], int, int]:
    """Return the numbers of frames, of events by protocol, of what was malformed, and of gaps."""
    events = sum((capture.events for capture in captures), Counter[str]())
    frames, malformed, gaps = (
        sum(counts) for counts in zip(*((one.frames, one.malformed, one.gaps) for one in captures), strict=True)
    )
    return frames, events, malformed, gaps


def absolute(time: int) -> str:
    """Return a time (nanoseconds since 1970) as date and time in UTC (RFC 3339); as seconds beyond what has a date."""
    whole, fraction = divmod(time, NANO)
    try:
        return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"
    except (ValueError, OverflowError, OSError):
        return seconds(time)
