"""How long frames take from one card to another, by the kernel's own time stamps at both ends."""

from __future__ import annotations

import struct
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from harness.network.station import Station
from harness.sandbox.stalls import stalled

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.network.station import Heard
    from harness.sandbox.netns import NetworkNamespace
    from harness.sandbox.stalls import Stall

EVERYONE = b"\xff" * 6
EXPERIMENTAL = b"\x88\xb6"
"""The second EtherType for local experiments (IEEE 802, clause 9.2.3): no kernel sends it by itself."""

EVERY = 0.001
"""Seconds between two frames."""

SPARE = 2.0
"""Seconds beyond the delay that the last frame may take, on a host that stalls."""

NUMBER = struct.Struct("!I")
HEADER = 14
MILLISECOND = 1e6


class Interface(NamedTuple):
    """A card without tags: where it is, its name, and its address."""

    place: NetworkNamespace
    name: str
    mac: bytes


class Transit(NamedTuple):
    """When a frame left one card and came to the other, in nanoseconds since 1970 (UTC)."""

    sent: int
    heard: int

    @property
    def took(self) -> float:
        """How long it was on its way, in milliseconds."""
        return (self.heard - self.sent) / MILLISECOND

    def late(self, expected: float, stalls: Iterable[Stall] = ()) -> float:
        """Return how many milliseconds more than expected it took, less those in which the host let nobody run.

        Lateness comes about where the frame sets out and where it arrives; what happens between is of no consequence.
        """
        late = self.took - expected
        span = max(0, int(late * MILLISECOND))
        known = list(stalls)
        lost = stalled(known, self.sent, self.sent + span) + stalled(known, self.heard - span, self.heard)
        return late - min(lost, span) / MILLISECOND


def transits(sender: Interface, hearer: Interface, number: int, *, delay: float = 0.0) -> list[Transit]:
    """Send `number` frames, one each millisecond, over a line with a `delay` in seconds; return those that arrived.

    Cards of any kind of network will do. Raises `OSError` where a card is not there or not up.
    """
    with ExitStack() as undo:
        speaks = undo.enter_context(Station(sender.place, sender.name))
        witness = undo.enter_context(Station(sender.place, sender.name, outgoing=True))
        hears = undo.enter_context(Station(hearer.place, hearer.name))
        heard: list[Heard] = []
        for one in range(number):
            speaks.send(EVERYONE + sender.mac + EXPERIMENTAL + NUMBER.pack(one) + bytes(42))
            heard += _listen(hears, EVERY)
        until = time.monotonic() + delay + SPARE
        while len(came := _by_number(heard)) < number and (left := until - time.monotonic()) > 0:
            hears.wait(left)
            heard += hears.hear()
        sent = _by_number(witness.hear())
    return [Transit(sent[one], came[one]) for one in sorted(sent.keys() & came.keys())]


def percentile(values: Sequence[float], share: int) -> float:
    """Return the percentile at `share` (0 to 100) of some values, of which there must be at least one."""
    return sorted(values)[(len(values) - 1) * share // 100]


def _listen(station: Station, span: float) -> list[Heard]:
    until = time.monotonic() + span
    heard = station.hear()
    while (left := until - time.monotonic()) > 0:
        station.wait(left)
        heard += station.hear()
    return heard


def _by_number(heard: Iterable[Heard]) -> dict[int, int]:
    """Return the times of our frames, the first of each number."""
    times: dict[int, int] = {}
    for frame, time_ns in heard:
        if frame[HEADER - len(EXPERIMENTAL) : HEADER] == EXPERIMENTAL:
            times.setdefault(NUMBER.unpack_from(frame, HEADER)[0], time_ns)
    return times
