"""The Internet checksum (RFC 1071), and its completion where the kernel left it to the network card."""

from __future__ import annotations

FULL = 0xFFFF
UDP_FIELD = 6
"""Where a UDP header has its checksum; 0 there means that there is none (RFC 768)."""


def ones_sum(data: bytes | bytearray | memoryview) -> int:
    """Return the one's complement sum of 16-bit words, 0 to 65535; an odd last byte is padded with zero.

    Such a sum is the remainder by 65535, so one division of a long integer does what a loop in Python would not.
    """
    number = int.from_bytes(data, "big")
    if len(data) & 1:
        number <<= 8
    rest = number % FULL
    return FULL if not rest and number else rest


def fold(total: int) -> int:
    """Return a sum of several such sums as one of 16 bits."""
    rest = total % FULL
    return FULL if not rest and total else rest


def completed(frame: bytes, start: int, offset: int) -> bytes:
    """Return a frame with its checksum in place: of all bytes from `start` on, the field at `start + offset`.

    The field holds the sum of the pseudo-header, as Linux leaves it. Raises `ValueError` where it is outside.
    """
    field = start + offset
    if field + 2 > len(frame):
        raise ValueError(f"a checksum at byte {field} of a frame of {len(frame)}")
    return frame[:field] + finished(ones_sum(memoryview(frame)[start:]), offset) + frame[field + 2 :]


def finished(total: int, offset: int) -> bytes:
    """Return the two bytes of a checksum of that sum; UDP's is never 0."""
    value = FULL - total
    return (FULL if not value and offset == UDP_FIELD else value).to_bytes(2, "big")
