"""What was seen of ARP (RFC 826, 5227)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.capture.events.event import Event

if TYPE_CHECKING:
    from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True)
class ArpEvent(Event):
    """A machine speaks for an address. `sender_mac` and `target_mac` are the packet's own, not the frame's."""

    protocol = "arp"
    operation: ClassVar[int] = 0
    names = (
        ("op", "operation"),
        ("sha", "sender_mac"),
        ("spa", "sender"),
        ("tha", "target_mac"),
        ("tpa", "target"),
        ("gratuitous", "gratuitous"),
    )

    sender: IPv4Address
    target: IPv4Address
    sender_mac: str = ""
    target_mac: str = ""

    @property
    def gratuitous(self) -> bool:
        """Whether the sender speaks of its own address, unasked (RFC 5944, section 4.6)."""
        return self.sender == self.target


@dataclass(frozen=True, slots=True)
class ArpRequest(ArpEvent):
    """A machine asks who has `target`."""

    operation = 1


@dataclass(frozen=True, slots=True)
class ArpProbe(ArpRequest):
    """A machine asks who has `target` before it takes that address itself (RFC 5227): it speaks for none yet."""


@dataclass(frozen=True, slots=True)
class ArpAnnouncement(ArpRequest):
    """A machine says that it has `sender` by asking for its own address (RFC 5227)."""


@dataclass(frozen=True, slots=True)
class ArpReply(ArpEvent):
    """A machine says that it has `sender`."""

    operation = 2
