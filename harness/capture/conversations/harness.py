"""Events of what the harness did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import events, notes
from harness.capture.protocols import ethernet

if TYPE_CHECKING:
    from collections.abc import Iterator


def follow(data: bytes, origin: events.Origin) -> Iterator[events.HarnessEvent]:
    """Yield the event that a frame with a note tells. Raises `Malformed`."""
    yield events.HarnessEvent(*origin, *notes.parse(data[ethernet.HEADER :]))
