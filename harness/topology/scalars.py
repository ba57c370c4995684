"""The scalar values of a topology file: names, MAC addresses, sizes, durations, endpoints."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import IPv4Address
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field

from harness.units import GiB, KiB, MiB, milliseconds, minutes, seconds

NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
"""A host name label (RFC 1123, section 2.1), in lower case."""

SIZES = {"B": 1, "KiB": KiB, "MiB": MiB, "GiB": GiB, "TiB": 1 << 40}
DURATIONS = {"ms": milliseconds, "s": seconds, "min": minutes}

QUANTITY = re.compile(r"^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$")
MAC = re.compile(r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")
GROUP_BIT = 0x01


class MulticastEndpoint(NamedTuple):
    """A UDP multicast group and port."""

    group: IPv4Address
    port: int


def parse_size(text: object) -> int:
    """Return the bytes that a text like ``80 GiB`` says. Raises `ValueError` for anything else."""
    number, unit = _quantity(text, SIZES)
    return round(number * SIZES[unit])


def parse_duration(text: object) -> timedelta:
    """Return the duration that a text like ``100 ms`` says. Raises `ValueError` for anything else."""
    if isinstance(text, timedelta):
        return text
    number, unit = _quantity(text, DURATIONS)
    return number * DURATIONS[unit]


def parse_mac(text: object) -> str:
    """Return a unicast MAC address in lower case. Raises `ValueError` for a group address or anything else."""
    mac = str(text).lower()
    if not MAC.match(mac):
        msg = f"{text!r} is no MAC address"
        raise ValueError(msg)
    if int(mac[:2], 16) & GROUP_BIT:
        msg = f"{text!r} is a group address, no network card's"
        raise ValueError(msg)
    return mac


def parse_endpoint(text: object) -> MulticastEndpoint:
    """Return the group and port that a text like ``230.0.0.1:1234`` says. Raises `ValueError` for anything else."""
    if isinstance(text, MulticastEndpoint):
        return text
    address, _, port = str(text).rpartition(":")
    group = IPv4Address(address)
    if not group.is_multicast:
        msg = f"{address} is no multicast group (224.0.0.0/4)"
        raise ValueError(msg)
    if not port.isdecimal() or not 0 < int(port) < 1 << 16:
        msg = f"{port!r} is no UDP port"
        raise ValueError(msg)
    return MulticastEndpoint(group, int(port))


def _quantity(text: object, units: dict[str, int] | dict[str, timedelta]) -> tuple[float, str]:
    match = QUANTITY.match(str(text))
    if match is None or match[2] not in units:
        msg = f"{text!r} is no number with a unit ({', '.join(units)})"
        raise ValueError(msg)
    return float(match[1]), match[2]


def _size(value: object) -> object:
    return parse_size(value) if isinstance(value, str) else value


Name = Annotated[str, Field(pattern=NAME)]
MacAddress = Annotated[str, BeforeValidator(parse_mac)]
Size = Annotated[int, BeforeValidator(_size), Field(gt=0)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Endpoint = Annotated[MulticastEndpoint, BeforeValidator(parse_endpoint)]
