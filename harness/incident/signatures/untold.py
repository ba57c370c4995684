"""What can't be told, since what was said was seen and could not be read: encrypted, scrubbed, or cut short. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.events import GossipEncrypted, GossipEvent
from harness.incident.signatures import raft_story
from harness.topology import ports

if TYPE_CHECKING:
    from collections.abc import Container

    from harness.incident.record import Record

RAFT = frozenset({ports.CHAINFIRE_RAFT, ports.FLAREDB_RAFT})
GOSSIP = frozenset({ports.GOSSIP, 7946})
WHY = "was spoken and can't be read: encrypted, scrubbed or cut short"


def untold(record: Record) -> list[str]:
    """Return in words what nobody can tell by this evidence, though it happened on the wire."""
    found = []
    if not raft_story.facts(record) and _spoken(record, "tcp", RAFT):
        found.append(f"Raft {WHY}; whether another one leads, two lead, or a term runs away")
    read = any(
        isinstance(one.event, GossipEvent) and not isinstance(one.event, GossipEncrypted) for one in record.heard
    )
    if not read and _spoken(record, "udp", GOSSIP) and not any("serf: " in one.entry.message for one in record.logged):
        found.append(f"gossip {WHY}; whether a member is held for dead")
    return found


def _spoken(record: Record, carries: str, at: Container[int]) -> bool:
    return any(
        one.payload and one.carries == carries and (one.src_port in at or one.dst_port in at) for one in record.packets
    )
