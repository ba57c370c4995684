"""What was seen of VRRP (RFC 3768, 5798)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.events.event import Event

RESIGNS = 0


@dataclass(frozen=True, slots=True)
class VrrpAdvertisement(Event):
    """A router says that it is master of virtual router `vrid`, and will say so again within `interval` milliseconds.

    Two that say so of one `vrid` for longer than an interval are both master. `authentication` is version 2's type of
    it: 0 none, 1 a password in the clear.
    """

    protocol = "vrrp"
    names = (
        ("virt_rtr_id", "vrid"),
        ("prio", "priority"),
        ("adver_int", "interval"),
        ("auth_type", "authentication"),
        ("ip_addr", "addresses"),
    )

    version: int
    vrid: int
    priority: int
    interval: int
    authentication: int
    addresses: tuple[str, ...]

    @property
    def resigns(self) -> bool:
        """Whether the router gives up being master, by priority 0."""
        return self.priority == RESIGNS
