"""The wire format of protocol buffers: numbered fields, read without a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, FIXED64, LENGTH, _START, _END, FIXED32 = range(6)
WIDTHS = {FIXED64: 8, FIXED32: 4}
LONGEST_VARINT = 10
MASK = (1 << 64) - 1
MORE = 0x80
"""The bit of a varint's octet that says that another one follows."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield each field's number and value: an integer for a varint, octets for the rest. Raises `Malformed`.

    Most varints have one octet, which is taken as it is: calls cost more here than all else.
    """
    at, end = 0, len(data)
    while at < end:
        key, at = (data[at], at + 1) if data[at] < MORE else _varint(data, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == VARINT:
            value, at = (data[at], at + 1) if at < end and data[at] < MORE else _varint(data, at)
            yield number, value
            continue
        if wire_type == LENGTH:
            size, at = (data[at], at + 1) if at < end and data[at] < MORE else _varint(data, at)
        elif wire_type in WIDTHS:
            size = WIDTHS[wire_type]
        else:
            raise Malformed(f"field {number} has wire type {wire_type}")
        if at + size > end or not number:
            raise Malformed(f"field {number} of {size} bytes does not fit the {end - at} that are left")
        yield number, data[at : at + size]
        at += size


def integer(value: int | bytes) -> int:
    """Return a varint field's value. Raises `Malformed` where the field has another type."""
    if isinstance(value, int):
        return value
    raise Malformed("a field is a string of bytes where a number belongs")


def integers(value: int | bytes) -> tuple[int, ...]:
    """Return what one occurrence of a repeated varint field holds: one number, or several that are packed.

    Raises `Malformed`.
    """
    if isinstance(value, int):
        return (value,)
    found = []
    at = 0
    while at < len(value):
        number, at = _varint(value, at)
        found.append(number)
    return tuple(found)


def octets(value: int | bytes) -> bytes:
    """Return a length-delimited field's value. Raises `Malformed` where the field has another type."""
    if isinstance(value, bytes):
        return value
    raise Malformed("a field is a number where a string of bytes belongs")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return an unsigned 64-bit number and where it ends."""
    value = shift = 0
    for octet in data[at : at + LONGEST_VARINT]:
        at += 1
        value |= (octet & 0x7F) << shift
        if octet < MORE:
            return value & MASK, at
        shift += 7
    raise Malformed("a varint does not end")
