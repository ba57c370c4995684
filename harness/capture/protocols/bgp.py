"""BGP messages (RFC 4271): what frames them, and what OPEN, NOTIFICATION and ROUTE-REFRESH say.

Scapy's layer reads the fixed fields and knows the names. Lists are walked here: of several capabilities in one
parameter scapy sees only the first. UPDATE is in `harness.capture.protocols.bgp_update`.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.protocols import scapy_layers
from harness.capture.protocols.malformed import Malformed

PORT = 179
MARKER = b"\xff" * 16
HEADER = 19
LONGEST = 65535
"""The longest message, of those that negotiated it (RFC 8654); 4096 octets without."""

OPEN, UPDATE, NOTIFICATION, KEEPALIVE, ROUTE_REFRESH = range(1, 6)
SHORTEST = {OPEN: 10, UPDATE: 4, NOTIFICATION: 2, KEEPALIVE: 0, ROUTE_REFRESH: 4}
"""Octets behind the header, by type."""

CAPABILITIES = 2
"""The optional parameter that holds them."""

EXTENDED_LENGTH = 255
"""As the length of all parameters and the type of the first: lengths have two octets (RFC 9072)."""

MULTIPROTOCOL, GRACEFUL_RESTART, FOUR_OCTET_AS = 1, 64, 65
NEWER_CAPABILITIES = {6: "BGP Extended Message", 9: "BGP Role", 70: "Enhanced Route Refresh", 73: "FQDN"}
"""Names that scapy has not (IANA's registry of capability codes)."""

CEASE = 6
SHUTDOWN, RESET = 2, 4
NEWER_SUBCODES = {(CEASE, 9): "Hard Reset", (CEASE, 10): "BFD Down"}
"""Names that scapy has not (RFC 8538, 9384)."""


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that a speaker can do; `value` is as it came."""

    code: int
    name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Open:
    """Who speaks. `my_as` has two octets; a speaker whose number has four says 23456, and the number in capability 65.

    `hold_time` is in seconds.
    """

    version: int
    my_as: int
    hold_time: int
    bgp_id: str
    capabilities: tuple[Capability, ...]


@dataclass(frozen=True, slots=True)
class Notification:
    """Why a session ends, in numbers and in words; `message` is what the operator said (RFC 9003)."""

    error_code: int
    error_subcode: int
    error: str
    detail: str
    message: str


@dataclass(frozen=True, slots=True)
class RouteRefresh:
    """Routes of a family are asked for again; subtypes 1 and 2 bound them (RFC 7313)."""

    afi: int
    safi: int
    subtype: int


def message_length(data: bytes) -> int | None:
    """Return the length of the message that starts here, with its header; None where more octets are needed to say.

    Raises `Malformed` where none starts.
    """
    if not MARKER.startswith(data[:16]):
        raise Malformed("BGP without its marker")
    if len(data) < HEADER:
        return None
    length, kind = data[16] << 8 | data[17], data[18]
    if kind not in SHORTEST or not HEADER + SHORTEST[kind] <= length <= LONGEST:
        raise Malformed(f"a BGP message of type {kind} and {length} bytes")
    return length


def parse_open(body: bytes) -> Open:
    """Decode an OPEN's body. Raises `Malformed`."""
    packet = scapy_layers.dissect(scapy_layers.BGP, "BGPOpen", body[:9] + b"\0")
    capabilities = tuple(_capability(code, value) for code, value in _capabilities(body))
    return Open(packet.version, packet.my_as, packet.hold_time, str(packet.bgp_id), capabilities)


def parse_notification(body: bytes) -> Notification:
    """Decode a NOTIFICATION's body. Raises `Malformed`."""
    packet = scapy_layers.dissect(scapy_layers.BGP, "BGPNotification", body)
    code, subcode = packet.error_code, packet.error_subcode
    error = packet.get_field("error_code").i2s.get(code, f"code {code}")
    detail = NEWER_SUBCODES.get((code, subcode)) or str(packet.sprintf("%BGPNotification.error_subcode%"))
    said = body[3 : 3 + body[2]] if code == CEASE and subcode in {SHUTDOWN, RESET} and len(body) > 2 else b""  # noqa: PLR2004 - both codes
    return Notification(code, subcode, error, detail if detail != str(subcode) else "", said.decode(errors="replace"))


def parse_route_refresh(body: bytes) -> RouteRefresh:
    """Decode a ROUTE-REFRESH's body. Raises `Malformed`."""
    packet = scapy_layers.dissect(scapy_layers.BGP, "BGPRouteRefresh", body[:4])
    return RouteRefresh(packet.afi, packet.safi, packet.subtype)


def family(afi: int, safi: int) -> str:
    """Return the name of an address family, such as ``IP6/Unicast``; numbers where they have no names."""
    bgp = scapy_layers.load(scapy_layers.BGP)
    names = bgp.address_family_identifiers.get(afi, afi), bgp.subsequent_afis.get(safi, safi)
    address, use = (str(name).partition(" (")[0] for name in names)
    return FAMILIES.get((afi, safi)) or f"{address}/{use}"


FAMILIES = {
    (1, 1): "ipv4/unicast",
    (2, 1): "ipv6/unicast",
    (1, 2): "ipv4/multicast",
    (1, 4): "ipv4/labelled",
    (1, 128): "vpnv4",
    (2, 128): "vpnv6",
    (25, 70): "l2vpn/evpn",
}
"""As routers call the usual ones."""


def _capability(code: int, value: bytes) -> Capability:
    names = scapy_layers.load(scapy_layers.BGP).BGPCapGeneric.fields_desc[0].i2s
    name = NEWER_CAPABILITIES.get(code) or str(names.get(code, f"code {code}")).partition(" (")[0]
    return Capability(code, name, value)


def _capabilities(body: bytes) -> list[tuple[int, bytes]]:
    """Return the code and the value of each capability, whichever of the optional parameters has it."""
    wide = body[9] == EXTENDED_LENGTH and len(body) > HEADER and body[10] == EXTENDED_LENGTH
    start, width = (13, 2) if wide else (10, 1)
    length = int.from_bytes(body[11:13]) if wide else body[9]
    if start + length > len(body):
        raise Malformed(f"BGP parameters of {length} bytes in an OPEN of {len(body)}")
    parameters = _items(body[start : start + length], width)
    return [one for kind, value in parameters if kind == CAPABILITIES for one in _items(value, 1)]


def _items(data: bytes, width: int) -> list[tuple[int, bytes]]:
    """Return the types and values of a list, whose lengths have `width` octets. Raises `Malformed`."""
    found = []
    at = 0
    while at < len(data):
        start = at + 1 + width
        size = int.from_bytes(data[at + 1 : start])
        if start + size > len(data):
            raise Malformed(f"item {data[at]} of {size} bytes does not fit the {len(data) - at} that are left")
        found.append((data[at], data[start : start + size]))
        at = start + size
    return found
