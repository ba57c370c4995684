"""What a decoder of datagrams is handed."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.events import Endpoint

if TYPE_CHECKING:
    from harness.capture.events import Origin

Address = tuple[bytes, int]
"""The octets of an IP address, and a port: what flows are looked up by."""


class Datagram(NamedTuple):
    """A UDP datagram between two addresses. `payload` is what was captured of its `length` octets."""

    sender: Address
    receiver: Address
    payload: bytes
    length: int
    origin: Origin


def endpoint(address: Address) -> Endpoint:
    """Return an address as events show it."""
    return Endpoint(ip_address(address[0]), address[1])
