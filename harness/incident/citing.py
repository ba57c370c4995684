"""Lines, frames and decoded events as evidence. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import describe
from harness.incident.evidence import Evidence

if TYPE_CHECKING:
    from harness.incident.packet import Packet
    from harness.incident.record import Heard, Logged

SECOND = 10**9
COARSE = "; its time is known to the second"
LONGEST = 160
"""Of a line that is quoted: etcd's are long, and what matters stands at their beginning."""


def said(logged: Logged, shows: str = "") -> Evidence:
    """Return a journal's line as evidence; it shows what it says, unless told otherwise.

    journald writes microseconds: where there are none, the line was made of a log that has none.
    """
    entry = logged.entry
    who = f"{entry.identifier}: " if entry.identifier else ""
    message = " ".join(entry.message.split())
    quoted = message if len(message) <= LONGEST else f"{message[:LONGEST]}…"
    known = COARSE if entry.time % SECOND == 0 else ""
    return Evidence(entry.file, f"{shows or f'{who}{quoted}'}{known}", line=entry.line)


def seen(packet: Packet, shows: str) -> Evidence:
    """Return a frame as evidence."""
    return Evidence(packet.capture, shows, frame=packet.frame)


def decoded(heard: Heard, shows: str = "") -> Evidence:
    """Return a decoded event as evidence; it shows what it says, unless told otherwise."""
    return Evidence(heard.capture, shows or f"{heard.event.kind} {describe.said(heard.event)}", frame=heard.event.frame)
