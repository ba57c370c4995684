"""ARP events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.protocols import arp

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = {arp.REQUEST: events.ArpRequest, arp.REPLY: events.ArpReply}


def follow(data: bytes, origin: events.Origin) -> Iterator[events.Event]:
    """Yield the event that an ARP packet is. Raises `Malformed`."""
    packet = arp.parse(data)
    kind = EVENTS.get(packet.operation)
    if kind is not None:
        yield kind(*origin, packet.sender, packet.target)
