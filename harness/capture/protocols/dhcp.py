"""DHCP messages (RFC 2131, 2132), with what PXE and iPXE add to them (RFC 3004, RFC 4578, the iPXE options)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

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

PAD = 0
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
END = 255

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)

FILE_OVERLOADED = 1
NAME_OVERLOADED = 2


@dataclass(frozen=True, slots=True)
class Dhcp:
    """A decoded message. Options that come in several parts are put together (RFC 3396)."""

    type: int
    transaction: int
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
        return user_classes(self.options.get(USER_CLASS, b""))

    @property
    def vendor_class(self) -> str:
        """Return the vendor class (option 60), such as ``PXEClient:Arch:00007:UNDI:003016``."""
        return _text(self.options.get(VENDOR_CLASS, b""))

    @property
    def architectures(self) -> tuple[int, ...]:
        """Return the client's system architectures (option 93, RFC 4578): 0 is BIOS, 7 and 9 are UEFI on x86-64."""
        option = self.options.get(CLIENT_ARCHITECTURE, b"")
        return struct.unpack(f">{len(option) // 2}H", option[: len(option) // 2 * 2])

    @property
    def host_name(self) -> str:
        """Return the client's host name (option 12)."""
        return _text(self.options.get(HOST_NAME, b""))

    @property
    def ipxe(self) -> Mapping[int, bytes]:
        """Return the options that iPXE encapsulates in option 175: its features, and what it was told."""
        return parse_options(self.options.get(IPXE, b""))


def parse(data: bytes) -> Dhcp:
    """Decode the payload of a UDP datagram. Raises `Malformed` where it is no DHCP message about an Ethernet client."""
    if len(data) < FIXED_FIELDS + len(COOKIE) or data[FIXED_FIELDS : FIXED_FIELDS + 4] != COOKIE:
        raise Malformed(f"{len(data)} bytes without DHCP's cookie at byte {FIXED_FIELDS}")
    if (data[1], data[2]) != ETHERNET_ADDRESS:
        raise Malformed(f"DHCP for hardware type {data[1]} with addresses of {data[2]} bytes, not Ethernet's 1 and 6")
    options = parse_options(data[FIXED_FIELDS + 4 :])
    name, file = data[44:108], data[108:236]
    overloaded = (options.get(OVERLOAD) or b"\0")[0]
    if overloaded & FILE_OVERLOADED:
        options, file = _merge(options, parse_options(file)), b""
    if overloaded & NAME_OVERLOADED:
        options, name = _merge(options, parse_options(name)), b""
    kind = options.get(MESSAGE_TYPE, b"")
    if len(kind) != 1:
        raise Malformed("BOOTP without a DHCP message type")
    return Dhcp(
        type=kind[0],
        transaction=int.from_bytes(data[4:8], "big"),
        client=data[28:34].hex(":"),
        client_address=_address(data[12:16]),
        address=_address(data[16:20]),
        next_server=_address(data[20:24]),
        server_name=_text(options.get(TFTP_SERVER_NAME, b"")) or _text(name),
        boot_file=_text(options.get(BOOT_FILE, b"")) or _text(file),
        options=options,
    )


def parse_options(data: bytes) -> dict[int, bytes]:
    """Return the options up to the end mark or the last whole one; the parts of a split option are joined."""
    options: dict[int, bytes] = {}
    at = 0
    while at < len(data) and data[at] != END:
        code = data[at]
        if code == PAD:
            at += 1
            continue
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            break
        options[code] = options.get(code, b"") + data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]
    return options


def user_classes(option: bytes) -> tuple[str, ...]:
    """Return the classes of option 77, whether each has its length before it (RFC 3004) or the whole is one (iPXE)."""
    found = []
    at = 0
    while at < len(option):
        end = at + 1 + option[at]
        if not option[at] or end > len(option):
            return (_text(option),)
        found.append(_text(option[at + 1 : end]))
        at = end
    return tuple(found)


def _merge(options: dict[int, bytes], more: dict[int, bytes]) -> dict[int, bytes]:
    return options | {code: options.get(code, b"") + value for code, value in more.items()}


def _address(octets: bytes) -> IPv4Address | None:
    return IPv4Address(octets) if len(octets) == 4 and any(octets) else None  # noqa: PLR2004 - octets of an address


def _text(octets: bytes) -> str:
    """Decode a text that a zero may end."""
    return octets.partition(b"\0")[0].decode("utf-8", errors="replace")
