"""What was seen of IP itself (RFC 791, 8200)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.events.event import Event


@dataclass(frozen=True, slots=True)
class IpGap(Event):
    """A datagram that was sent in fragments could not be put together; what it said is not known.

    `octets` of it were captured in `fragments`, of `length` (None where the last fragment was not captured). The event
    is that of the last fragment seen; `ip_protocol` is what the datagram carried, as IP numbers it.
    """

    protocol = "ip"
    names = (("id", "identification"), ("proto", "ip_protocol"))

    ip_protocol: int
    identification: int
    fragments: int
    octets: int
    length: int | None
    reason: str
