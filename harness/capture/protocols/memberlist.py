"""Gossip packets of hashicorp/memberlist: the layers around them, and the messages within."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from harness.capture.protocols import lzw
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.msgpack import Unpacker, Value, unpack_map

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class MessageType(IntEnum):
    """The first octet of a message, or of a layer around messages."""

    PING = 0
    INDIRECT_PING = 1
    ACK = 2
    SUSPECT = 3
    ALIVE = 4
    DEAD = 5
    PUSH_PULL = 6
    COMPOUND = 7
    USER = 8
    COMPRESS = 9
    ENCRYPT = 10
    NACK = 11
    CRC = 12
    ERROR = 13
    LABEL = 244


PLAIN = {
    MessageType.PING,
    MessageType.INDIRECT_PING,
    MessageType.ACK,
    MessageType.SUSPECT,
    MessageType.ALIVE,
    MessageType.DEAD,
    MessageType.NACK,
    MessageType.ERROR,
}
DEEPEST = 8
LZW = 0
NONCE_AND_TAG = 28


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its fields, under Go's names, or the payload of a user message."""

    type: MessageType
    fields: Mapping[str, Value]
    payload: bytes = b""

    def text(self, name: str) -> str:
        """Return a field's text, empty where it has none."""
        value = self.fields.get(name)
        return value.decode(errors="replace") if isinstance(value, bytes) else ""

    def number(self, name: str) -> int:
        """Return a field's number, 0 where it has none."""
        value = self.fields.get(name)
        return value if isinstance(value, int) else 0

    def octets(self, name: str) -> bytes:
        """Return a field's octets, empty where it has none."""
        value = self.fields.get(name)
        return value if isinstance(value, bytes) else b""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is encrypted: the version of the encryption (0 pads, 1 does not), and how many octets it has in all."""

    version: int
    octets: int


@dataclass(frozen=True, slots=True)
class Packet:
    """A decoded datagram: the layers that were taken off, from the outside in, and the messages.

    Where it is encrypted there are no messages, but what can be said of it.
    """

    layers: tuple[MessageType, ...]
    messages: tuple[Message, ...]
    sealed: Sealed | None = None


def parse(data: bytes) -> Packet:
    """Decode the payload of a UDP datagram. Raises `Malformed`."""
    label, body = split_label(data)
    if seems_sealed(body):
        return Packet((MessageType.LABEL,) if label else (), (), Sealed(body[0], len(body)))
    layers: list[MessageType] = []
    messages = tuple(_messages(data, layers, 0))
    return Packet(tuple(layers), messages)


def split_label(data: bytes) -> tuple[bytes, bytes]:
    """Return the label that stands before everything else, empty without one, and what follows it."""
    if len(data) < 2 or data[0] != MessageType.LABEL:  # noqa: PLR2004 - type and length
        return b"", data
    end = 2 + data[1]
    return data[2:end], data[end:]


def seems_sealed(data: bytes) -> bool:
    """Whether a datagram is encrypted: it starts with a version, which are the types of the two kinds of pings, too.

    A ping has the name of its first field in the clear, which no encrypted octets have.
    """
    return data[:1] in {b"\0", b"\1"} and len(data) > NONCE_AND_TAG and b"SeqNo" not in data


def _messages(data: bytes, layers: list[MessageType], depth: int) -> Iterator[Message]:
    if depth > DEEPEST:
        raise Malformed(f"gossip layers nested deeper than {DEEPEST}")
    kind = _kind(data)
    body = data[1:]
    if kind in PLAIN:
        yield Message(kind, unpack_map(body))
    elif kind is MessageType.USER:
        yield Message(kind, {}, body)
    elif kind in LAYERS:
        layers.append(kind)
        for part in LAYERS[kind](body):
            yield from _messages(part, layers, depth + 1)
    else:
        raise Malformed(f"gossip of type {kind}, which is not sent in datagrams")


def _kind(data: bytes) -> MessageType:
    if not data:
        raise Malformed("an empty gossip message")
    try:
        return MessageType(data[0])
    except ValueError:
        raise Malformed(f"gossip of type {data[0]}, which is not known") from None


def _checked(body: bytes) -> Iterator[bytes]:
    said = int.from_bytes(body[:4], "big")
    found = zlib.crc32(body[4:])
    if len(body) <= 4 or said != found:  # noqa: PLR2004 - the checksum's own octets
        raise Malformed(f"gossip with checksum {said:08x} over bytes that have {found:08x}")
    yield body[4:]


def _unpacked(body: bytes) -> Iterator[bytes]:
    fields = unpack_map(body)
    buffer = fields.get("Buf")
    if fields.get("Algo") != LZW or not isinstance(buffer, bytes):
        raise Malformed(f"gossip packed by algorithm {fields.get('Algo')!r}, not 0 (LZW)")
    yield lzw.decompress(buffer)


def _parts(body: bytes) -> Iterator[bytes]:
    count = body[0] if body else 0
    at = 1 + 2 * count
    lengths = [int.from_bytes(body[place : place + 2], "big") for place in range(1, at, 2)]
    if not count or at + sum(lengths) > len(body):
        raise Malformed(f"a gossip compound of {count} parts does not fit its {len(body)} bytes")
    for length in lengths:
        yield body[at : at + length]
        at += length


def _labelled(body: bytes) -> Iterator[bytes]:
    yield body[1 + body[0] :] if body else b""


LAYERS = {
    MessageType.CRC: _checked,
    MessageType.COMPRESS: _unpacked,
    MessageType.COMPOUND: _parts,
    MessageType.LABEL: _labelled,
}


def tags(meta: bytes) -> tuple[tuple[str, str], ...]:
    """Return the tags that serf keeps in a member's metadata; none where it has no such."""
    if meta[:1] != b"\xff":
        return ()
    found = Unpacker(meta, 1).value()
    pairs = found.items() if isinstance(found, dict) else ()
    return tuple((name, value.decode(errors="replace")) for name, value in pairs if isinstance(value, bytes))
