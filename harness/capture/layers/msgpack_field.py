"""A field of scapy that holds a map of MessagePack, as go-msgpack wrote it before 2013."""

from __future__ import annotations

import struct
from typing import Any

from scapy.fields import Field

from harness.capture.protocols.msgpack import unpack_map

SMALL, NEGATIVE = 128, -32
INTEGERS = ((0xCC, ">B"), (0xCD, ">H"), (0xCE, ">I"), (0xCF, ">Q"))
SIGNED = ((0xD0, ">b"), (0xD1, ">h"), (0xD2, ">i"), (0xD3, ">q"))
SINGLE = {None: b"\xc0", False: b"\xc2", True: b"\xc3"}


class MsgpackField(Field[Any, Any]):
    """The rest of a packet as a map: a dictionary in scapy, octets on the wire."""

    def getfield(self, _pkt: Any, s: bytes) -> tuple[bytes, dict[str, Any]]:  # noqa: ANN401 - scapy's own
        """Take all that is left as a map."""
        return b"", dict(unpack_map(s))

    def addfield(self, _pkt: Any, s: bytes, val: Any) -> bytes:  # noqa: ANN401 - as above
        """Add the map's octets."""
        return s + pack(val or {})


def pack(value: object) -> bytes:
    """Return a value as MessagePack; texts and octets alike as raw. Raises `TypeError` for what has no such form."""
    if value is None or isinstance(value, bool):
        return SINGLE[value]
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str | bytes):
        octets = value.encode() if isinstance(value, str) else value
        return _head(len(octets), 0xA0, 32, 0xDA) + octets
    if isinstance(value, list | tuple):
        return _head(len(value), 0x90, 16, 0xDC) + b"".join(map(pack, value))
    if isinstance(value, dict):
        pairs = (pack(name) + pack(one) for name, one in value.items())
        return _head(len(value), 0x80, 16, 0xDE) + b"".join(pairs)
    raise TypeError(f"MessagePack has no form for {type(value).__name__}")


def _integer(value: int) -> bytes:
    if NEGATIVE <= value < SMALL:
        return struct.pack(">b", value)
    for code, form in SIGNED if value < 0 else INTEGERS:
        try:
            return bytes((code,)) + struct.pack(form, value)
        except struct.error:
            continue
    raise TypeError(f"MessagePack has no integer {value}")


def _head(count: int, fixed: int, below: int, wide: int) -> bytes:
    if count < below:
        return bytes((fixed | count,))
    return struct.pack(">BH", wide, count) if count < 1 << 16 else struct.pack(">BI", wide + 1, count)
