"""Gossip events: what members say of each other."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.protocols import memberlist, serf
from harness.capture.protocols.memberlist import Message, MessageType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.capture.conversations.datagram import Datagram
    from harness.capture.events import GossipEvent, Origin


def follow(datagram: Datagram) -> Iterator[GossipEvent]:
    """Yield what the messages of a datagram of a gossip port say. Raises `Malformed`."""
    for message in memberlist.parse(datagram.payload).messages:
        make = EVENTS.get(message.type)
        if make is not None:
            yield make(datagram.origin, datagram.receiver[1], message)


def _ping(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipPing(*origin, port, message.text("Node"), message.number("SeqNo"))


def _indirect_ping(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipIndirectPing(*origin, port, message.text("Node"), message.number("SeqNo"))


def _ack(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipAck(*origin, port, message.number("SeqNo"))


def _nack(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipNack(*origin, port, message.number("SeqNo"))


def _alive(origin: Origin, port: int, message: Message) -> GossipEvent:
    octets = message.octets("Addr")
    address = str(ip_address(octets)) if len(octets) in {4, 16} else ""
    return events.GossipAlive(
        *origin,
        port,
        node=message.text("Node"),
        incarnation=message.number("Incarnation"),
        address=address,
        node_port=message.number("Port"),
        tags=memberlist.tags(message.octets("Meta")),
    )


def _suspect(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipSuspect(
        *origin, port, message.text("Node"), message.number("Incarnation"), message.text("From")
    )


def _dead(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipDead(*origin, port, message.text("Node"), message.number("Incarnation"), message.text("From"))


def _user(origin: Origin, port: int, message: Message) -> GossipEvent:
    found = serf.parse(message.payload)
    return events.SerfMessage(*origin, port, found.type, found.lamport_time, found.about)


EVENTS: dict[MessageType, Callable[[Origin, int, Message], GossipEvent]] = {
    MessageType.PING: _ping,
    MessageType.INDIRECT_PING: _indirect_ping,
    MessageType.ACK: _ack,
    MessageType.NACK: _nack,
    MessageType.ALIVE: _alive,
    MessageType.SUSPECT: _suspect,
    MessageType.DEAD: _dead,
    MessageType.USER: _user,
}
