"""ICMP (RFC 792, 1191) and ICMPv6 (RFC 4443), as far as they say who was heard and what did not get through."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from harness.capture.protocols import ip, ipv4
from harness.capture.protocols.malformed import Malformed

HEADER = 8
ECHO_REPLY, UNREACHABLE, REDIRECT, ECHO_REQUEST, TIME_EXCEEDED = 0, 3, 5, 8, 11
FRAGMENTATION_NEEDED = 4
"""The code of `UNREACHABLE` that says that a packet is too big for the next link (RFC 1191)."""

IPV6_HEADER = 40
WITH_PORTS = frozenset({ip.TCP, ip.UDP})

V6_TYPES = {1: UNREACHABLE, 2: UNREACHABLE, 3: TIME_EXCEEDED, 128: ECHO_REQUEST, 129: ECHO_REPLY}
"""ICMPv6 types beside those of ICMP that mean the same; the code stays ICMPv6's own."""

V6_TOO_BIG = 2

UNREACHABLE_REASONS = (
    "net unreachable",
    "host unreachable",
    "protocol unreachable",
    "port unreachable",
    "fragmentation needed and DF set",
    "source route failed",
    "destination network unknown",
    "destination host unknown",
    "source host isolated",
    "network administratively prohibited",
    "host administratively prohibited",
    "network unreachable for type of service",
    "host unreachable for type of service",
    "communication administratively prohibited",
    "host precedence violation",
    "precedence cutoff in effect",
)
"""By code (RFC 792, 1122, 1812)."""

V6_UNREACHABLE_REASONS = (
    "no route to destination",
    "communication administratively prohibited",
    "beyond scope of source address",
    "address unreachable",
    "port unreachable",
    "source address failed ingress/egress policy",
    "reject route to destination",
)
"""By code (RFC 4443, section 3.1)."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """Whose packet an error is about, by the part that is quoted; None for what it lacks or what is not quoted."""

    protocol: int | None
    src: str
    dst: str
    src_port: int | None = None
    dst_port: int | None = None
    length: int = 0


@dataclass(frozen=True, slots=True)
class Icmp:
    """A message. `meaning` is ICMP's type for it, also where it is ICMPv6, and None where it has none here.

    `identifier` and `sequence` are an echo's, `mtu` (None where it is not said), `reason` and `quoted` an error's,
    `gateway` a redirect's. `length` counts an echo's data, in octets.
    """

    type: int
    code: int
    meaning: int | None = None
    identifier: int = 0
    sequence: int = 0
    length: int = 0
    reason: str = ""
    too_big: bool = False
    mtu: int | None = None
    gateway: str = ""
    quoted: Quoted | None = None


def parse(data: bytes, start: int, end: int, *, version: int = 4) -> Icmp:
    """Decode the message that lies from `start` to `end` of a frame. Raises `Malformed` where it is cut."""
    if len(data) < start + HEADER or end < start + HEADER:
        raise Malformed(f"{max(min(len(data), end) - start, 0)} bytes are no ICMP header of {HEADER}")
    kind, code = data[start], data[start + 1]
    meaning = V6_TYPES.get(kind) if version == 6 else kind  # noqa: PLR2004 - the version
    first, second = (data[start + 4] << 8 | data[start + 5]), (data[start + 6] << 8 | data[start + 7])
    if meaning in {ECHO_REQUEST, ECHO_REPLY}:
        return Icmp(kind, code, meaning, first, second, end - start - HEADER)
    if meaning not in {UNREACHABLE, TIME_EXCEEDED, REDIRECT}:
        return Icmp(kind, code)
    quoted = _quoted(data[start + HEADER : end])
    if meaning == REDIRECT:
        return Icmp(kind, code, meaning, gateway=str(ip_address(data[start + 4 : start + 8])), quoted=quoted)
    if meaning == TIME_EXCEEDED:
        reason = "fragment reassembly time exceeded" if code else "time to live exceeded in transit"
        return Icmp(kind, code, meaning, reason=reason, quoted=quoted)
    return _unreachable(kind, code, version, (first << 16 | second, second), quoted)


def _unreachable(kind: int, code: int, version: int, mtus: tuple[int, int], quoted: Quoted | None) -> Icmp:
    wide, narrow = mtus
    if version == 6 and kind == V6_TOO_BIG:  # noqa: PLR2004 - the version
        return Icmp(kind, code, UNREACHABLE, reason="packet too big", too_big=True, mtu=wide, quoted=quoted)
    reasons = V6_UNREACHABLE_REASONS if version == 6 else UNREACHABLE_REASONS  # noqa: PLR2004 - as above
    reason = reasons[code] if code < len(reasons) else f"code {code}"
    too_big = version == 4 and code == FRAGMENTATION_NEEDED  # noqa: PLR2004 - as above
    # A router older than RFC 1191 leaves the MTU at zero.
    mtu = narrow or None if too_big else None
    return Icmp(kind, code, UNREACHABLE, reason=reason, too_big=too_big, mtu=mtu, quoted=quoted)


def _quoted(data: bytes) -> Quoted | None:
    """Return whose packet starts with these octets, None where they are too few to say."""
    version = data[0] >> 4 if data else 0
    if version == 4 and len(data) >= ipv4.SMALLEST_HEADER:  # noqa: PLR2004 - the version
        later = int.from_bytes(data[6:8]) & ipv4.OFFSET_BITS
        source, to = (None, None) if later else _ports(data, (data[0] & 0x0F) * 4, data[9])
        length = int.from_bytes(data[2:4])
        return Quoted(data[9], _shown(data[12:16]), _shown(data[16:20]), source, to, length)
    if version == 6 and len(data) >= IPV6_HEADER:  # noqa: PLR2004 - as above
        source, to = _ports(data, IPV6_HEADER, data[6])
        length = IPV6_HEADER + int.from_bytes(data[4:6])
        return Quoted(data[6], _shown(data[8:24]), _shown(data[24:40]), source, to, length)
    return None


def _ports(data: bytes, at: int, protocol: int) -> tuple[int, int] | tuple[None, None]:
    if protocol not in WITH_PORTS or len(data) < at + 4:
        return None, None
    return int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])


def _shown(address: bytes) -> str:
    return str(ip_address(address))
