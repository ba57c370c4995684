"""ARP events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.protocols import arp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.protocols.arp import Arp


def follow(data: bytes, origin: events.Origin) -> Iterator[events.Event]:
    """Yield the event that an ARP packet is; operations other than request and reply have none. Raises `Malformed`."""
    packet = arp.parse(data)
    kind = _kind(packet)
    if kind is not None:
        yield kind(*origin, packet.sender, packet.target, packet.sender_mac, packet.target_mac)


def _kind(packet: Arp) -> type[events.ArpEvent] | None:
    if packet.operation == arp.REPLY:
        return events.ArpReply
    if packet.operation != arp.REQUEST:
        return None
    if packet.sender == packet.target:
        return events.ArpAnnouncement
    return events.ArpRequest if int(packet.sender) else events.ArpProbe
