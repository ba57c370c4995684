"""What PXE and iPXE put into DHCP options of their own (PXE specification 2.1; iPXE's include/ipxe/dhcp.h)."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from harness.capture.protocols.dhcp_fields import fields, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.capture.protocols.dhcp_fields import Value

ADDRESS = 4

FEATURES = {
    16: "pxeext", 17: "iscsi", 18: "aoe", 19: "http", 20: "https", 21: "tftp", 22: "ftp", 23: "dns", 24: "bzimage",
    25: "multiboot", 26: "slam", 27: "srp", 32: "nbi", 33: "pxe", 34: "elf", 35: "comboot", 36: "efi", 37: "fcoe",
    38: "vlan", 39: "menu", 40: "sdi", 41: "nfs",
}  # fmt: skip
"""What an iPXE can, by its sub-option of option 175."""

SETTINGS = {
    1: "priority", 8: "keep-san", 9: "skip-san-boot", 85: "syslogs", 91: "cert", 92: "privkey", 93: "crosscert",
    176: "no-pxedhcp", 177: "busid", 178: "use-cached", 188: "san-retry", 189: "bios-drive", 190: "username",
    191: "password", 192: "reverse-username", 193: "reverse-password", 235: "version",
}  # fmt: skip
"""Its other sub-options."""

BUS_ID, VERSION = 177, 235


def ipxe(octets: bytes) -> Mapping[str, Value]:
    """Return what option 175 says: `features` in words, the version as ``1.21.1``, the card as ``pci 1af4:1000``."""
    found = fields(octets)
    said: dict[str, Value] = {"features": tuple(FEATURES[code] for code in found if code in FEATURES)}
    return said | {SETTINGS.get(code, str(code)): _setting(code, found[code]) for code in found if code not in FEATURES}


def _setting(code: int, octets: bytes) -> Value:
    if code == VERSION:
        return ".".join(str(octet) for octet in octets)
    if code == BUS_ID and len(octets) == 5 and octets[0] == 1:  # noqa: PLR2004 - a type, a vendor and a device
        return f"pci {octets[1:3].hex()}:{octets[3:5].hex()}"
    return int.from_bytes(octets) if len(octets) == 1 else octets


def vendor(octets: bytes) -> Mapping[str, Value]:
    """Return what option 43 says where the vendor class is PXE's; what is not as it should be is told as octets."""
    return {
        VENDOR.get(code, (str(code), bytes))[0]: _read(VENDOR.get(code, ("", bytes))[1], part)
        for code, part in fields(octets).items()
    }


def user_classes(option: bytes) -> tuple[str, ...]:
    """Return the classes of option 77, whether each has its length before it (RFC 3004) or the whole is one (iPXE)."""
    found = []
    at = 0
    while at < len(option):
        end = at + 1 + option[at]
        if not option[at] or end > len(option):
            return (text(option),)
        found.append(text(option[at + 1 : end]))
        at = end
    return tuple(found)


def _read(read: Callable[[bytes], Value], octets: bytes) -> Value:
    try:
        return read(octets)
    except (ValueError, IndexError):
        return octets


def _address(octets: bytes) -> IPv4Address:
    return IPv4Address(octets)


def _number(octets: bytes) -> int:
    return int.from_bytes(octets)


def _servers(octets: bytes) -> Mapping[str, Value]:
    """Return the boot servers of each type, by its number."""
    found: dict[str, Value] = {}
    at = 0
    while at < len(octets):
        end = at + 3 + octets[at + 2] * ADDRESS
        places = range(at + 3, end, ADDRESS)
        found[str(int.from_bytes(octets[at : at + 2]))] = tuple(IPv4Address(octets[p : p + ADDRESS]) for p in places)
        at = end
    return found


def _menu(octets: bytes) -> Mapping[str, Value]:
    """Return the text that each type of boot server has in the menu."""
    found: dict[str, Value] = {}
    at = 0
    while at < len(octets):
        end = at + 3 + octets[at + 2]
        found[str(int.from_bytes(octets[at : at + 2]))] = text(octets[at + 3 : end])
        at = end
    return found


def _prompt(octets: bytes) -> Mapping[str, Value]:
    return {"timeout": octets[0], "prompt": text(octets[1:])}


def _item(octets: bytes) -> Mapping[str, Value]:
    return {"type": int.from_bytes(octets[:2]), "layer": int.from_bytes(octets[2:4])}


VENDOR: dict[int, tuple[str, Callable[[bytes], Value]]] = {
    1: ("PXE_MTFTP_IP", _address),
    2: ("PXE_MTFTP_CPORT", _number),
    3: ("PXE_MTFTP_SPORT", _number),
    4: ("PXE_MTFTP_TMOUT", _number),
    5: ("PXE_MTFTP_DELAY", _number),
    6: ("PXE_DISCOVERY_CONTROL", _number),
    7: ("PXE_DISCOVERY_MCAST_ADDR", _address),
    8: ("PXE_BOOT_SERVERS", _servers),
    9: ("PXE_BOOT_MENU", _menu),
    10: ("PXE_MENU_PROMPT", _prompt),
    64: ("PXE_MCAST_ADDRS_ALLOC", bytes),
    65: ("PXE_CREDENTIAL_TYPES", bytes),
    71: ("PXE_BOOT_ITEM", _item),
}
"""By sub-option: the specification's tag (table 2-1), and how its octets are read."""
