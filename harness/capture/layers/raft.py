"""Raft as etcd's members send it, as layers of scapy: chunks of a response, frames of a stream, messages, entries."""

from __future__ import annotations

import re
from typing import Any

from scapy.config import conf
from scapy.fields import (
    ByteEnumField,
    ConditionalField,
    Field,
    FieldLenField,
    LongEnumField,
    LongField,
    PacketLenField,
    PacketListField,
    StrField,
    StrFixedLenField,
)
from scapy.packet import Packet

from harness.capture.protocols.protobuf import fields, octets
from harness.capture.protocols.rafthttp import APPEND, APPEND_ENTRIES, LINK_HEARTBEAT
from harness.capture.protocols.raftpb import MessageType

CHUNK = re.compile(rb"[0-9a-fA-F]{1,8}\r\n")
VARINT, LENGTH = 0, 2
OCTET = 0x80


class _Protobuf(Packet):
    """A message of protocol buffers whose fields are numbered by `numbers`; what is changed is written anew."""

    numbers: dict[int, str] = {}
    always: frozenset[int] = frozenset()
    """Fields that are written even when they are zero."""

    def do_dissect(self, s: bytes) -> bytes:
        """Take the fields that are known; scapy keeps the octets for as long as no field is changed."""
        for number, value in fields(s):
            if number in self.numbers:
                self._take(self.numbers[number], value)
        self.raw_packet_cache = s
        self.raw_packet_cache_fields = {}
        self.explicit = 1
        return b""

    def _take(self, name: str, value: int | bytes) -> None:
        self.fields[name] = value

    def self_build(self) -> bytes:
        """Return the octets as they came, or those of the fields."""
        if self.raw_packet_cache is not None:
            return bytes(self.raw_packet_cache)
        return b"".join(self._field(number, name) for number, name in sorted(self.numbers.items()))

    def _field(self, number: int, name: str) -> bytes:
        value = self.getfieldval(name)
        if isinstance(value, list):
            return b"".join(_octets(number, bytes(one)) for one in value)
        if isinstance(value, bytes):
            return _octets(number, value) if value else b""
        return _varint(number << 3 | VARINT) + _varint(value) if value or number in self.always else b""

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        """Leave what follows to the layer around."""
        return b"", s


class RaftEntry(_Protobuf):
    """An entry of the log (raftpb.Entry)."""

    name = "Raft entry"
    numbers = {1: "type", 2: "term", 3: "index", 4: "data"}
    always = frozenset({1, 2, 3})
    fields_desc = [
        ByteEnumField("type", 0, {0: "normal", 1: "conf-change", 2: "conf-change-v2"}),
        LongField("term", 0),
        LongField("index", 0),
        StrField("data", b""),
    ]


class RaftMessage(_Protobuf):
    """A message between members (raftpb.Message). `sender` is its field ``from``, a word of Python's own."""

    name = "Raft message"
    numbers = {
        1: "type", 2: "to", 3: "sender", 4: "term", 5: "log_term", 6: "index", 7: "entries", 8: "commit", 9: "snapshot",
        10: "reject", 11: "reject_hint", 12: "context",
    }  # fmt: skip
    always = frozenset({1, 2, 3, 4, 5, 6, 8, 10, 11})
    fields_desc = [
        LongEnumField("type", 0, {int(one): one.name for one in MessageType}),
        LongField("to", 0),
        LongField("sender", 0),
        LongField("term", 0),
        LongField("log_term", 0),
        LongField("index", 0),
        PacketListField("entries", [], RaftEntry),
        LongField("commit", 0),
        StrField("snapshot", b""),
        LongField("reject", 0),
        LongField("reject_hint", 0),
        StrField("context", b""),
    ]

    def _take(self, name: str, value: int | bytes) -> None:
        if name == "entries":
            self.fields.setdefault(name, []).append(RaftEntry(octets(value)))
        else:
            super()._take(name, value)


