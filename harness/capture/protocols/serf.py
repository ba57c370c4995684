"""Serf's messages, which travel as user messages of memberlist (serf/messages.go)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.msgpack import unpack_map

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
    """A message: its type in words, its Lamport time, and the node or the name of the event or query."""

    type: str
    lamport_time: int
    about: str


def parse(data: bytes) -> Serf:
    """Decode a user message's payload. Raises `Malformed`."""
    if not data or data[0] >= len(TYPES):
        raise Malformed(f"a serf message of type {data[0] if data else 'none'}, which is not known")
    fields = unpack_map(data, 1)
    time = fields.get("LTime")
    about = next((value for key in ("Node", "Name", "From", "DestName") if (value := fields.get(key))), b"")
    text = about.decode(errors="replace") if isinstance(about, bytes) else str(about)
    return Serf(TYPES[data[0]], time if isinstance(time, int) else 0, text)
