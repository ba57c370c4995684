"""Events in words and as JSON."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, TypeAlias

from harness.capture.events import Endpoint, Event, RaftEntry

if TYPE_CHECKING:
    Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

_ORIGIN = {field.name for field in fields(Event)}
_NOTHING = (None, "", (), b"", 0)
_MEMBERS = {"sender", "receiver"}


def describe(event: Event) -> str:
    """Return an event as a line: its frame, its kind, who sent it, and the fields that say something."""
    said = " ".join(f"{name}={_short(value)}" for name, value in own_fields(event) if value not in _NOTHING)
    return f"frame {event.frame}: {event.kind} from {event.sent_by} {said}".rstrip()


def to_json(event: Event) -> dict[str, Json]:
    """Return an event as a JSON object: protocol and kind, then its fields; octets and member ids are hexadecimal."""
    pairs = [(field.name, getattr(event, field.name)) for field in fields(event)]
    values = {name: _json(_shown(event, name, value)) for name, value in pairs}
    return {"protocol": event.protocol, "kind": event.kind, **values}


def own_fields(event: Event) -> list[tuple[str, object]]:
    """Return the fields that an event has beyond its origin, with their values."""
    names = [field.name for field in fields(event) if field.name not in _ORIGIN and field.repr]
    return [(name, _shown(event, name, getattr(event, name))) for name in names]


def _shown(event: Event, name: str, value: object) -> object:
    """Return a field's value as its own protocol's people write it."""
    return f"{value:x}" if event.protocol == "raft" and name in _MEMBERS and isinstance(value, int) else value


def _short(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, RaftEntry):
        return f"{value.term}/{value.index}"
    if isinstance(value, tuple) and not isinstance(value, Endpoint):
        return "[" + ", ".join(_short(one) for one in value) + "]"
    return str(value)


def _json(value: object) -> Json:
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, RaftEntry):
        return {field.name: _json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and not isinstance(value, Endpoint):
        return [_json(one) for one in value]
    return str(value)
