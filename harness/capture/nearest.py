"""What came nearest to an event that was looked for and did not come. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.capture.events import Event
from harness.capture.naming import shown
from harness.capture.patterns import Like, matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.capture.patterns import Pattern


class Nearest(NamedTuple):
    """An event, and in words what it lacks to be the one that was looked for."""

    event: Event
    lacks: str


def nearest(pattern: Pattern, events: Sequence[Event], start: int, end: int) -> Nearest | None:
    """Return what came nearest to a pattern between two times, or at all; None where nothing resembles it.

    First one that fits but came at another time; then one of the kind, with the fewest fields that differ; then one of
    the same protocol; of equals the last before `end`.
    """
    fitting = [event for event in events if matches(pattern, event) and not start <= event.time <= end]
    if fitting:
        early = max((event for event in fitting if event.time < start), key=_time, default=None)
        event = early or fitting[0]
        return Nearest(event, "it fits, but came before" if early else "it fits, but came too late")
    inside = [event for event in events if start <= event.time <= end]
    kind = kind_of(pattern)
    if kind is None:
        return None
    if isinstance(pattern, Like):
        same = [event for event in inside if isinstance(event, kind)]
        if same:
            best = min(reversed(same), key=lambda event: len(differing(pattern, event)))
            return Nearest(best, "; ".join(differing(pattern, best)))
    related = [event for event in inside if event.protocol == kind.protocol]
    return Nearest(related[-1], f"its kind is {related[-1].kind}") if related else None


def kind_of(pattern: Pattern) -> type[Event] | None:
    """Return the kind of event that a pattern looks for, None where it is any condition."""
    if isinstance(pattern, Like):
        return pattern.kind
    return pattern if isinstance(pattern, type) and issubclass(pattern, Event) else None


def name_of(pattern: Pattern) -> str:
    """Return a pattern as people would write it."""
    if isinstance(pattern, type):
        return pattern.__name__
    return repr(pattern) if isinstance(pattern, Like) else getattr(pattern, "__name__", repr(pattern))


def differing(like: Like, event: Event) -> list[str]:
    """Return in words each field by which an event is not what was looked for."""
    return [
        f"its {name} is {shown(getattr(event, name))}"
        for name, wanted in like.conditions.items()
        if not Like(like.kind, **{name: wanted})(event)
    ]


def count(events: Iterable[Event]) -> str:
    """Return how many events of each kind there are, in words."""
    kinds: dict[str, int] = {}
    for event in events:
        kinds[event.kind] = kinds.get(event.kind, 0) + 1
    most = sorted(kinds.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{number} {kind}" for kind, number in most) or "nothing"


def _time(event: Event) -> int:
    return event.time
