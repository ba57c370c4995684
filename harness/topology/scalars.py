"""The scalar values of a topology file: names, addresses, sizes, durations, endpoints.

Each type says in its description what is expected of it, and gives an example; messages are made from these.
"""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field, PlainSerializer, PlainValidator

from harness.topology.wording import show
from harness.units import GiB, KiB, MiB, milliseconds, minutes, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
"""A host name label (RFC 1123, section 2.1), in lower case."""

LABEL = re.compile(NAME.removesuffix("$"))

MAX_INTERFACE_NAME = 15
"""What Linux has room for (IFNAMSIZ, less its closing zero)."""

NO_CARDS = frozenset({"lo", "all", "default"})
"""The loopback interface, and what sysctl(8) calls all interfaces and those to come: no card may be called so."""

MAX_DOMAIN = 190
"""What leaves a host name label room within a name's 255 octets (RFC 1035, section 2.3.4)."""

PREFIXES = range(8, 31)
"""Prefix lengths of a segment that has room for hosts."""

TiB = 1 << 40
SIZES = {"B": 1, "KiB": KiB, "MiB": MiB, "GiB": GiB, "TiB": TiB}
DURATIONS = {"ms": milliseconds, "s": seconds, "min": minutes}

# The bound on digits keeps every quantity far from overflow.
QUANTITY = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,9})?)\s*([A-Za-z]+)")
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
PATH = re.compile(r"/|(/[A-Za-z0-9._-]+)+")
GROUP_BIT = 0x01


class MulticastEndpoint(NamedTuple):
    """A UDP multicast group and port."""

    group: IPv4Address
    port: int

    def __str__(self) -> str:
        return f"{self.group}:{self.port}"


def parse_name(value: object) -> str:
    """Return a host name label (RFC 1123) as it is. Raises `ValueError` for anything else."""
    if not isinstance(value, str) or not LABEL.fullmatch(value):
        raise ValueError(f"{show(value)} is no name")
    return value


def parse_interface_name(value: object) -> str:
    """Return a name that a network interface can have. Raises `ValueError` for anything else."""
    name = parse_name(value)
    if len(name) > MAX_INTERFACE_NAME:
        raise ValueError(f"{show(value)} is too long for an interface's name")
    if name in NO_CARDS:
        raise ValueError(f"{show(value)} is a name that Linux gives no card")
    return name


def parse_domain(value: object) -> str:
    """Return a DNS domain (labels of RFC 1123 between dots) as it is. Raises `ValueError` for anything else."""
    if not isinstance(value, str) or not all(LABEL.fullmatch(label) for label in value.split(".")):
        raise ValueError(f"{show(value)} is no domain")
    if len(value) > MAX_DOMAIN:
        raise ValueError(f"{show(value)} leaves no room for host names before it")
    return value


def parse_path(value: object) -> str:
    """Return an absolute path in its shortest form. Raises `ValueError` for anything else."""
    if not isinstance(value, str) or not PATH.fullmatch(value) or {".", ".."} & set(value.split("/")):
        raise ValueError(f"{show(value)} is no absolute path in its shortest form")
    return value


def parse_device(value: object) -> str:
    """Return the path of a block device. Raises `ValueError` for anything else."""
    path = parse_path(value)
    if not path.startswith("/dev/"):
        raise ValueError(f"{show(value)} is no path of a device")
    return path


def parse_size(value: object) -> int:
    """Return the bytes that a text like ``80 GiB`` says. Raises `ValueError` for anything else."""
    number, unit = quantity(value, SIZES)
    size = number * SIZES[unit]
    if size != int(size):
        raise ValueError(f"{show(value)} is no whole number of bytes")
    return int(size)


def format_size(size: int) -> str:
    """Return a number of bytes as text in the largest unit that keeps it whole; `parse_size` reads it back."""
    unit = max((unit for unit in SIZES if size % SIZES[unit] == 0), key=SIZES.__getitem__) if size else "B"
    return f"{size // SIZES[unit]} {unit}"


