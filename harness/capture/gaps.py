"""What a capture can't tell: the times in which frames got lost to it, and what it has but can't be read. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.events import HarnessEvent, IpGap, TcpGap, TlsEvent, Undecodable
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
    for event in events:
        if event.time > end:
            if isinstance(event, HarnessEvent) and event.what == LOST and (event.since or event.time) <= end:
                yield f"frame {event.frame}: {event.details}"
        elif isinstance(event, TlsEvent):  # whatever the connection says from then on
            if event.expected and _concerns(event.expected, kind):
                yield f"frame {event.frame}: {event.expected} is encrypted between {event.client} and {event.server}"
        elif event.time >= start and (reason := _reason(event, kind)):
            yield f"frame {event.frame}: {reason}"


def _reason(event: Event, kind: type[Event] | None) -> str | None:
    """Return why an event leaves it open what else was said then, None where it does not."""
    match event:
        case HarnessEvent(what=what) if what == LOST:
            return event.details
        case IpGap():
            return f"a datagram in fragments: {event.reason}"
        case TcpGap() if _concerns(event.carried, kind):
            way = f"{event.sender} to {event.receiver}"
            return f"{event.octets} octets of {event.carried or 'TCP'} from {way} were not captured"
        case Undecodable() if kind is not Undecodable and (not event.expected or _concerns(event.expected, kind)):
            return f"{event.expected or 'a frame'} can't be read: {event.reason}"
    return None


def _concerns(protocol: str, kind: type[Event] | None) -> bool:
    return kind is None or protocol == kind.protocol
