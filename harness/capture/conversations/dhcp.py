"""DHCP events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.protocols import dhcp
from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.conversations.datagram import Datagram

EVENTS = {
    dhcp.DISCOVER: events.DhcpDiscover,
    dhcp.OFFER: events.DhcpOffer,
    dhcp.REQUEST: events.DhcpRequest,
    dhcp.DECLINE: events.DhcpDecline,
    dhcp.ACK: events.DhcpAck,
    dhcp.NAK: events.DhcpNak,
    dhcp.RELEASE: events.DhcpRelease,
    dhcp.INFORM: events.DhcpInform,
}


def follow(datagram: Datagram) -> Iterator[events.Event]:
    """Yield the event that a datagram of a DHCP port is. Raises `Malformed`."""
    message = dhcp.parse(datagram.payload)
    kind = EVENTS.get(message.type)
    if kind is None:
        raise Malformed(f"DHCP message type {message.type}, not 1 to 8")
    ports = {datagram.sender[1], datagram.receiver[1]}
    yield kind(
        *datagram.origin,
        client=message.client,
        transaction=message.transaction,
        address=message.address or message.client_address,
        requested=message.requested,
        server=message.server,
        next_server=message.next_server,
        server_name=message.server_name,
        boot_file=message.boot_file,
        user_class=message.user_class,
        vendor_class=message.vendor_class,
        architectures=message.architectures,
        host_name=message.host_name,
        server_port=dhcp.BOOT_SERVER_PORT if dhcp.BOOT_SERVER_PORT in ports else dhcp.SERVER_PORT,
        operation=message.operation,
        hops=message.hops,
        seconds=message.seconds,
        broadcast=message.broadcast,
        client_address=message.client_address,
        your_address=message.address,
        relay=message.relay,
        sname=message.sname,
        file=message.file,
        options=tuple(message.options.items()),
    )
