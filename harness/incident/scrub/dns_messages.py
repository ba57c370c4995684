"""DNS messages (RFC 1035) under other names and addresses, octet for octet as long as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident.scrub.dhcp_messages import labels

if TYPE_CHECKING:
    from harness.incident.scrub.text import Text

HEADER = 12
POINTER = 0xC0
LONGEST_LABEL = 63
A, NS, CNAME, PTR, AAAA, SRV = 1, 2, 5, 12, 28, 33
NAMED = {NS: 0, CNAME: 0, PTR: 0, SRV: 6}
"""Records that say a name, and how far into them."""

RECORD = 10


def scrubbed(payload: bytes, text: Text) -> bytes | None:
    """Return a message; what behind its header makes no sense is zeroed. None where it has no header."""
    if len(payload) < HEADER:
        return None
    data = bytearray(payload[:HEADER]) + bytes(len(payload) - HEADER)
    counts = [int.from_bytes(payload[at : at + 2]) for at in (4, 6, 8, 10)]
    at = HEADER
    for number in range(sum(counts)):
        end = _name_end(payload, at)
        if end is None:
            break
        data[at:end] = labels(payload[at:end], text)
        question = number < counts[0]
        after = end + (4 if question else RECORD)
        if after > len(payload):
            break
        data[end:after] = payload[end:after]
        at = after if question else _record(payload, data, end, text)
    return bytes(data)


def _record(payload: bytes, data: bytearray, at: int, text: Text) -> int:
    """Scrub what a record says, and return where the next one begins."""
    kind, size = int.from_bytes(payload[at : at + 2]), int.from_bytes(payload[at + 8 : at + 10])
    start = at + RECORD
    end = min(start + size, len(payload))
    said = payload[start:end]
    if kind == A and len(said) == 4:  # noqa: PLR2004 - an address
        data[start:end] = text.addresses.v4(said)
    elif kind == AAAA and len(said) == 16:  # noqa: PLR2004 - an address
        data[start:end] = text.addresses.v6(said)
    elif kind in NAMED:
        plain = NAMED[kind]
        data[start:end] = said[:plain] + labels(said[plain:], text)
    return end


def _name_end(payload: bytes, at: int) -> int | None:
    """Return where a name ends, None where it does not."""
    while at < len(payload):
        size = payload[at]
        if size >= POINTER:
            return at + 2 if at + 2 <= len(payload) else None
        if size > LONGEST_LABEL:
            return None
        at += 1 + size
        if not size:
            return at
    return None
