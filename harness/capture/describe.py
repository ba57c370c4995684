"""Events in words and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, TypeAlias

from harness.capture.events import Endpoint, Event, RaftEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

_ORIGIN = {field.name for field in fields(Event)}
_NOTHING = (None, "", (), b"", 0)
_MEMBERS = {"sender", "receiver"}
_FIRST = ("time", "frame", "link", "protocol", "kind", "src", "dst")
NANO = 10**9


def describe(event: Event) -> str:
    """Return an event as a line: its frame, its kind, who sent it, and the fields that say something."""
    said = " ".join(f"{name}={_short(value)}" for name, value in own_fields(event) if value not in _NOTHING)
    return f"frame {event.frame}: {event.kind} from {event.sent_by} {said}".rstrip()


def said(event: Event) -> str:
    """Return in words what an event says beyond where it comes from, by the names that its protocol's documents use."""
    names = _standard_names(type(event))
    words = [f"vlan={'/'.join(map(str, event.vlans))}"] if event.vlans else []
    words += [f"in=[{tunnel}]" for tunnel in event.tunnels or ()]
    pairs = [(names.get(name, name), value) for name, value in own_fields(event)]
    return " ".join(words + [f"{name}={_short(value)}" for name, value in pairs if value not in _NOTHING])


def parties(event: Event) -> str:
    """Return who spoke to whom, by addresses and ports."""
    return f"{_end(event.src, event.src_port)} > {_end(event.dst, event.dst_port)}"


def to_json(event: Event) -> dict[str, Json]:
    """Return an event as a JSON object: where it comes from, then its own fields, then its protocol's own names.

    `time` is in seconds since 1970 (UTC), as text with nine decimals: a JSON number would lose its last ones in most
    programs. Octets and member identifiers are hexadecimal.
    """
    first: dict[str, object] = {name: getattr(event, name) for name in _FIRST}
    first["time"] = seconds(event.time)
    rest = {name: _shown(event, name, getattr(event, name)) for name in _names(type(event)) if name not in _FIRST}
    # The time of the event and the like are never a protocol's own: what is told first stays.
    return {name: _json(value) for name, value in {**first, **rest, **_standard(event, first)}.items()}


def seconds(nanoseconds: int) -> str:
    """Return a time or a span as seconds with nine decimals."""
    sign = "-" if nanoseconds < 0 else ""
    whole, fraction = divmod(abs(nanoseconds), NANO)
    return f"{sign}{whole}.{fraction:09d}"


def own_fields(event: Event) -> list[tuple[str, object]]:
    """Return the fields that an event has beyond its origin, with their values."""
    shown = [field.name for field in fields(event) if field.name not in _ORIGIN and field.repr]
    return [(name, _shown(event, name, getattr(event, name))) for name in shown]


_names_of: dict[type[Event], Sequence[str]] = {}


def _names(kind: type[Event]) -> Sequence[str]:
    if kind not in _names_of:
        _names_of[kind] = [field.name for field in fields(kind)]
    return _names_of[kind]


def _standard_names(kind: type[Event]) -> dict[str, str]:
    """Return what a protocol's documents call the fields of a kind of event."""
    return {field: name for name, field in reversed(kind.names)}


def _standard(event: Event, first: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in event.standard().items() if name not in first}


def _end(address: str, port: int | None) -> str:
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


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
    return _plain(str(value))


def _plain(text: str) -> str:
    """Return a text that is one word of a line, and sends no terminal anything but what it shows."""
    if text.isprintable() and " " not in text and '"' not in text:
        return text
    return '"' + "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text) + '"'


def _json(value: object) -> Json:
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _json(one) for name, one in value.items()}
    if isinstance(value, tuple | list | frozenset | set) and not isinstance(value, Endpoint):
        return [_json(one) for one in value]
    return str(value)
