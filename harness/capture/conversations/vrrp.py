"""VRRP events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.protocols import vrrp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.events import Origin


def follow(data: bytes, width: int, origin: Origin) -> Iterator[events.VrrpAdvertisement]:
    """Yield the event that an IP payload is, from an address of `width` octets. Raises `Malformed`."""
    found = vrrp.parse(data, width=width)
    yield events.VrrpAdvertisement(
        *origin,
        version=found.version,
        vrid=found.vrid,
        priority=found.priority,
        interval=found.interval,
        authentication=found.authentication,
        addresses=found.addresses,
    )
