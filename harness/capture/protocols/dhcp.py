"""DHCP messages (RFC 2131, 2132), with what PXE and iPXE add to them (RFC 3004, RFC 4578, the iPXE options)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from harness.capture.protocols import pxe_options
from harness.capture.protocols.dhcp_fields import fields, text
from harness.capture.protocols.malformed import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER_PORT = 67
CLIENT_PORT = 68
BOOT_SERVER_PORT = 4011
"""Where a PXE boot server listens besides port 67 (PXE specification 2.1, section 2.2.2)."""

FIXED_FIELDS = 236
COOKIE = b"\x63\x82\x53\x63"
ETHERNET_ADDRESS = (1, 6)

HOST_NAME = 12
REQUESTED_ADDRESS = 50
OVERLOAD = 52
MESSAGE_TYPE = 53
SERVER_IDENTIFIER = 54
VENDOR_CLASS = 60
TFTP_SERVER_NAME = 66
BOOT_FILE = 67
USER_CLASS = 77
CLIENT_ARCHITECTURE = 93
IPXE = 175

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)

BROADCAST = 0x80
"""The flag, in the first octet of the flags, of a client that can't be answered by its address yet."""

FILE_OVERLOADED = 1
NAME_OVERLOADED = 2


@dataclass(frozen=True, slots=True)
class Dhcp:
    """A decoded message. Options that come in several parts are put together (RFC 3396).

    `server_name` and `boot_file` are those of options 66 and 67 or, without them, of the fixed fields `sname` and
    `file`; `seconds` is how long the client has tried, `relay` the agent that a message came or comes by.
    """

    type: int
    operation: int
    hops: int
    transaction: int
    seconds: int
    broadcast: bool
    relay: IPv4Address | None
    sname: str
    file: str
    client: str
    client_address: IPv4Address | None
    address: IPv4Address | None
    next_server: IPv4Address | None
    server_name: str
    boot_file: str
    options: Mapping[int, bytes]

    @property
    def requested(self) -> IPv4Address | None:
        """Return the address that the client asks for (option 50)."""
        return _address(self.options.get(REQUESTED_ADDRESS, b""))

    @property
    def server(self) -> IPv4Address | None:
        """Return the server's identifier (option 54)."""
        return _address(self.options.get(SERVER_IDENTIFIER, b""))

    @property
    def user_class(self) -> tuple[str, ...]:
        """Return the user classes (option 77): as RFC 3004 has them, or as iPXE sends its one, without a length."""
        return pxe_options.user_classes(self.options.get(USER_CLASS, b""))

    @property
    def vendor_class(self) -> str:
        """Return the vendor class (option 60), such as ``PXEClient:Arch:00007:UNDI:003016``."""
        return text(self.options.get(VENDOR_CLASS, b""))

    @property
    def architectures(self) -> tuple[int, ...]:
        """Return the client's system architectures (option 93, RFC 4578): 0 is BIOS, 7 and 9 are UEFI on x86-64."""
        option = self.options.get(CLIENT_ARCHITECTURE, b"")
        return struct.unpack(f">{len(option) // 2}H", option[: len(option) // 2 * 2])

    @property
    def host_name(self) -> str:
        """Return the client's host name (option 12)."""
        return text(self.options.get(HOST_NAME, b""))

    @property
    def ipxe(self) -> Mapping[int, bytes]:
        """Return the options that iPXE encapsulates in option 175: its features, and what it was told."""
        return fields(self.options.get(IPXE, b""))


def parse(data: bytes) -> Dhcp:
    """Decode the payload of a UDP datagram. Raises `Malformed` where it is no DHCP message about an Ethernet client."""
    if len(data) < FIXED_FIELDS + len(COOKIE) or data[FIXED_FIELDS : FIXED_FIELDS + 4] != COOKIE:
        raise Malformed(f"{len(data)} bytes without DHCP's cookie at byte {FIXED_FIELDS}")
    if (data[1], data[2]) != ETHERNET_ADDRESS:
        raise Malformed(f"DHCP for hardware type {data[1]} with addresses of {data[2]} bytes, not Ethernet's 1 and 6")
    options = fields(data[FIXED_FIELDS + 4 :])
    name, file = data[44:108], data[108:236]
    overloaded = (options.get(OVERLOAD) or b"\0")[0]
    if overloaded & FILE_OVERLOADED:
        options, file = _merge(options, fields(file)), b""
    if overloaded & NAME_OVERLOADED:
        options, name = _merge(options, fields(name)), b""
    kind = options.get(MESSAGE_TYPE, b"")
    if len(kind) != 1:
        raise Malformed("BOOTP without a DHCP message type")
    return Dhcp(
        type=kind[0],
        operation=data[0],
        hops=data[3],
        transaction=int.from_bytes(data[4:8], "big"),
        seconds=int.from_bytes(data[8:10]),
        broadcast=bool(data[10] & BROADCAST),
        relay=_address(data[24:28]),
        sname=text(name),
        file=text(file),
        client=data[28:34].hex(":"),
        client_address=_address(data[12:16]),
        address=_address(data[16:20]),
        next_server=_address(data[20:24]),
        server_name=text(options.get(TFTP_SERVER_NAME, b"")) or text(name),
        boot_file=text(options.get(BOOT_FILE, b"")) or text(file),
        options=options,
    )


def _merge(options: dict[int, bytes], more: dict[int, bytes]) -> dict[int, bytes]:
    return options | {code: options.get(code, b"") + value for code, value in more.items()}


def _address(octets: bytes) -> IPv4Address | None:
    return IPv4Address(octets) if len(octets) == 4 and any(octets) else None  # noqa: PLR2004 - octets of an address
