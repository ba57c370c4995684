"""Gossip of memberlist and serf, as layers of scapy: each layer around the messages is one of scapy's, too."""

from __future__ import annotations

import zlib
from typing import Any

from scapy.config import conf
from scapy.fields import (
    ByteEnumField,
    FieldLenField,
    FieldListField,
    PacketListField,
    ShortField,
    StrLenField,
    XIntField,
)
from scapy.packet import Packet

from harness.capture.layers.msgpack_field import MsgpackField
from harness.capture.protocols import lzw, serf
from harness.capture.protocols.malformed import Malformed
from harness.capture.protocols.memberlist import PLAIN, MessageType

TYPES = {int(one): one.name.lower() for one in MessageType}
CHECKSUM = slice(1, 5)


def _type(kind: MessageType) -> ByteEnumField:
    return ByteEnumField("type", int(kind), TYPES)


class Memberlist(Packet):
    """What memberlist sends in a datagram: which layer, or which message, its first octet says."""

    name = "memberlist"
    fields_desc = [_type(MessageType.PING), MsgpackField("fields", {})]

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *_args: Any, **_kargs: Any) -> type[Packet]:  # noqa: ANN401 - scapy's own
        """Return the layer for what starts so; octets for what is encrypted or unknown."""
        return cls if not _pkt else LAYERS.get(_pkt[0], conf.raw_layer)


class MemberlistMessage(Memberlist):
    """A message of memberlist's own: its type, and its fields under Go's names."""

    name = "memberlist message"
    match_subclass = True


class MemberlistCrc(Memberlist):
    """A checksum over all that follows."""

    name = "memberlist CRC"
    fields_desc = [_type(MessageType.CRC), XIntField("crc", None)]

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        """Fill in the checksum where none is given."""
        if self.crc is None:
            pkt = pkt[: CHECKSUM.start] + zlib.crc32(pay).to_bytes(4) + pkt[CHECKSUM.stop :]
        return pkt + pay

    def guess_payload_class(self, _payload: bytes) -> type[Packet]:
        """Return the layer within."""
        return Memberlist


class MemberlistLabel(Memberlist):
    """The name of the cluster, before all that follows."""

    name = "memberlist label"
    fields_desc = [
        _type(MessageType.LABEL),
        FieldLenField("length", None, fmt="B", length_of="label"),
        StrLenField("label", b"", length_from=lambda one: one.length),
    ]

    def guess_payload_class(self, _payload: bytes) -> type[Packet]:
        """Return the layer within."""
        return Memberlist


class MemberlistCompress(Memberlist):
    """A packed layer or message; `unpacked` is what it holds."""

    name = "memberlist compress"
    fields_desc = [_type(MessageType.COMPRESS), MsgpackField("fields", {})]

    @property
    def unpacked(self) -> Packet:
        """What is packed, as a layer. Raises `Malformed` where that can't be unpacked."""
        packed = self.getfieldval("fields").get("Buf")
        if not isinstance(packed, bytes):
            raise Malformed("packed gossip without octets in it")
        return Memberlist(lzw.decompress(packed))


class MemberlistCompound(Memberlist):
    """Several layers or messages in one datagram."""

    name = "memberlist compound"
    fields_desc = [
        _type(MessageType.COMPOUND),
        FieldLenField("count", None, fmt="B", count_of="parts"),
        FieldListField("lengths", None, ShortField("length", 0), count_from=lambda one: one.count),
        PacketListField("parts", [], Memberlist),
    ]

    def do_dissect(self, s: bytes) -> bytes:
        """Take the parts apart by their lengths."""
        count = s[1]
        at = 2 + 2 * count
        lengths = [int.from_bytes(s[place : place + 2]) for place in range(2, at, 2)]
        if at + sum(lengths) > len(s):
            raise Malformed(f"a gossip compound of {count} parts does not fit its {len(s)} bytes")
        parts = []
        for length in lengths:
            parts.append(Memberlist(s[at : at + length]))
            at += length
        self.fields.update(type=s[0], count=count, lengths=lengths, parts=parts)
        self.raw_packet_cache = s[:at]
        self.raw_packet_cache_fields = {}
        self.explicit = 1
        return s[at:]

    def self_build(self) -> bytes:
        """Return the octets as they came, or those of the parts."""
        if self.raw_packet_cache is not None:
            return bytes(self.raw_packet_cache)
        parts = [bytes(part) for part in self.parts]
        lengths = b"".join(len(part).to_bytes(2) for part in parts)
        return bytes((self.type, len(parts))) + lengths + b"".join(parts)


class Serf(Packet):
    """A message of serf: its type, and its fields under Go's names."""

    name = "serf"
    fields_desc = [ByteEnumField("type", 0, dict(enumerate(serf.TYPES))), MsgpackField("fields", {})]


class MemberlistUser(Memberlist):
    """A message of whoever uses memberlist, which is serf."""

    name = "memberlist user"
    fields_desc = [_type(MessageType.USER)]

    def guess_payload_class(self, _payload: bytes) -> type[Packet]:
        """Return serf's layer."""
        return Serf


LAYERS: dict[int, type[Packet]] = {
    **dict.fromkeys(map(int, PLAIN), MemberlistMessage),
    int(MessageType.CRC): MemberlistCrc,
    int(MessageType.LABEL): MemberlistLabel,
    int(MessageType.COMPRESS): MemberlistCompress,
    int(MessageType.COMPOUND): MemberlistCompound,
    int(MessageType.USER): MemberlistUser,
}
