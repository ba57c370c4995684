"""DHCP messages under other addresses and names, octet for octet as long as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.protocols import dhcp
from harness.capture.protocols.dhcp_fields import END, PAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.incident.scrub.text import Text

ADDRESS = 4
MAC = 6
FIXED_ADDRESSES = (12, 16, 20, 24)
"""Where `ciaddr`, `yiaddr`, `siaddr` and `giaddr` stand."""

CHADDR, SNAME, FILE = 28, 44, 108
ETHERNET = 1

PLAIN = frozenset((
    1, 2, 13, 19, 20, *range(22, 28), 29, 30, 31, *range(34, 40), 46, 51, 52, 53, 55, 57, 58, 59, 80, 93, 94, 108, 116,
    145, 208, 211,
))  # fmt: skip
"""Options that are numbers, flags and codes."""

ADDRESSES = frozenset((
    *range(3, 12), 16, 21, 28, 32, 33, 41, 42, 44, 45, 48, 49, 50, 54, 65, *range(68, 77), 118, 138, 150,
))  # fmt: skip
NAMES = frozenset({12, 15, 40, 47, 62, 64, 66})
TEXTS = frozenset({14, 17, 18, 56, 60, 67, 77, 209, 210})
CLIENT_IDENTIFIER, FQDN, RELAY, VENDOR, UUID, SEARCH, IPXE = 61, 81, 82, 43, 97, 119, 175
ROUTES = frozenset({121, 249})
LINK_SELECTION, SERVER_OVERRIDE = 5, 11
IPXE_VERSION, IPXE_BUS = 235, 177
DUID = 0xFF
PXE_PLAIN = frozenset({4, 5, 6, 71})
LEAST_PREFIX = 8


def scrubbed(payload: bytes, text: Text) -> bytes | None:
    """Return a message as a capture may have it, whole or cut; None where it is none."""
    if len(payload) < CHADDR + MAC or payload[0] not in (1, 2):
        return None
    data = bytearray(payload)
    for at in FIXED_ADDRESSES:
        data[at : at + ADDRESS] = text.addresses.v4(bytes(data[at : at + ADDRESS]))
    if data[1] == ETHERNET:
        data[CHADDR : CHADDR + MAC] = text.addresses.mac(bytes(data[CHADDR : CHADDR + MAC]))
        rest = CHADDR + MAC
    else:
        rest = CHADDR
    data[rest:SNAME] = bytes(len(data[rest:SNAME]))
    if len(data) < dhcp.FIXED_FIELDS + 4 or data[dhcp.FIXED_FIELDS : dhcp.FIXED_FIELDS + 4] != dhcp.COOKIE:
        data[SNAME:] = bytes(len(data[SNAME:]))
        return bytes(data)
    overloaded = _options(data, dhcp.FIXED_FIELDS + 4, len(data), text)
    for start, end, bit in ((SNAME, FILE, dhcp.NAME_OVERLOADED), (FILE, dhcp.FIXED_FIELDS, dhcp.FILE_OVERLOADED)):
        if overloaded & bit:
            _options(data, start, end, text)
        else:
            data[start:end] = fitted(text, bytes(data[start:end]), text.known)
    return bytes(data)


def fitted(text: Text, octets: bytes, replace: Callable[[str], str]) -> bytes:
    """Return what stands for a text that a zero may end, as long as it: zeros fill it up, too long a one is blanked."""
    said = octets.partition(b"\0")[0].decode("latin-1")
    found = replace(said).encode("latin-1", "replace")
    if len(found) > len(octets):
        found = text.blank(said).encode()
    return found.ljust(len(octets), b"\0")


def _options(data: bytearray, at: int, end: int, text: Text) -> int:
    """Scrub options in place; returns which of the fixed fields have more of them. What is cut is zeroed."""
    overloaded = 0
    while at < end and data[at] != END:
        if data[at] == PAD:
            at += 1
            continue
        size = data[at + 1] if at + 1 < end else end
        if at + 2 + size > end:
            break
        value = bytes(data[at + 2 : at + 2 + size])
        if data[at] == dhcp.OVERLOAD and size == 1:
            overloaded = value[0]
        data[at + 2 : at + 2 + size] = _option(data[at], value, text).ljust(size, b"\0")[:size]
        at += 2 + size
    ended = at < end and data[at] == END
    data[at + ended : end] = bytes(end - at - ended)
    return overloaded


def _option(code: int, value: bytes, text: Text) -> bytes:
    if code in PLAIN:
        return value
    if code in ADDRESSES:
        return _addresses(value, text)
    if code in TEXTS or (code in NAMES and value[:1].isdigit()):
        return fitted(text, value, text.known)
    if code in NAMES:
        text.names.learn(value.partition(b"\0")[0].decode("latin-1"))
        return fitted(text, value, text.names.domain)
    special = SPECIAL.get(code)
    return special(value, text) if special else bytes(len(value))


def _addresses(value: bytes, text: Text) -> bytes:
    whole = len(value) // ADDRESS * ADDRESS
    return b"".join(text.addresses.v4(value[at : at + ADDRESS]) for at in range(0, whole, ADDRESS))


def _client(value: bytes, text: Text) -> bytes:
    """Return a client identifier: a MAC address stays one, whatever else it is becomes noise behind its type."""
    if len(value) == 1 + MAC and value[0] == ETHERNET:
        return value[:1] + text.addresses.mac(value[1:])
    plain = 7 if value[:1] == bytes((DUID,)) else 1
    kind = value[:1] + (text.noise(value[1:5], 4) + value[5:7] if plain > 1 else b"")
    return kind + text.noise(value[plain:], len(value) - plain)


def _fqdn(value: bytes, text: Text) -> bytes:
    """Return a name behind its three flags (RFC 4702), in labels or as text."""
    name = value[3:]
    if value[:1] and value[0] & 0x04:
        return value[:3] + labels(name, text)
    return value[:3] + fitted(text, name, text.names.domain)


def labels(octets: bytes, text: Text) -> bytes:
    """Return names that are written in labels, each with its length; from what is no label on it is zeroed."""
    found, at = bytearray(len(octets)), 0
    while at < len(octets):
        size = octets[at]
        if size >= 0xC0 and at + 2 <= len(octets):  # noqa: PLR2004 - a pointer (RFC 1035, section 4.1.4)
            found[at : at + 2] = octets[at : at + 2]
            at += 2
            continue
        if size > 63 or at + 1 + size > len(octets):  # noqa: PLR2004 - the longest label
            break
        label = octets[at + 1 : at + 1 + size].decode("latin-1")
        found[at : at + 1 + size] = bytes((size,)) + text.names.label_of_domain(label).encode("latin-1", "replace")
        at += 1 + size
    return bytes(found)


def _relay(value: bytes, text: Text) -> bytes:
    """Return a relay agent's information (RFC 3046): addresses are replaced, identifiers become noise."""
    found, at = bytearray(len(value)), 0
    while at + 2 <= len(value) and at + 2 + value[at + 1] <= len(value):
        size, part = value[at + 1], value[at + 2 : at + 2 + value[at + 1]]
        known = value[at] in (LINK_SELECTION, SERVER_OVERRIDE) and size == ADDRESS
        found[at : at + 2] = value[at : at + 2]
        found[at + 2 : at + 2 + size] = text.addresses.v4(part) if known else text.noise(part, size)
        at += 2 + size
    return bytes(found)


