"""BFD events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.protocols import bfd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.conversations.datagram import Datagram


def follow(datagram: Datagram) -> Iterator[events.BfdControl]:
    """Yield the event that a datagram to a BFD port is. Raises `Malformed`."""
    found = bfd.parse(datagram.payload)
    yield events.BfdControl(
        *datagram.origin,
        version=found.version,
        diagnostic=found.diagnostic,
        diagnosis=found.diagnosis,
        state=found.state,
        flags=found.flags,
        multiplier=found.multiplier,
        my_discriminator=found.my_discriminator,
        your_discriminator=found.your_discriminator,
        min_tx=found.min_tx,
        min_rx=found.min_rx,
        min_echo_rx=found.min_echo_rx,
    )
