"""The scalar values of networks in a topology file: rates, chances, address ranges, and ports that may be reached."""

from __future__ import annotations

import re
from fractions import Fraction
from ipaddress import IPv4Address
from typing import Annotated, NamedTuple

from pydantic import Field, PlainSerializer, PlainValidator

from harness.topology.scalars import parse_address, quantity
from harness.topology.wording import show

RATES = {"bps": 1, "kbps": 10**3, "Mbps": 10**6, "Gbps": 10**9, "Tbps": 10**12}
CHANCE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*%")
TRANSPORT = re.compile(r"(tcp|udp)/([0-9]{1,5})(?:-([0-9]{1,5}))?")
PORTS = range(1, 1 << 16)


class Range(NamedTuple):
    """IPv4 addresses from the first to the last, both included."""

    first: IPv4Address
    last: IPv4Address

    def __contains__(self, address: object) -> bool:
        return isinstance(address, IPv4Address) and self.first <= address <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def overlaps(self, other: Range) -> bool:
        """Return whether an address is in both."""
        return self.first <= other.last and other.first <= self.last


class PortRange(NamedTuple):
    """Ports of TCP or UDP from the first to the last, both included."""

    protocol: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.protocol}/{self.first}" + (f"-{self.last}" if self.last != self.first else "")


class Socket(NamedTuple):
    """The IPv4 address and port at which a service is reached."""

    address: IPv4Address
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


def parse_rate(value: object) -> int:
    """Return the bits per second that a text like ``10 Gbps`` says. Raises `ValueError` for anything else."""
    number, unit = quantity(value, RATES)
    rate = number * RATES[unit]
    if rate != int(rate):
        raise ValueError(f"{show(value)} is no whole number of bits per second")
    return int(rate)


def format_rate(rate: int) -> str:
    """Return bits per second as text in the largest unit that keeps them whole; `parse_rate` reads it back."""
    unit = max((unit for unit in RATES if rate % RATES[unit] == 0), key=RATES.__getitem__) if rate else "bps"
    return f"{rate // RATES[unit]} {unit}"


def parse_chance(value: object) -> float:
    """Return the probability that a number from 0 to 1, or a text like ``0.1 %``, says. Raises `ValueError` else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = CHANCE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{show(value)} is no chance")
    return float(Fraction(match[1]) / 100)


def parse_range(value: object) -> Range:
    """Return the range of a text like ``10.0.0.10-10.0.0.19``, or of one address. Raises `ValueError` otherwise."""
    if isinstance(value, Range):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{show(value)} is no range of IPv4 addresses")  # noqa: TRY004 - pydantic takes a TypeError for a bug
    start, dash, end = value.partition("-")
    first = parse_address(start.strip())
    last = parse_address(end.strip()) if dash else first
    if last < first:
        raise ValueError(f"{show(value)} ends before it starts")
    return Range(first, last)


def parse_ports(value: object) -> PortRange:
    """Return the ports of a text like ``tcp/8080`` or ``udp/5404-5412``. Raises `ValueError` for anything else."""
    if isinstance(value, PortRange):
        return value
    match = TRANSPORT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{show(value)} names no ports of TCP or UDP")
    first, last = int(match[2]), int(match[3] or match[2])
    if first not in PORTS or last not in PORTS or last < first:
        raise ValueError(f"{show(value)} names no ports from 1 to 65535")
    return PortRange(match[1], first, last)


def parse_socket(value: object) -> Socket:
    """Return the address and port of a text like ``10.0.200.20:2380``. Raises `ValueError` for anything else."""
    if isinstance(value, Socket):
        return value
    address, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not re.fullmatch("[0-9]{1,5}", port) or int(port) not in PORTS:
        raise ValueError(f"{show(value)} is no address and port")
    return Socket(parse_address(address), int(port))


def _text(value: object) -> str:
    return str(value)


def _rate(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else parse_rate(value)


Rate = Annotated[
    int,
    PlainValidator(_rate),
    Field(ge=1, le=10**15, description="a rate of at least 1 bit per second", examples=["10 Gbps"]),
]
Chance = Annotated[
    float,
    PlainValidator(parse_chance),
    Field(ge=0, le=1, description="a chance from 0 to 1, or in percent", examples=[0.01]),
]
Addresses = Annotated[
    Range,
    PlainValidator(parse_range),
    PlainSerializer(_text, when_used="json"),
    Field(description="an IPv4 address, or the first and the last of a range", examples=["10.0.0.10-10.0.0.19"]),
]
TransportPorts = Annotated[
    PortRange,
    PlainValidator(parse_ports),
    PlainSerializer(_text, when_used="json"),
    Field(description="ports of TCP or UDP", examples=["tcp/8080"]),
]
ServiceAddress = Annotated[
    Socket,
    PlainValidator(parse_socket),
    PlainSerializer(_text, when_used="json"),
    Field(description="an address and port", examples=["10.0.200.10:2380"]),
]