def _routes(value: bytes, text: Text) -> bytes:
    """Return classless routes (RFC 3442): as much of a network as counts, then a router."""
    found, at = bytearray(len(value)), 0
    while at < len(value):
        length, size = value[at], (value[at] + 7) // 8
        if length > 32 or at + 1 + size + ADDRESS > len(value):  # noqa: PLR2004 - the longest prefix
            break
        network = value[at + 1 : at + 1 + size]
        found[at] = length
        found[at + 1 : at + 1 + size] = text.addresses.v4(network.ljust(ADDRESS, b"\0"))[:size] if length else b""
        router = value[at + 1 + size : at + 1 + size + ADDRESS]
        found[at + 1 + size : at + 1 + size + ADDRESS] = text.addresses.v4(router)
        at += 1 + size + ADDRESS
    return bytes(found)


def _encapsulated(value: bytes, keep: Callable[[int, bytes], bool]) -> bytes:
    """Return options within an option, of which the values that are not kept are zeroed."""
    found, at = bytearray(len(value)), 0
    while at + 2 <= len(value) and at + 2 + value[at + 1] <= len(value):
        size, part = value[at + 1], value[at + 2 : at + 2 + value[at + 1]]
        found[at : at + 2] = value[at : at + 2]
        if keep(value[at], part):
            found[at + 2 : at + 2 + size] = part
        at += 2 + size
    if at < len(value) and value[at] == END:
        found[at] = END
    return bytes(found)


def _vendor(value: bytes, text: Text) -> bytes:
    del text
    return _encapsulated(value, lambda code, _: code in PXE_PLAIN)


def _ipxe(value: bytes, text: Text) -> bytes:
    del text
    return _encapsulated(value, lambda code, part: len(part) == 1 or code in (IPXE_VERSION, IPXE_BUS))


def _uuid(value: bytes, text: Text) -> bytes:
    return value[:1] + text.noise(value[1:], len(value) - 1)


SPECIAL: dict[int, Callable[[bytes, Text], bytes]] = {
    CLIENT_IDENTIFIER: _client, FQDN: _fqdn, RELAY: _relay, VENDOR: _vendor, UUID: _uuid, SEARCH: labels, IPXE: _ipxe,
    **dict.fromkeys(ROUTES, _routes),
}  # fmt: skip
