"""Serf's messages, which travel as user messages of memberlist (serf/messages.go)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.msgpack import Unpacker, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES = (
    "leave",
    "join",
    "push-pull",
    "user-event",
    "query",
    "query-response",
    "conflict-response",
    "key-request",
    "key-response",
    "relay",
)


@dataclass(frozen=True, slots=True)
class Serf:
    """A message: its type in words, its Lamport time, the node or the name of the event or query, and all its fields.

    A relay has another message within it, which is not decoded yet.
    """

    type: str
    lamport_time: int
    about: str
    fields: Mapping[str, Value]
    relayed: bytes = b""

    def text(self, name: str) -> str:
        """Return a field's text, empty where it has none."""
        return text(self.fields.get(name))

    def number(self, name: str) -> int:
        """Return a field's number, 0 where it has none."""
        return number(self.fields.get(name))

    def octets(self, name: str) -> bytes:
        """Return a field's octets, empty where it has none."""
        value = self.fields.get(name)
        return value if isinstance(value, bytes) else b""


def parse(data: bytes) -> Serf:
    """Decode a user message's payload. Raises `Malformed`."""
    if not data or data[0] >= len(TYPES):
        raise Malformed(f"a serf message of type {data[0] if data else 'none'}, which is not known")
    reader = Unpacker(data, 1)
    fields = reader.value()
    if not isinstance(fields, dict):
        raise Malformed(f"MessagePack has a {type(fields).__name__} where a map belongs")
    about = next((value for key in ("Node", "Name", "From", "DestName") if (value := fields.get(key))), b"")
    kind = TYPES[data[0]]
    relayed = data[reader.at :] if kind == "relay" else b""
    return Serf(kind, number(fields.get("LTime")), text(about), fields, relayed)


def text(value: Value) -> str:
    """Return a value as text: octets as UTF-8, nothing as an empty one."""
    if value is None:
        return ""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def number(value: Value) -> int:
    """Return a value as a number, 0 for anything that is none."""
    return value if isinstance(value, int) else 0


def texts(value: Value) -> tuple[str, ...]:
    """Return a list's values as texts."""
    return tuple(text(one) for one in value) if isinstance(value, list) else ()
