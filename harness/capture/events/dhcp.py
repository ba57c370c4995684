"""What was seen of DHCP (RFC 2131, 2132)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.capture.events.event import Event
from harness.capture.protocols import dhcp_options

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address

    from harness.capture.protocols.dhcp_fields import Value

VENDOR_CLASS = 60
BROADCAST = 0x8000
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - how the field says that there is none


@dataclass(frozen=True, slots=True)
class DhcpEvent(Event):
    """A DHCP message about one client.

    `client` is the client's MAC address, whoever sent the frame. `address` is the address that is offered or leased,
    `requested` the one that the client asks for, `server` the server's identifier, `next_server` and `boot_file` what
    to boot, from the fixed fields or from options 66 and 67. `user_class` (option 77), `vendor_class` (60) and
    `architectures` (93, RFC 4578) say what the client is. `server_port` is 67, or 4011 for a PXE boot server.

    From `operation` on, fields are those of the message as it is: `seconds` since the client began, `client_address`,
    `your_address`, the address of the `relay`, `sname` and `file`, and all options by code, which `option` reads.
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
    operation: int = 0
    hops: int = 0
    seconds: int = 0
    broadcast: bool = False
    client_address: IPv4Address | None = None
    your_address: IPv4Address | None = None
    relay: IPv4Address | None = None
    sname: str = ""
    file: str = ""
    options: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)

    def option(self, code: int) -> Value | None:
        """Return what an option says: a text, number or address, or a sequence or mapping of them; None without it."""
        found = dict(self.options or ())
        return dhcp_options.value(code, found[code], found.get(VENDOR_CLASS, b"")) if code in found else None

    def standard(self) -> Mapping[str, object]:
        """Return RFC 2131's fields, and the options under IANA's names."""
        return {
            "op": self.operation,
            "htype": 1,
            "hlen": 6,
            "hops": self.hops,
            "xid": self.transaction,
            "secs": self.seconds,
            "flags": BROADCAST if self.broadcast else 0,
            "ciaddr": self.client_address or NO_ADDRESS,
            "yiaddr": self.your_address or NO_ADDRESS,
            "siaddr": self.next_server or NO_ADDRESS,
            "giaddr": self.relay or NO_ADDRESS,
            "chaddr": self.client,
            "sname": self.sname,
            "file": self.file,
            "options": dhcp_options.named(self.options or ()),
        }

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
