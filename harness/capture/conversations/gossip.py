"""Gossip events: what members say of each other."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.conversations import serf
from harness.capture.protocols import memberlist
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.memberlist import Message, MessageType
from harness.capture.protocols.msgpack import unpack_map

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.capture.conversations.datagram import Datagram
    from harness.capture.events import GossipEvent, Origin


COORDINATE = b"\1"
"""The version of an ack's payload that holds a coordinate (serf, ping_delegate.go)."""


def follow(datagram: Datagram) -> Iterator[GossipEvent]:
    """Yield what the messages of a datagram of a gossip port say. Raises `Malformed`."""
    packet = memberlist.parse(datagram.payload)
    port = datagram.receiver[1]
    if packet.sealed is not None:
        yield events.GossipEncrypted(*datagram.origin, port, packet.sealed.octets, packet.sealed.version)
    for message in packet.messages:
        yield from told(message, datagram.origin, port)


def told(message: Message, origin: Origin, port: int) -> Iterator[GossipEvent]:
    """Yield what a message says. Raises `Malformed`."""
    if message.type is MessageType.USER:
        yield from of_user(message.payload, origin, port)
    elif message.type in EVENTS:
        yield EVENTS[message.type](origin, port, message)


def of_user(payload: bytes, origin: Origin, port: int) -> Iterator[GossipEvent]:
    """Yield what a message of memberlist's user says where that is serf, and otherwise that there is one."""
    try:
        yield from list(serf.told(payload, origin, port))
    except Malformed:
        yield events.GossipUser(*origin, port, len(payload))


def node(message: Message, state: str) -> events.GossipNode:
    """Return what a message says of a node."""
    return events.GossipNode(
        message.text("Node") or message.text("Name"),
        _address(message.octets("Addr")),
        message.number("Port"),
        message.number("Incarnation"),
        state,
        memberlist.tags(message.octets("Meta")),
    )


def _address(octets: bytes) -> str:
    return str(ip_address(octets)) if len(octets) in {4, 16} else ""


def _ping(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipPing(*origin, port, message.text("Node"), message.number("SeqNo"))


def _indirect_ping(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipIndirectPing(*origin, port, message.text("Node"), message.number("SeqNo"))


def _ack(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipAck(*origin, port, message.number("SeqNo"), _coordinate(message.octets("Payload")))


def _coordinate(payload: bytes) -> events.Coordinate | None:
    """Return the coordinate that serf puts into its acks; None where there is something else."""
    try:
        found = unpack_map(payload, 1) if payload[:1] == COORDINATE else {}
    except Malformed:
        return None
    vector = found.get("Vec")
    if not isinstance(vector, list):
        return None
    error, adjustment, height = (_real(found.get(name)) for name in ("Error", "Adjustment", "Height"))
    return events.Coordinate(tuple(_real(one) for one in vector), error, adjustment, height)


def _real(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _error(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipError(*origin, port, message.text("Error"))


def _nack(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipNack(*origin, port, message.number("SeqNo"))


def _alive(origin: Origin, port: int, message: Message) -> GossipEvent:
    said = node(message, "alive")
    return events.GossipAlive(*origin, port, said.node, said.incarnation, said.address, said.port, said.tags)


def _suspect(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipSuspect(
        *origin, port, message.text("Node"), message.number("Incarnation"), message.text("From")
    )


def _dead(origin: Origin, port: int, message: Message) -> GossipEvent:
    return events.GossipDead(*origin, port, message.text("Node"), message.number("Incarnation"), message.text("From"))


EVENTS: dict[MessageType, Callable[[Origin, int, Message], GossipEvent]] = {
    MessageType.PING: _ping,
    MessageType.INDIRECT_PING: _indirect_ping,
    MessageType.ACK: _ack,
    MessageType.NACK: _nack,
    MessageType.ALIVE: _alive,
    MessageType.SUSPECT: _suspect,
    MessageType.DEAD: _dead,
    MessageType.ERROR: _error,
}
