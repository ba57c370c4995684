"""What the octets of DHCP options mean, under IANA's names: those that address and boot machines, and PXE's.

An option that is not listed, or whose octets are not what its own document says, is told as octets.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import TYPE_CHECKING
from uuid import UUID

from harness.capture.protocols import pxe_options
from harness.capture.protocols.dhcp_fields import fields, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.capture.protocols.dhcp_fields import Value

PXE_CLIENT = b"PXEClient"

VENDOR_SPECIFIC = 43
CLASS_IDENTIFIER = 60

RELAY_INFORMATION = {1: "Circuit ID", 2: "Remote ID", 5: "Link Selection", 6: "Subscriber-ID", 11: "Server ID Override"}
"""Sub-options of option 82 (RFC 3046, 3527, 3993, 5107)."""

MESSAGE_TYPES = ("DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM")


class _WrongError(Exception):
    """An option's octets are not what its document says."""


def value(code: int, octets: bytes, vendor_class: bytes = b"") -> Value:
    """Return what an option says: a text, number, address, or a sequence or mapping of them. Never raises.

    `vendor_class` is the message's option 60, by which option 43 is read.
    """
    if code == VENDOR_SPECIFIC:
        return pxe_options.vendor(octets) if vendor_class.startswith(PXE_CLIENT) else _numbered(octets)
    _, read = OPTIONS.get(code, ("", bytes))
    try:
        return read(octets)
    except (_WrongError, ValueError, struct.error):
        return octets


def name(code: int) -> str:
    """Return IANA's name of an option, its number where it is not listed here."""
    return OPTIONS[code][0] if code in OPTIONS else str(code)


def named(options: Sequence[tuple[int, bytes]]) -> dict[str, Value]:
    """Return options under their names, with what they say."""
    vendor_class = dict(options).get(CLASS_IDENTIFIER, b"")
    return {name(code): value(code, octets, vendor_class) for code, octets in options}


def _number(octets: bytes) -> int:
    if len(octets) not in {1, 2, 4}:
        raise _WrongError
    return int.from_bytes(octets)


def _address(octets: bytes) -> IPv4Address:
    return IPv4Address(octets)


def _addresses(octets: bytes) -> tuple[IPv4Address, ...]:
    if len(octets) % 4:
        raise _WrongError
    return tuple(IPv4Address(octets[at : at + 4]) for at in range(0, len(octets), 4))


def _codes(octets: bytes) -> tuple[int, ...]:
    return tuple(octets)


def _message_type(octets: bytes) -> str:
    number = _number(octets)
    return MESSAGE_TYPES[number - 1] if 0 < number <= len(MESSAGE_TYPES) else str(number)


def _client(octets: bytes) -> str:
    """Return a client identifier: a MAC address where it says that it is one, else octets."""
    ethernet = len(octets) == 7 and octets[0] == 1  # noqa: PLR2004 - a type and a MAC address
    return octets[1:].hex(":") if ethernet else octets.hex()


def _architectures(octets: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(octets) // 2}H", octets)


def _interface(octets: bytes) -> str:
    """Return a network interface's type and version, such as ``UNDI 3.16`` (RFC 4578, section 2.2)."""
    kind, major, minor = octets
    return f"{'UNDI' if kind == 1 else f'type {kind}'} {major}.{minor}"


def _machine(octets: bytes) -> str:
    """Return a machine's UUID in the order of SMBIOS, as firmware shows it (RFC 4578, section 2.3)."""
    if octets[:1] != b"\0":
        raise _WrongError
    return str(UUID(bytes_le=octets[1:]))


def _relay(octets: bytes) -> Mapping[str, Value]:
    return {RELAY_INFORMATION.get(code, str(code)): text(part) for code, part in fields(octets).items()}


def _numbered(octets: bytes) -> Value:
    """Return options of a vendor that is not known by their numbers; as octets where they are none."""
    found = fields(octets)
    return {str(code): part for code, part in found.items()} if found else octets


OPTIONS: dict[int, tuple[str, Callable[[bytes], Value]]] = {
    1: ("Subnet Mask", _address),
    3: ("Router", _addresses),
    4: ("Time Server", _addresses),
    6: ("Domain Server", _addresses),
    7: ("Log Server", _addresses),
    12: ("Hostname", text),
    13: ("Boot File Size", _number),
    15: ("Domain Name", text),
    17: ("Root Path", text),
    26: ("MTU Interface", _number),
    28: ("Broadcast Address", _address),
    42: ("NTP Servers", _addresses),
    43: ("Vendor Specific", bytes),
    50: ("Address Request", _address),
    51: ("Address Time", _number),
    52: ("Overload", _number),
    53: ("DHCP Msg Type", _message_type),
    54: ("DHCP Server Id", _address),
    55: ("Parameter List", _codes),
    56: ("DHCP Message", text),
    57: ("DHCP Max Msg Size", _number),
    58: ("Renewal Time", _number),
    59: ("Rebinding Time", _number),
    60: ("Class Id", text),
    61: ("Client Id", _client),
    66: ("Server-Name", text),
    67: ("Bootfile-Name", text),
    77: ("User-Class", pxe_options.user_classes),
    80: ("Rapid Commit", text),
    82: ("Relay Agent Information", _relay),
    93: ("Client System", _architectures),
    94: ("Client NDI", _interface),
    97: ("UUID/GUID", _machine),
    119: ("Domain Search", bytes),
    121: ("Classless Static Route Option", bytes),
    150: ("TFTP server address", _addresses),
    175: ("Etherboot", pxe_options.ipxe),
    209: ("Configuration File", text),
    210: ("Path Prefix", text),
}
"""By code: IANA's name (registry of BOOTP and DHCP parameters), and how its octets are read."""