def parse_duration(value: object) -> timedelta:
    """Return the duration, in whole microseconds, that a text like ``100 ms`` says. Raises `ValueError` otherwise."""
    if isinstance(value, timedelta):
        return value
    number, unit = quantity(value, DURATIONS)
    microseconds = number * (DURATIONS[unit] // timedelta(microseconds=1))
    if microseconds != int(microseconds):
        raise ValueError(f"{show(value)} is no whole number of microseconds")
    try:
        return timedelta(microseconds=int(microseconds))
    except OverflowError:
        raise ValueError(f"{show(value)} is too long") from None


def format_exactly(duration: timedelta) -> str:
    """Return a duration as text in milliseconds; `parse_duration` reads it back."""
    whole, rest = divmod(duration // timedelta(microseconds=1), 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") + " ms" if rest else f"{whole} ms"


def parse_mac(value: object) -> str:
    """Return a unicast MAC address in lower case. Raises `ValueError` for a group address or anything else."""
    mac = value.lower() if isinstance(value, str) else ""
    if not MAC.fullmatch(mac):
        raise ValueError(f"{show(value)} is no MAC address")
    if int(mac[:2], 16) & GROUP_BIT:
        raise ValueError(f"{show(value)} is a group address, no network card's")
    return mac


def parse_address(value: object) -> IPv4Address:
    """Return an IPv4 address. Raises `ValueError` for anything else."""
    if isinstance(value, IPv4Address):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{show(value)} is no IPv4 address")  # noqa: TRY004 - pydantic takes a TypeError for a bug
    try:
        return IPv4Address(value)
    except ValueError as error:
        raise ValueError(f"{show(value)} is no IPv4 address{_because(error)}") from None


def parse_subnet(value: object) -> IPv4Network:
    """Return an IPv4 subnet that has room for hosts (`PREFIXES`). Raises `ValueError` for anything else."""
    try:
        subnet = value if isinstance(value, IPv4Network) else _network(value)
    except ValueError as error:
        raise ValueError(f"{show(value)} is no IPv4 network{_because(error)}") from None
    if subnet.prefixlen not in PREFIXES or subnet.is_multicast or subnet.is_loopback:
        raise ValueError(f"{show(str(subnet))} is no network for hosts")
    return subnet


def parse_endpoint(value: object) -> MulticastEndpoint:
    """Return the group and port that a text like ``230.0.0.1:1234`` says. Raises `ValueError` for anything else."""
    if isinstance(value, MulticastEndpoint):
        return value
    address, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not address:
        raise ValueError(f"{show(value)} is no multicast group and port")
    group = parse_address(address)
    if not group.is_multicast:
        raise ValueError(f"{group} is no multicast group (224.0.0.0/4)")
    if not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 1 << 16:
        raise ValueError(f"{show(port)} is no UDP port")
    return MulticastEndpoint(group, int(port))


def _network(value: object) -> IPv4Network:
    # A prefix length is asked for: Python would take a bare address for a network of one host.
    if not isinstance(value, str) or not re.fullmatch(r"[^/]*/[0-9]{1,2}", value):
        raise ValueError("")
    return IPv4Network(value)


def _because(error: ValueError) -> str:
    """Return Python's own reason, without the value that it repeats."""
    reason = re.sub(r" in '.*", "", str(error), flags=re.DOTALL)
    return f": {reason[0].lower()}{reason[1:]}" if reason else ""


def quantity(value: object, units: Mapping[str, object]) -> tuple[Fraction, str]:
    """Return the number and the unit of a text like ``80 GiB``. Raises `ValueError` for any other unit, or text."""
    match = QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2] not in units:
        raise ValueError(f"{show(value)} is no number with a unit ({', '.join(units)})")
    return Fraction(match[1]), match[2]


def _text(value: object) -> str:
    return str(value)


def _size(value: object) -> object:
    return value if isinstance(value, int) and not isinstance(value, bool) else parse_size(value)


Name = Annotated[
    str,
    PlainValidator(parse_name),
    Field(description="a host name label, up to 63 lower-case letters, digits and inner hyphens,", examples=["node01"]),
]
InterfaceName = Annotated[
    str,
    PlainValidator(parse_interface_name),
    Field(description="up to 15 lower-case letters, digits and inner hyphens", examples=["eth0"]),
]
Domain = Annotated[
    str,
    PlainValidator(parse_domain),
    Field(description="a DNS domain of up to 190 characters in lower case", examples=["plasma.local"]),
]
MountPoint = Annotated[
    str,
    PlainValidator(parse_path),
    Field(description="an absolute path", examples=["/var/lib"]),
]
DevicePath = Annotated[
    str,
    PlainValidator(parse_device),
    Field(description="a path under /dev", examples=["/dev/vda"]),
]
MacAddress = Annotated[
    str,
    PlainValidator(parse_mac),
    Field(description="a unicast MAC address", examples=["52:54:00:12:34:56"]),
]
Address = Annotated[
    IPv4Address,
    PlainValidator(parse_address),
    PlainSerializer(_text, when_used="json"),
    Field(description="an IPv4 address", examples=["192.168.100.11"]),
]
Subnet = Annotated[
    IPv4Network,
    PlainValidator(parse_subnet),
    PlainSerializer(_text, when_used="json"),
    Field(description="a network with a prefix length of 8 to 30", examples=["192.168.100.0/24"]),
]
Endpoint = Annotated[
    MulticastEndpoint,
    PlainValidator(parse_endpoint),
    PlainSerializer(_text, when_used="json"),
    Field(description="a multicast group and UDP port", examples=["230.0.0.1:1234"]),
]
Size = Annotated[
    int,
    PlainValidator(_size),
    Field(ge=MiB, le=1 << 60, description="a size of at least 1 MiB", examples=["80 GiB"]),
]
Duration = Annotated[
    timedelta,
    PlainValidator(parse_duration),
    PlainSerializer(format_exactly, when_used="json"),
    Field(ge=timedelta(0), description="a duration", examples=["100 ms"]),
]
