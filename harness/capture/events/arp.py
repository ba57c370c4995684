"""What was seen of ARP (RFC 826)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.events.event import Event

if TYPE_CHECKING:
    from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True)
class ArpEvent(Event):
    """A machine speaks for an address."""

    protocol = "arp"

    sender: IPv4Address
    target: IPv4Address


@dataclass(frozen=True, slots=True)
class ArpRequest(ArpEvent):
    """A machine asks who has `target`."""


@dataclass(frozen=True, slots=True)
class ArpReply(ArpEvent):
    """A machine says that it has `sender`."""
