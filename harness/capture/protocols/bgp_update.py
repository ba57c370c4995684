"""BGP UPDATE messages (RFC 4271, 4760, 6793): which routes, on which way.

Scapy's layer is not used for these: it takes every AS number to have two octets, and stops at a hundred routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from harness.capture.protocols import evpn
from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

EXTENDED_LENGTH = 0x10
ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREF, COMMUNITIES, MP_REACH, MP_UNREACH = 1, 2, 3, 4, 5, 8, 14, 15
ORIGINS = ("IGP", "EGP", "INCOMPLETE")
UNICAST = 1
IPV4, IPV6, L2VPN = 1, 2, 25
EVPN = 70
BITS = {IPV4: 32, IPV6: 128}
SETS = {1: "{}", 2: "", 3: "()", 4: "[]"}
"""How each type of segment of a path is bracketed: AS_SET, AS_SEQUENCE, and those of confederations."""

Family = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Update:
    """Routes that are announced or withdrawn, with the attributes that all announced ones share.

    Families are the (AFI, SAFI) of what there is; `end_of_rib` is the one whose end this marks (RFC 4724).
    """

    announced: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    families: tuple[Family, ...] = ()
    origin: str = ""
    as_path: str = ""
    next_hop: str = ""
    med: int | None = None
    local_pref: int | None = None
    communities: tuple[str, ...] = ()
    end_of_rib: Family | None = None


def parse(body: bytes) -> Update:
    """Decode an UPDATE's body. Raises `Malformed`."""
    withdrawn, at = _block(body, 0)
    attributes, at = _block(body, at)
    found = dict(_attributes(attributes))
    routes = body[at:]
    reach, unreach = found.get(MP_REACH), found.get(MP_UNREACH)
    more = _reach(reach) if reach is not None else None
    less = _unreach(unreach) if unreach is not None else None
    families = [(IPV4, UNICAST)] if withdrawn or routes else []
    families += [part[0] for part in (more, less) if part is not None]
    announced = (*_prefixes(routes, IPV4), *(more[2] if more else ()))
    gone = (*_prefixes(withdrawn, IPV4), *(less[1] if less else ()))
    return Update(
        announced=announced,
        withdrawn=gone,
        families=tuple(families),
        origin=_origin(found.get(ORIGIN, b"")),
        as_path=as_path(found.get(AS_PATH, b"")),
        next_hop=_address(found.get(NEXT_HOP, b"")) or (more[1] if more else ""),
        med=_number(found.get(MED)),
        local_pref=_number(found.get(LOCAL_PREF)),
        communities=_communities(found.get(COMMUNITIES, b"")),
        end_of_rib=_end_of_rib(body, found, less[0] if less and not less[1] else None),
    )


def as_path(data: bytes) -> str:
    """Return a path as people write it: ``65001 4200000001 {65002 65003}``.

    Whether numbers have four octets or two is negotiated in OPENs that may not have been captured; the lengths of the
    segments tell it as well. Raises `Malformed` where they fit neither.
    """
    for width in (4, 2):
        segments = _segments(data, width)
        if segments is not None:
            return " ".join(segments)
    raise Malformed(f"an AS path of {len(data)} bytes that are no segments")


def _segments(data: bytes, width: int) -> list[str] | None:
    """Return the segments of a path in words, None where numbers of that width do not fit."""
    found = []
    at = 0
    while at < len(data):
        end = at + 2 + data[at + 1] * width if at + 1 < len(data) else len(data) + 1
        if end > len(data) or data[at] not in SETS:
            return None
        numbers = " ".join(str(int.from_bytes(data[place : place + width])) for place in range(at + 2, end, width))
        brackets = SETS[data[at]]
        found.append(f"{brackets[0]}{numbers}{brackets[1]}" if brackets else numbers)
        at = end
    return found


def _block(body: bytes, at: int) -> tuple[bytes, int]:
    """Return what has its length before it, and where it ends."""
    start = at + 2
    end = start + int.from_bytes(body[at:start])
    if len(body) < start or end > len(body):
        raise Malformed(f"a part of a BGP UPDATE that ends at byte {end} of {len(body)}")
    return body[start:end], end


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        start = at + (4 if data[at] & EXTENDED_LENGTH else 3)
        if start > len(data):
            raise Malformed(f"a BGP path attribute is cut after {len(data) - at} bytes")
        end = start + int.from_bytes(data[at + 2 : start])
        if end > len(data):
            raise Malformed(f"BGP path attribute {data[at + 1]} ends at byte {end} of {len(data)}")
        yield data[at + 1], data[start:end]
        at = end


def _prefixes(data: bytes, afi: int) -> Iterator[str]:
    bits = BITS[afi]
    at = 0
    while at < len(data):
        length = data[at]
        end = at + 1 + (length + 7) // 8
        if length > bits or end > len(data):
            raise Malformed(f"a BGP route of {length} bits in the {len(data) - at - 1} bytes that are left")
        octets = data[at + 1 : end].ljust(bits // 8, b"\0")
        yield f"{_ip(octets)}/{length}"
        at = end


def _routes(data: bytes, family: Family) -> tuple[str, ...]:
    """Return a family's routes; those of a family that is not read here as one run of octets."""
    afi, safi = family
    if family == (L2VPN, EVPN):
        return tuple(evpn.routes(data))
    if afi in BITS and safi in {UNICAST, 2}:
        return tuple(_prefixes(data, afi))
    return (data.hex(),) if data else ()


def _family(data: bytes, least: int) -> Family:
    if len(data) < least:
        raise Malformed(f"a BGP attribute for another family of {len(data)} bytes")
    return int.from_bytes(data[:2]), data[2]


def _reach(data: bytes) -> tuple[Family, str, tuple[str, ...]]:
    """Return an MP_REACH_NLRI's family, next hop and routes."""
    family = _family(data, 5)
    end = 4 + data[3]
    if len(data) < end + 1:
        raise Malformed(f"a BGP next hop of {data[3]} bytes in an attribute of {len(data)}")
    hop = data[4:end]
    # A global IPv6 next hop may have the link's own after it (RFC 2545).
    return family, _address(hop[:16] if len(hop) > 16 else hop), _routes(data[end + 1 :], family)  # noqa: PLR2004 - octets of an address


def _unreach(data: bytes) -> tuple[Family, tuple[str, ...]]:
    """Return an MP_UNREACH_NLRI's family and routes."""
    family = _family(data, 3)
    return family, _routes(data[3:], family)


def _end_of_rib(body: bytes, found: dict[int, bytes], empty: Family | None) -> Family | None:
    if not any(body):
        return (IPV4, UNICAST)
    return empty if set(found) == {MP_UNREACH} else None


def _origin(value: bytes) -> str:
    return ORIGINS[value[0]] if len(value) == 1 and value[0] < len(ORIGINS) else value.hex()


def _number(value: bytes | None) -> int | None:
    return int.from_bytes(value) if value is not None and len(value) == 4 else None  # noqa: PLR2004 - octets of a number


def _communities(value: bytes) -> tuple[str, ...]:
    pairs = range(0, len(value) // 4 * 4, 4)
    return tuple(f"{int.from_bytes(value[at : at + 2])}:{int.from_bytes(value[at + 2 : at + 4])}" for at in pairs)


def _address(value: bytes) -> str:
    return _ip(value) if len(value) in {4, 16} else value.hex()


def _ip(octets: bytes) -> str:
    return str(IPv4Address(octets) if len(octets) == 4 else IPv6Address(octets))  # noqa: PLR2004 - octets of an address
