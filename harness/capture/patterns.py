"""What an assertion looks for: kinds of events, with conditions on their fields, alone or in order."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeAlias

from harness.capture.describe import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import timedelta

    from harness.capture.events import Event

Pattern: TypeAlias = "type[Event] | Like | Callable[[Event], bool]"
"""A kind of event, a kind with conditions, or any condition."""

NANO = 10**9


class Like:
    """An event of a kind whose fields have the given values: ``Like(DhcpOffer, client=mac)``.

    A value that can be called is a condition on the field: ``Like(HttpResponse, status=lambda status: status >= 400)``.
    Raises `TypeError` at once for a field that the kind does not have.
    """

    def __init__(self, kind: type[Event], **conditions: object) -> None:
        known = {field.name for field in fields(kind)}
        for name in conditions:
            if name not in known and not isinstance(getattr(kind, name, None), property):
                raise TypeError(f"{kind.__name__} has no field {name!r}: it has {', '.join(sorted(known))}")
        self.kind = kind
        self.conditions = conditions

    def __call__(self, event: Event) -> bool:
        """Whether the event is one."""
        return isinstance(event, self.kind) and all(
            _holds(wanted, getattr(event, name)) for name, wanted in self.conditions.items()
        )

    def __repr__(self) -> str:
        return f"{self.kind.__name__}({', '.join(f'{name}={value!r}' for name, value in self.conditions.items())})"


@dataclass(frozen=True)
class InOrder:
    """Whether events came one after another: those that were `found`, and the first pattern that is `missing`."""

    found: tuple[Event, ...]
    missing: Pattern | None

    def __bool__(self) -> bool:
        return self.missing is None

    def __str__(self) -> str:
        lines = [describe(event) for event in self.found]
        return "\n".join([*lines, f"missing after that: {_name(self.missing)}"] if self.missing else lines)


def matches(pattern: Pattern, event: Event) -> bool:
    """Whether an event is what the pattern looks for."""
    return isinstance(event, pattern) if isinstance(pattern, type) else pattern(event)


def in_order(events: Iterable[Event], patterns: Sequence[Pattern], *, within: timedelta | None = None) -> InOrder:
    """Look for events that fit the patterns, each after the one before; others may lie between.

    `within` bounds the time from the first to the last. Then each event that fits the first pattern is tried, so that
    an early stray one does not hide a later answer.
    """
    every = list(events)
    if within is None or not patterns:
        return _from(every, patterns)
    limit = round(within.total_seconds() * NANO)
    best = InOrder((), patterns[0])
    for place, event in enumerate(every):
        if not matches(patterns[0], event):
            continue
        span = _from([one for one in every[place:] if one.time - event.time <= limit], patterns)
        if span:
            return span
        best = max(best, span, key=lambda one: len(one.found))
    return best


def _from(events: Sequence[Event], patterns: Sequence[Pattern]) -> InOrder:
    found: list[Event] = []
    for event in events:
        if len(found) < len(patterns) and matches(patterns[len(found)], event):
            found.append(event)
    return InOrder(tuple(found), patterns[len(found)] if len(found) < len(patterns) else None)


def _holds(wanted: object, value: object) -> bool:
    return bool(wanted(value)) if callable(wanted) else value == wanted


def _name(pattern: Pattern) -> str:
    return pattern.__name__ if isinstance(pattern, type) else repr(pattern)
