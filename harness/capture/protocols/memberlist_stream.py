"""Gossip over TCP (memberlist, net.go): the exchange of all that two members know, and pings where UDP fails.

Nothing says how long a message is but the message itself, so a decoder tries until it is whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.protocols import lzw
from harness.capture.protocols.malformed import Malformed, Truncated
from harness.capture.protocols.memberlist import LZW, Message, MessageType, Sealed
from harness.capture.protocols.msgpack import Unpacker, Value

STATES = ("alive", "suspect", "dead", "left")
DEEPEST = 4
MOST_NODES = 1 << 16
LONGEST_STATE = 20 << 20
"""The longest state that memberlist itself takes, in octets."""

WITH_FIELDS = {MessageType.PING, MessageType.ACK, MessageType.ERROR}


@dataclass(frozen=True, slots=True)
class Node:
    """What a member knows of a node: `fields` as in an alive message, and the node's state in words."""

    state: str
    fields: Message


@dataclass(frozen=True, slots=True)
class PushPull:
    """All nodes that a member knows, and what its user adds; `join` says that the member is new."""

    join: bool
    nodes: tuple[Node, ...]
    user_state: bytes


Item = Message | PushPull | Sealed


def parse(data: bytes) -> tuple[Item, int]:
    """Decode the message that octets start with; return it and where it ends.

    Raises `Truncated` where it is not whole, any other `Malformed` where it is none.
    """
    return _parse(data, 0)


def _parse(data: bytes, depth: int) -> tuple[Item, int]:
    if depth > DEEPEST:
        raise Malformed(f"gossip layers nested deeper than {DEEPEST}")
    if not data:
        raise Truncated("an empty gossip message")
    kind = data[0]
    reader = Unpacker(data, 1)
    if kind in WITH_FIELDS:
        return Message(MessageType(kind), _map(reader)), reader.at
    if kind == MessageType.PUSH_PULL:
        return _push_pull(reader), reader.at
    if kind == MessageType.USER:
        size = _number(_map(reader), "UserMsgLen")
        return Message(MessageType.USER, {}, _octets(reader, size)), reader.at
    if kind == MessageType.COMPRESS:
        return _unpacked(_map(reader), depth), reader.at
    if kind == MessageType.ENCRYPT:
        size = int.from_bytes(_octets(reader, 4))
        sealed = _octets(reader, size)
        return Sealed(sealed[0] if sealed else 0, size), reader.at
    if kind == MessageType.LABEL:
        size = _octets(reader, 1)[0]
        _octets(reader, size)
        item, end = _parse(data[reader.at :], depth + 1)
        return item, reader.at + end
    raise Malformed(f"gossip of type {kind}, which is not sent over TCP")


def _push_pull(reader: Unpacker) -> PushPull:
    head = _map(reader)
    count = _number(head, "Nodes")
    if count > MOST_NODES:
        raise Malformed(f"a gossip state of {count} nodes")
    nodes = []
    for _ in range(count):
        fields = Message(MessageType.ALIVE, _map(reader))
        state = fields.number("State")
        nodes.append(Node(STATES[state] if state < len(STATES) else str(state), fields))
    return PushPull(head.get("Join") is True, tuple(nodes), _octets(reader, _number(head, "UserStateLen")))


def _unpacked(fields: dict[str, Value], depth: int) -> Item:
    buffer = fields.get("Buf")
    if fields.get("Algo") != LZW or not isinstance(buffer, bytes):
        raise Malformed(f"gossip packed by algorithm {fields.get('Algo')!r}, not 0 (LZW)")
    unpacked = lzw.decompress(buffer)
    try:
        return _parse(unpacked, depth + 1)[0]
    except Truncated as problem:
        raise Malformed(f"packed gossip of {len(unpacked)} bytes that is not whole: {problem}") from problem


def _map(reader: Unpacker) -> dict[str, Value]:
    found = reader.value()
    if not isinstance(found, dict):
        raise Malformed(f"MessagePack has a {type(found).__name__} where a map belongs")
    return found


def _number(fields: dict[str, Value], name: str) -> int:
    value = fields.get(name)
    return value if isinstance(value, int) and value >= 0 else 0


def _octets(reader: Unpacker, count: int) -> bytes:
    if count > LONGEST_STATE:
        raise Malformed(f"gossip of {count} bytes, more than any member takes")
    end = reader.at + count
    if end > len(reader.data):
        raise Truncated(f"gossip ends {end - len(reader.data)} bytes short")
    taken = reader.data[reader.at : end]
    reader.at = end
    return taken
