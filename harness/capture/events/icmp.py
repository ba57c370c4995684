"""What was seen of ICMP (RFC 792, 1191) and ICMPv6 (RFC 4443)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.events.event import Event


@dataclass(frozen=True, slots=True)
class IcmpEvent(Event):
    """A message of ICMP or ICMPv6, with the numbers that the protocol itself has for it."""

    protocol = "icmp"

    type: int
    code: int


@dataclass(frozen=True, slots=True)
class IcmpEcho(IcmpEvent):
    """A ping or its answer: `length` octets of data."""

    names = (("ident", "identifier"), ("seq", "sequence"))

    identifier: int
    sequence: int
    length: int


@dataclass(frozen=True, slots=True)
class IcmpEchoRequest(IcmpEcho):
    """A machine is asked whether it is there."""


@dataclass(frozen=True, slots=True)
class IcmpEchoReply(IcmpEcho):
    """A machine says that it is there."""


@dataclass(frozen=True, slots=True)
class IcmpQuoting(IcmpEvent):
    """A message about somebody's packet, of which it quotes the start: why it did not get through, in words.

    The quoted parties are that packet's own, `quoted_protocol` as IP numbers it and `quoted_length` as its own header
    says; None or empty where too little of it was quoted.
    """

    reason: str
    quoted_protocol: int | None
    quoted_src: str
    quoted_dst: str
    quoted_src_port: int | None
    quoted_dst_port: int | None
    quoted_length: int


@dataclass(frozen=True, slots=True)
class IcmpUnreachable(IcmpQuoting):
    """A destination can't be reached."""


@dataclass(frozen=True, slots=True)
class IcmpPacketTooBig(IcmpUnreachable):
    """A packet is too big for the next link and must not be cut: `mtu` octets fit, None where that is not said."""

    names = (("next_hop_mtu", "mtu"),)

    mtu: int | None


@dataclass(frozen=True, slots=True)
class IcmpTimeExceeded(IcmpQuoting):
    """A packet passed too many routers, or its fragments did not all come in time."""


@dataclass(frozen=True, slots=True)
class IcmpRedirect(IcmpQuoting):
    """A router names a better one: `gateway`."""

    gateway: str
