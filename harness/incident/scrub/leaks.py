"""A second look at what was written: whether something of the originals is still in it."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.scrub.text import Text

WINDOW = 1 << 20
OVERLAP = 256
DIFFERENT = 5
"""Octets of an address that are not the same; where there are fewer, the address is among others by chance."""

SHORTEST = 4
"""Letters of a name that is looked for among octets; shorter ones are there by chance."""


ALONE = rb"(?<![a-z0-9.:])%b(?![a-z0-9]|\.\d)"
"""How a word or an address stands by itself, in lower case."""


class Leaks:
    """Looks for names and addresses that something else stands for, as text and as octets."""

    def __init__(self, text: Text) -> None:
        v4, v6, macs = text.addresses.originals
        words = [one.encode() for one in text.names.originals if len(one) >= SHORTEST]
        words += [str(IPv4Address(one)).encode() for one in v4]
        words += [str(IPv6Address(one)).encode() for one in v6]
        words += [one.hex(by).encode() for one in macs for by in ":-"] + [one.hex().encode() for one in macs]
        self._words = {one.lower(): re.compile(ALONE % re.escape(one.lower())) for one in words}
        self._octets = {one for one in (*v6, *macs) if len(set(one)) >= DIFFERENT}

    def found(self, file: IO[bytes]) -> str | None:
        """Return what kind of thing of the originals a file still has, None where it has none."""
        for chunk in _chunks(file):
            if any(one in chunk for one in self._octets):
                return "an address, as octets"
            low = chunk.lower()
            if any(one in low and alone.search(low) for one, alone in self._words.items()):
                return "a name or an address, as text"
        return None


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    last = b""
    while more := file.read(WINDOW):
        yield last + more
        last = more[-OVERLAP:]
