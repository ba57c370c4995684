"""What a capture can't tell: the times in which frames got lost to it, and what it has but can't be read. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.events import HarnessEvent, IpGap, Undecodable
from harness.capture.notes import LOST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from harness.capture.events import Event

ENOUGH = 5
"""Reasons that are given."""


def gaps(
    events: Iterable[Event], start: int, end: int, *, kind: type[Event] | None, waiting: Collection[str] = ()
) -> list[str]:
    """Return why nobody can say that something of a kind did not pass between two times; nothing where one can.

    `waiting` are the protocols of which something waits for a segment that was not captured. What can't be read of
    another protocol is no gap; for a kind of None everything is.
    """
    found = list(_gaps(events, start, end, kind))
    protocol = kind.protocol if kind else ""
    found += [f"{one} waits for a segment that was not captured" for one in waiting if protocol in {"", one}]
    more = len(found) - ENOUGH
    return found if more <= 0 else [*found[:ENOUGH], f"and {more} more"]


def _gaps(events: Iterable[Event], start: int, end: int, kind: type[Event] | None) -> Iterator[str]:
    known = {"", kind.protocol} if kind else None
    for event in events:
        if isinstance(event, HarnessEvent) and event.what == LOST:
            if event.time >= start and (event.since or event.time) <= end:
                yield f"frame {event.frame}: {event.details}"
        elif isinstance(event, IpGap) and start <= event.time <= end:
            yield f"frame {event.frame}: a datagram in fragments: {event.reason}"
        elif isinstance(event, Undecodable) and start <= event.time <= end and kind is not Undecodable:
            told = f"frame {event.frame}: {event.expected or 'a frame'} can't be read: {event.reason}"
            yield from [told] if known is None or event.expected in known else []
