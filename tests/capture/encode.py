"""The encodings that etcd and memberlist write, written down a second time: what the decoders are tested against."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.capture.protocols.raftpb import Entry, Message


# --- protocol buffers ---


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def integer_field(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def octets_field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def entry(value: Entry) -> bytes:
    head = integer_field(1, value.type) + integer_field(2, value.term) + integer_field(3, value.index)
    return head + (octets_field(4, value.data) if value.data else b"")


def message(value: Message, *, every_field: bool = True) -> bytes:
    """Encode as etcd 3.4 and 3.5 do, or, without `every_field`, as newer ones that omit what is zero."""
    integers = {
        1: value.type,
        2: value.receiver,
        3: value.sender,
        4: value.term,
        5: value.log_term,
        6: value.index,
        8: value.commit,
        10: int(value.reject),
        11: value.reject_hint,
    }
    metadata = octets_field(1, _members(value) + b"\x28\x00")
    metadata += integer_field(2, value.snapshot_index) + integer_field(3, value.snapshot_term)
    parts = {number: integer_field(number, found) for number, found in integers.items() if found or every_field}
    parts[7] = b"".join(octets_field(7, entry(one)) for one in value.entries)
    if every_field or value.snapshot_index or value.snapshot_term:
        parts[9] = octets_field(9, octets_field(2, metadata))
    if value.context:
        parts[12] = octets_field(12, value.context)
    return b"".join(parts[number] for number in sorted(parts))


def _members(value: Message) -> bytes:
    voters = b"".join(integer_field(1, one) for one in value.voters)
    return voters + b"".join(integer_field(2, one) for one in value.learners)


def conf_change(kind: int, member: int, context: bytes = b"") -> bytes:
    return integer_field(1, 9) + integer_field(2, kind) + integer_field(3, member) + octets_field(4, context)


def conf_change_v2(*singles: tuple[int, int], context: bytes = b"") -> bytes:
    each = [octets_field(2, integer_field(1, kind) + integer_field(2, member)) for kind, member in singles]
    return integer_field(1, 0) + b"".join(each) + octets_field(3, context)


# --- etcd's streams ---


def sized(data: bytes) -> bytes:
    return struct.pack(">Q", len(data)) + data


def full_append(value: Message) -> bytes:
    return b"\x02" + sized(message(value))


def short_append(entries: Iterable[Entry], commit: int) -> bytes:
    encoded = [sized(entry(one)) for one in entries]
    return b"\x01" + struct.pack(">Q", len(encoded)) + b"".join(encoded) + struct.pack(">Q", commit)


def chunks(*parts: bytes) -> list[bytes]:
    return [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]


# --- MessagePack before 2013 ---


def pack(value: object) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return _pack_integer(value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return _pack_head(len(value), 0xA0, 32, 0xDA) + value
    if isinstance(value, list):
        return _pack_head(len(value), 0x90, 16, 0xDC) + b"".join(map(pack, value))
    assert isinstance(value, dict)
    pairs = (pack(key.encode()) + pack(one) for key, one in value.items())
    return _pack_head(len(value), 0x80, 16, 0xDE) + b"".join(pairs)


def _pack_head(count: int, fixed: int, below: int, wide: int) -> bytes:
    if count < below:
        return bytes((fixed | count,))
    return struct.pack(">BH", wide, count) if count < 1 << 16 else struct.pack(">BI", wide + 1, count)


def _pack_integer(value: int) -> bytes:
    if 0 <= value < 128:
        return bytes((value,))
    if -32 <= value < 0:
        return bytes((value + 256,))
    forms = "bBhHiIqQ"
    for form in forms:
        size = struct.calcsize(form)
        low, high = (-(1 << size * 8 - 1), (1 << size * 8 - 1) - 1) if form.islower() else (0, (1 << size * 8) - 1)
        if low <= value <= high:
            code = {"B": 0xCC, "H": 0xCD, "I": 0xCE, "Q": 0xCF, "b": 0xD0, "h": 0xD1, "i": 0xD2, "q": 0xD3}[form]
            return bytes((code,)) + struct.pack(f">{form}", value)
    raise ValueError(value)


# --- memberlist's layers ---


def gossip(kind: int, fields: Mapping[str, object]) -> bytes:
    return bytes((kind,)) + pack(dict(fields))


def with_crc(data: bytes) -> bytes:
    return b"\x0c" + struct.pack(">I", zlib.crc32(data)) + data


def compressed(data: bytes) -> bytes:
    return gossip(9, {"Algo": 0, "Buf": lzw(data)})


def compound(*parts: bytes) -> bytes:
    lengths = b"".join(struct.pack(">H", len(part)) for part in parts)
    return bytes((7, len(parts))) + lengths + b"".join(parts)


def push_pull(nodes: Iterable[tuple[str, int]], user_state: bytes = b"", *, join: bool = False) -> bytes:
    """The state of a member over TCP, with names and states of nodes."""
    known = [
        pack(
            {
                "Name": name.encode(),
                "Addr": b"\x0a\0\0\1",
                "Port": 7946,
                "Meta": b"\xff" + pack({"role": b"db"}),
                "Incarnation": 5,
                "State": state,
                "Vsn": b"\x01\x05\x02\x02\x05\x04",
            }
        )
        for name, state in nodes
    ]
    head = {"Nodes": len(known), "UserStateLen": len(user_state), "Join": join}
    return gossip(6, head) + b"".join(known) + user_state


def lzw(data: bytes) -> bytes:
    """Pack as Go's compress/lzw writer does: a clear code first, and one more whenever the table is full."""
    bits = held = 0
    out = bytearray()
    width, high = 9, 257
    table: dict[bytes, int] = {}
    word = b""

    def put(code: int) -> None:
        nonlocal bits, held
        bits |= code << held
        held += width
        while held >= 8:
            out.append(bits & 0xFF)
            bits >>= 8
            held -= 8

    put(256)
    for octet in data:
        longer = word + bytes((octet,))
        if len(longer) == 1 or longer in table:
            word = longer
            continue
        put(table.get(word, word[0]))
        high += 1
        if high == 1 << width:
            width += 1
        if high == 4095:
            put(256)
            width, high, table = 9, 257, {}
        else:
            table[longer] = high
        word = longer[-1:]
    if word:
        put(table.get(word, word[0]))
        high += 1
        if high == 1 << width and width < 12:
            width += 1
    put(257)
    if held:
        out.append(bits & 0xFF)
    return bytes(out)


# --- TLS ---


def client_hello(name: str = "", *protocols: str, versions: tuple[int, ...] = ()) -> bytes:
    """A ClientHello in one record."""
    extensions = b""
    if name:
        names = b"\0" + struct.pack(">H", len(name)) + name.encode()
        extensions += _extension(0, struct.pack(">H", len(names)) + names)
    if protocols:
        offered = b"".join(bytes((len(one),)) + one.encode() for one in protocols)
        extensions += _extension(16, struct.pack(">H", len(offered)) + offered)
    if versions:
        extensions += _extension(43, bytes((2 * len(versions),)) + struct.pack(f">{len(versions)}H", *versions))
    body = b"\x03\x03" + bytes(range(32)) + b"\x20" + bytes(32) + b"\0\4\x13\1\x13\2" + b"\1\0"
    body += struct.pack(">H", len(extensions)) + extensions
    return tls_records(b"\1" + len(body).to_bytes(3) + body)


def tls_records(*fragments: bytes) -> bytes:
    """Handshake records, one for each fragment."""
    return b"".join(b"\x16\3\1" + struct.pack(">H", len(one)) + one for one in fragments)


def _extension(number: int, data: bytes) -> bytes:
    return struct.pack(">HH", number, len(data)) + data
