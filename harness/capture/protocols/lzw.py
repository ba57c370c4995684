"""LZW as Go's compress/lzw does it: least significant bit first, 8-bit literals, codes of 9 to 12 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

CLEAR = 256
END = 257
FIRST_WIDTH = 9
LAST_WIDTH = 12
LONGEST = 1 << 22
"""The most that is unpacked, in octets."""

LITERALS = [bytes((octet,)) for octet in range(256)] + [b"", b""]


class _Codes:
    """The codes of a bit stream; the width of the next one is set by whoever reads them."""

    def __init__(self, data: bytes) -> None:
        self.width = FIRST_WIDTH
        self._data = iter(data)
        self._bits = 0
        self._held = 0

    def __iter__(self) -> Iterator[int]:
        for octet in self._data:
            self._bits |= octet << self._held
            self._held += 8
            if self._held >= self.width:
                code = self._bits & ((1 << self.width) - 1)
                self._bits >>= self.width
                self._held -= self.width
                yield code
        raise Malformed("LZW data without an end code")


def decompress(data: bytes) -> bytes:
    """Return what `data` was packed from. Raises `Malformed` where it is no LZW, or longer than 4 MiB."""
    codes = _Codes(data)
    table = LITERALS.copy()
    last: bytes | None = None
    out = bytearray()
    for code in codes:
        if code == END:
            break
        if code == CLEAR:
            table = LITERALS.copy()
            codes.width = FIRST_WIDTH
            last = None
            continue
        if code < len(table):
            entry = table[code]
        elif code == len(table) and last is not None:
            entry = last + last[:1]
        else:
            raise Malformed(f"LZW code {code}, with {len(table)} known")
        out += entry
        if len(out) > LONGEST:
            raise Malformed(f"LZW data of more than {LONGEST} bytes")
        if last is not None and len(table) < 1 << LAST_WIDTH:
            table.append(last + entry[:1])
        # The next code may already name the entry that it completes.
        if len(table) >= 1 << codes.width and codes.width < LAST_WIDTH:
            codes.width += 1
        last = entry
    return bytes(out)
