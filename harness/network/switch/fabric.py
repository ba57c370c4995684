"""The switch with its cables: frames from devices, through links and rules and the core, to devices and the capture.

A link's tap stands at its far end in each direction: the capture holds what came through, and the counters what
didn't.
"""

from __future__ import annotations

import heapq
import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.network.switch import offload, segmentation, tags
from harness.network.switch.core import SwitchCore
from harness.network.switch.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.network.ports import PortMode
    from harness.network.switch.conditions import Conditions
    from harness.network.switch.counters import PortCounters
    from harness.network.switch.device import Device
    from harness.network.switch.recorder import Recorder

BURST = 64
"""Frames read from one device before the others get their turn."""

FRAME = offload.LENGTH
ADDRESSES_END = FRAME + tags.ADDRESSES
HEADER_END = FRAME + tags.HEADER
TAGGED_HEADER_END = FRAME + tags.TAGGED_HEADER


@dataclass(slots=True)
class Port:
    """A port, its device, and its link: `up` is what the machine sends, `down` what it hears."""

    number: int
    name: str
    device: Device
    up: Conditions
    down: Conditions
    link: int
    carrier: bool = True
    counters: PortCounters = field(init=False)


class Fabric:
    """All ports of a switch. One thread's."""

    def __init__(self, recorder: Recorder, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.core = SwitchCore()
        self.rules = Rules()
        self.ports: dict[int, Port] = {}
        self._recorder = recorder
        self._clock = clock
        self._due: list[tuple[float, int, Callable[[Port, bytes], None], Port, bytes]] = []
        self._order = itertools.count()

    def plug(self, port: Port, mode: PortMode) -> None:
        """Add a port."""
        self.ports[port.number] = port
        self.core.add(port.number, mode)
        port.counters = self.core.counters(port.number)

    def unplug(self, number: int) -> None:
        """Take a port away and close its device. Frames on their way to it are gone."""
        port = self.ports.pop(number)
        self.core.remove(number)
        port.device.close()

    def read(self, port: Port) -> bool:
        """Move what a device has, up to `BURST` frames; says whether there may be more. Raises `Unplugged`."""
        read, conditions, clock = port.device.read, port.up, self._clock
        for _ in range(BURST):
            try:
                data = read()
            except BlockingIOError:
                return False
            if len(data) <= FRAME:
                continue
            if conditions.idle:
                self._enter(port, data)
            else:
                self._travel(conditions, self._enter, port, data, clock())
        return True

    def next_due(self) -> float | None:
        """Return when the next frame that is on its way arrives, on the fabric's clock; None where there is none."""
        return self._due[0][0] if self._due else None

    def deliver_due(self) -> None:
        """Let arrive what is due."""
        due = self._due
        while due and due[0][0] <= self._clock():
            _, _, arrive, port, data = heapq.heappop(due)
            if self.ports.get(port.number) is port:
                arrive(port, data)

    def _travel(
        self, conditions: Conditions, arrive: Callable[[Port, bytes], None], port: Port, data: bytes, now: float
    ) -> None:
        """Send a frame along a link that does something to it; it is segmented and completed first."""
        if conditions.whole:
            conditions.offer(data, now)
            return
        try:
            frames = segmentation.frames(data)
        except ValueError:
            port.counters.dropped["offload"] += 1
            return
        for frame in frames:
            for when, arriving in conditions.offer(frame, now):
                if when <= now:
                    arrive(port, offload.PLAIN + arriving)
                else:
                    heapq.heappush(self._due, (when, next(self._order), arrive, port, offload.PLAIN + arriving))

    def _enter(self, port: Port, data: bytes) -> None:
        """Take a frame that came over a port's link, and send it where it belongs."""
        self._recorder.record(port.link, data)
        length = len(data) - FRAME
        counters = port.counters
        counters.received += 1
        counters.received_bytes += length
        header = data[FRAME:HEADER_END]
        if header[tags.ADDRESSES :] == tags.TPID:
            header = data[FRAME:TAGGED_HEADER_END]
        now = self._clock()
        if data[1]:
            length = segmentation.longest(data)
        outputs, strip, _ = self.core.decide(port.number, header, length, now)
        for number, tag in outputs:
            if self.rules and self.rules.drops(port.number, number, data[FRAME:]):
                continue
            out = self.ports[number]
            leaving = _rewritten(data, strip, tag) if strip or tag else data
            if out.down.idle:
                self._leave(out, leaving)
            else:
                self._travel(out.down, self._leave, out, leaving, now)

    def _leave(self, port: Port, data: bytes) -> None:
        """Hand a frame to a port's machine."""
        counters = port.counters
        if port.device.write(data):
            self._recorder.record(port.link, data)
            counters.sent += 1
            counters.sent_bytes += len(data) - FRAME
        else:
            counters.dropped["refused"] += 1


def _rewritten(data: bytes, strip: int, tag: bytes) -> bytes:
    """Return a frame behind its offload header with its own tag replaced by another, or by none."""
    head = offload.shifted(data[:FRAME], len(tag) - strip)
    return b"".join((head, data[FRAME:ADDRESSES_END], tag, data[ADDRESSES_END + strip :]))
