"""What a machine said on the wire of the time it is."""

from __future__ import annotations

from typing import NamedTuple


class Stated(NamedTuple):
    """A machine with this address said that second (nanoseconds since 1970) in a frame that was captured at `time`."""

    time: int
    address: str
    second: int
