"""What was seen of DHCP (RFC 2131, 2132)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.events.event import Event

if TYPE_CHECKING:
    from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True)
class DhcpEvent(Event):
    """A DHCP message about one client.

    `client` is the client's MAC address, whoever sent the frame. `address` is the address that is offered or leased,
    `requested` the one that the client asks for, `server` the server's identifier, `next_server` and `boot_file` what
    to boot, from the fixed fields or from options 66 and 67. `user_class` (option 77), `vendor_class` (60) and
    `architectures` (93, RFC 4578) say what the client is. `server_port` is 67, or 4011 for a PXE boot server.
    """

    protocol = "dhcp"

    client: str
    transaction: int
    address: IPv4Address | None
    requested: IPv4Address | None
    server: IPv4Address | None
    next_server: IPv4Address | None
    server_name: str
    boot_file: str
    user_class: tuple[str, ...]
    vendor_class: str
    architectures: tuple[int, ...]
    host_name: str
    server_port: int

    @property
    def from_ipxe(self) -> bool:
        """Whether the client calls itself iPXE by its user class."""
        return "iPXE" in self.user_class

    @property
    def from_pxe(self) -> bool:
        """Whether the client calls itself a PXE client by its vendor class, as firmware and iPXE do."""
        return self.vendor_class.startswith("PXEClient")


@dataclass(frozen=True, slots=True)
class DhcpDiscover(DhcpEvent):
    """A client looks for servers."""


@dataclass(frozen=True, slots=True)
class DhcpOffer(DhcpEvent):
    """A server offers an address or a boot file."""


@dataclass(frozen=True, slots=True)
class DhcpRequest(DhcpEvent):
    """A client asks for what was offered, or for what it had."""


@dataclass(frozen=True, slots=True)
class DhcpAck(DhcpEvent):
    """A server grants it."""


@dataclass(frozen=True, slots=True)
class DhcpNak(DhcpEvent):
    """A server refuses it."""


@dataclass(frozen=True, slots=True)
class DhcpDecline(DhcpEvent):
    """A client found the address in use."""


@dataclass(frozen=True, slots=True)
class DhcpRelease(DhcpEvent):
    """A client gives its address back."""


@dataclass(frozen=True, slots=True)
class DhcpInform(DhcpEvent):
    """A client has an address and asks for the rest."""
