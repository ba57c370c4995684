"""What DHCP's options and the options within them are made of: a code, a length, and octets."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Address

    Value: TypeAlias = "str | int | bytes | IPv4Address | Sequence[Value] | Mapping[str, Value]"
    """What an option means."""

PAD = 0
END = 255


def fields(data: bytes) -> dict[int, bytes]:
    """Return the options up to the end mark or the last whole one; the parts of a split one are joined (RFC 3396)."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data) and data[at] != END:
        code = data[at]
        if code == PAD:
            at += 1
            continue
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            break
        found[code] = found.get(code, b"") + data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]
    return found


def text(octets: bytes) -> str:
    """Decode a text that a zero may end."""
    return octets.partition(b"\0")[0].decode("utf-8", errors="replace")