class _Whole(Packet):
    """A layer of which several follow each other."""

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        """Leave what follows to the next."""
        return b"", s


class RaftFrame(_Whole):
    """What streams of messages are made of (``/raft/stream/message``): a length, and a message."""

    name = "Raft frame"
    fields_desc = [
        FieldLenField("length", None, fmt="!Q", length_of="message"),
        PacketLenField("message", RaftMessage(), RaftMessage, length_from=lambda frame: frame.length),
    ]


class RaftEntryFrame(_Whole):
    """An entry with its length."""

    name = "Raft entry frame"
    fields_desc = [
        FieldLenField("length", None, fmt="!Q", length_of="entry"),
        PacketLenField("entry", RaftEntry(), RaftEntry, length_from=lambda frame: frame.length),
    ]


class RaftAppendFrame(_Whole):
    """What streams of appends are made of (``/raft/stream/msgapp``): nothing, entries and a commit, or a message."""

    name = "Raft append frame"
    fields_desc = [
        ByteEnumField("tag", APPEND, {LINK_HEARTBEAT: "link-heartbeat", APPEND_ENTRIES: "entries", APPEND: "message"}),
        ConditionalField(
            FieldLenField("count", None, fmt="!Q", count_of="entries"), lambda one: one.tag == APPEND_ENTRIES
        ),
        ConditionalField(
            PacketListField("entries", [], RaftEntryFrame, count_from=lambda one: one.count),
            lambda one: one.tag == APPEND_ENTRIES,
        ),
        ConditionalField(LongField("commit", 0), lambda one: one.tag == APPEND_ENTRIES),
        ConditionalField(FieldLenField("length", None, fmt="!Q", length_of="message"), lambda one: one.tag == APPEND),
        ConditionalField(
            PacketLenField("message", RaftMessage(), RaftMessage, length_from=lambda one: one.length),
            lambda one: one.tag == APPEND,
        ),
    ]


class _ChunkSize(Field[Any, Any]):
    """The line before a chunk: its size in hexadecimal digits; as many as its frames have where none is given."""

    def getfield(self, _pkt: Any, s: bytes) -> tuple[bytes, int]:  # noqa: ANN401 - scapy's own
        """Take the line."""
        line, _, rest = s.partition(b"\r\n")
        return rest, int(line, 16)

    def addfield(self, pkt: Any, s: bytes, val: int | None) -> bytes:  # noqa: ANN401 - as above
        """Add the line."""
        size = sum(len(bytes(frame)) for frame in pkt.frames) if val is None else val
        return s + b"%x\r\n" % size


def _kind(_chunk: Any, found: list[Any], _last: Any, rest: bytes) -> type[Packet] | None:  # noqa: ANN401 - as above
    """Return the layer of a chunk's next frame; all are of one kind."""
    if not rest:
        return None
    if found:
        return type(found[0])
    # A length starts with zeros, a tag alone is a heartbeat.
    return RaftAppendFrame if rest[0] or len(rest) == 1 else RaftFrame


class EtcdChunk(Packet):
    """A chunk of the response in which a member gets its messages: etcd writes whole frames into each."""

    name = "etcd chunk"
    fields_desc = [
        _ChunkSize("size", None),
        PacketListField("frames", [], next_cls_cb=_kind, length_from=lambda chunk: chunk.size),
        StrFixedLenField("end", b"\r\n", 2),
    ]

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *_args: Any, **_kargs: Any) -> type[Packet]:  # noqa: ANN401 - as above
        """Return this layer for what starts like a chunk, and octets for all else, such as the head of a response."""
        return cls if _pkt is None or CHUNK.match(_pkt) else conf.raw_layer

    def guess_payload_class(self, payload: bytes) -> type[Packet]:
        """Return the layer of what follows in the same segment: another chunk, as a rule."""
        return self.dispatch_hook(payload)


def _octets(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | LENGTH) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= OCTET:
        out.append(value & (OCTET - 1) | OCTET)
        value >>= 7
    return bytes((*out, value))
