"""Serf's events, from the user messages and the user's state that memberlist carries for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.protocols import serf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.capture.events import GossipEvent, Origin
    from harness.capture.protocols.serf import Serf

DEEPEST = 4
"""Relays within relays that are believed; serf itself sends none."""


def told(data: bytes, origin: Origin, port: int, depth: int = 0) -> Iterator[GossipEvent]:
    """Yield what a message says, and what a relay passes on. Raises `Malformed`."""
    found = serf.parse(data)
    yield _event(found, origin, port)
    if found.relayed and depth < DEEPEST:
        yield from told(found.relayed, origin, port, depth + 1)


Head = tuple[int, str, int, str]
"""What all messages have: the port, the type, the Lamport time, and what they are about."""


def _event(found: Serf, origin: Origin, port: int) -> GossipEvent:
    head = (port, found.type, found.lamport_time, found.about)
    make = EVENTS.get(found.type)
    return make(found, origin, head) if make else events.SerfMessage(*origin, *head)


def _leave(found: Serf, origin: Origin, head: Head) -> GossipEvent:
    return events.SerfLeave(*origin, *head, prune=found.fields.get("Prune") is True)


def _join(found: Serf, origin: Origin, head: Head) -> GossipEvent:
    del found
    return events.SerfJoin(*origin, *head)


def _user_event(found: Serf, origin: Origin, head: Head) -> GossipEvent:
    return events.SerfUserEvent(*origin, *head, found.octets("Payload"), found.fields.get("CC") is True)


def _query_response(found: Serf, origin: Origin, head: Head) -> GossipEvent:
    return events.SerfQueryResponse(
        *origin, *head, id=found.number("ID"), flags=found.number("Flags"), payload=found.octets("Payload")
    )


def _relay(found: Serf, origin: Origin, head: Head) -> GossipEvent:
    del found
    return events.SerfRelay(*origin, *head)


def _push_pull(found: Serf, origin: Origin, head: Head) -> GossipEvent:
    times = found.fields.get("StatusLTimes")
    status = sorted((name, serf.number(time)) for name, time in times.items()) if isinstance(times, dict) else ()
    return events.SerfPushPull(
        *origin,
        *head,
        status_times=tuple(status),
        left=serf.texts(found.fields.get("LeftMembers")),
        event_time=found.number("EventLTime"),
        query_time=found.number("QueryLTime"),
        events=tuple(_names(found)),
    )


def _names(found: Serf) -> Iterator[str]:
    """Yield the names of the events that a push/pull repeats, in the order of their Lamport times."""
    slots = found.fields.get("Events")
    for slot in slots if isinstance(slots, list) else ():
        named = slot.get("Events") if isinstance(slot, dict) else None
        for one in named if isinstance(named, list) else ():
            if isinstance(one, dict):
                yield serf.text(one.get("Name"))


def _query(found: Serf, origin: Origin, head: Head) -> GossipEvent:
    port, kind, time, _ = head
    return events.SerfQuery(
        *origin,
        port,
        kind,
        time,
        about=found.text("Name"),
        id=found.number("ID"),
        source=found.text("SourceNode"),
        flags=found.number("Flags"),
        relay_factor=found.number("RelayFactor"),
        timeout=found.number("Timeout"),
        payload=found.octets("Payload"),
    )


EVENTS: dict[str, Callable[[Serf, Origin, Head], GossipEvent]] = {
    "leave": _leave,
    "join": _join,
    "push-pull": _push_pull,
    "user-event": _user_event,
    "query": _query,
    "query-response": _query_response,
    "relay": _relay,
}
