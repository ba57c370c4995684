"""MessagePack as it was before 2013, when text and octets were one type (go-msgpack v0.5, which memberlist uses)."""

from __future__ import annotations

import struct
from typing import TypeAlias

from harness.capture.protocols.malformed import Malformed, Truncated

Value: TypeAlias = "bool | int | float | bytes | list[Value] | dict[str, Value] | None"

DEEPEST = 16

SINGLE: dict[int, bool | None] = {0xC0: None, 0xC2: False, 0xC3: True}
NUMBERS = {
    0xCA: ">f",
    0xCB: ">d",
    0xCC: ">B",
    0xCD: ">H",
    0xCE: ">I",
    0xCF: ">Q",
    0xD0: ">b",
    0xD1: ">h",
    0xD2: ">i",
    0xD3: ">q",
}
RAW_LENGTHS = {0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xC4: ">B", 0xC5: ">H", 0xC6: ">I"}
ARRAY_LENGTHS = {0xDC: ">H", 0xDD: ">I"}
MAP_LENGTHS = {0xDE: ">H", 0xDF: ">I"}


class Unpacker:
    """Reads one value after another from octets. Text stays octets; the keys of maps become text."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def value(self, depth: int = 0) -> Value:
        """Return the next value. Raises `Malformed` where the octets end or have no meaning."""
        if depth > DEEPEST:
            raise Malformed(f"MessagePack nested deeper than {DEEPEST}")
        first = self._take(1)[0]
        if first < 0x80:  # noqa: PLR2004 - positive fixnum
            return first
        if first >= 0xE0:  # noqa: PLR2004 - negative fixnum
            return first - 256
        if first in SINGLE:
            return SINGLE[first]
        if first in NUMBERS:
            number: int | float = self._unpack(NUMBERS[first])
            return number
        return self._container(first, depth + 1)

    def _container(self, first: int, depth: int) -> Value:
        kind = first & 0xF0
        if kind == 0x80 or first in MAP_LENGTHS:  # noqa: PLR2004 - fixmap
            return self._map(self._length(first, MAP_LENGTHS, 0x0F), depth)
        if kind == 0x90 or first in ARRAY_LENGTHS:  # noqa: PLR2004 - fixarray
            return [self.value(depth) for _ in range(self._length(first, ARRAY_LENGTHS, 0x0F))]
        if kind in {0xA0, 0xB0} or first in RAW_LENGTHS:
            return self._take(self._length(first, RAW_LENGTHS, 0x1F))
        raise Malformed(f"MessagePack has no meaning for {first:#04x}")

    def _length(self, first: int, lengths: dict[int, str], mask: int) -> int:
        return int(self._unpack(lengths[first])) if first in lengths else first & mask

    def _map(self, count: int, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for _ in range(count):
            key = self.value(depth)
            if not isinstance(key, bytes):
                raise Malformed(f"a MessagePack map with the key {key!r}, not a text")
            found[key.decode(errors="replace")] = self.value(depth)
        return found

    def _unpack(self, form: str) -> int | float:
        found: int | float = struct.unpack(form, self._take(struct.calcsize(form)))[0]
        return found

    def _take(self, octets: int) -> bytes:
        end = self.at + octets
        if end > len(self.data):
            raise Truncated(f"MessagePack ends within a value, {end - len(self.data)} bytes short")
        taken = self.data[self.at : end]
        self.at = end
        return taken


def unpack_map(data: bytes, at: int = 0) -> dict[str, Value]:
    """Return the map that `data` holds from `at` on. Raises `Malformed` where there is none."""
    found = Unpacker(data, at).value()
    if not isinstance(found, dict):
        raise Malformed(f"MessagePack has a {type(found).__name__} where a map belongs")
    return found
