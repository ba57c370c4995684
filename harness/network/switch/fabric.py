"""Switches with their cables: frames from devices, through links and rules and cores, to devices and the capture.

A link's tap stands at its far end in each direction: the capture holds what came through, and the counters what
didn't.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.network import tags
from harness.network.switch import offload, segmentation
from harness.network.switch.conditions import Conditions
from harness.network.switch.core import PortCounters, SwitchCore
from harness.network.switch.rules import Rules

if TYPE_CHECKING:
    from harness.network.ports import PortMode
    from harness.network.switch.device import Device
    from harness.network.switch.recorder import Recorder

BURST = 16
"""Frames read from one device before the others, and the frames that are due, get their turn."""

FRAME = offload.LENGTH
ADDRESSES_END = FRAME + tags.ADDRESSES
HEADER_END = FRAME + tags.HEADER
TAGGED_HEADER_END = FRAME + tags.TAGGED_HEADER


@dataclass(slots=True)
class Link:
    """One cable, plugged in or not: `up` is what its first end sends, `down` what that hears.

    `interface` is its number in the capture. What it has counted, and what is done to it, outlasts what is plugged in.
    """

    number: int
    name: str
    up: Conditions
    down: Conditions
    interface: int
    carrier: bool = True
    counters: PortCounters = field(default_factory=PortCounters)


@dataclass(slots=True)
class Port:
    """A port of a switch. Behind it is a device, or the far port of a cable to another switch (`peer`).

    The first of such a cable's two ports has no link: nothing is done or captured there.
    """

    number: int
    device: Device
    link: Link | None
    peer: Port | None = None
    up: Conditions = field(init=False)
    down: Conditions = field(init=False)
    interface: int | None = field(init=False)
    core: SwitchCore = field(init=False)
    counters: PortCounters = field(init=False)

    def __post_init__(self) -> None:
        link = self.link
        self.up, self.down = (link.up, link.down) if link else (Conditions(""), Conditions(""))
        self.interface = link.interface if link else None
        self.counters = link.counters if link else PortCounters()


Arrive = Callable[[Port, bytes, int], None]


class Fabric:
    """All ports of all switches. One thread's. A frame carries the number of the port by which it first came in."""

    def __init__(self, recorder: Recorder, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.cores: defaultdict[str, SwitchCore] = defaultdict(SwitchCore)
        self.rules = Rules()
        self.links: dict[int, Link] = {}
        self.ports: dict[int, Port] = {}
        self._recorder = recorder
        self._clock = clock
        self._due: list[tuple[float, int, Arrive, Port, bytes, int]] = []
        self._order = itertools.count()

    def plug(self, port: Port, mode: PortMode, switch: str, *, isolated: bool = False) -> None:
        """Add a port to a switch, which is there from now on."""
        self.ports[port.number] = port
        port.core = self.cores[switch]
        port.core.add(port.number, mode, isolated=isolated, counters=port.counters)

    def unplug(self, number: int) -> None:
        """Take a port away and close its device. Frames on their way to it are gone."""
        port = self.ports.pop(number)
        port.core.remove(number)
        port.device.close()

    def read(self, port: Port) -> bool:
        """Move what a device has, up to `BURST` frames; says whether there may be more. Raises `Unplugged`."""
        read, conditions = port.device.read, port.up
        for _ in range(BURST):
            try:
                data = read()
            except BlockingIOError:
                return False
            if len(data) <= FRAME:
                continue
            if conditions.idle:
                self._enter(port, data, port.number)
            else:
                self._travel(conditions, self._enter, port, data, port.number)
        return True

    def next_due(self) -> float | None:
        """Return when the next frame that is on its way arrives, on the fabric's clock; None where there is none."""
        return self._due[0][0] if self._due else None

    def deliver_due(self) -> None:
        """Deliver the frames that are due."""
        due = self._due
        while due and due[0][0] <= self._clock():
            _, _, arrive, port, data, origin = heapq.heappop(due)
            if self.ports.get(port.number) is port:
                arrive(port, data, origin)

    def _travel(self, conditions: Conditions, arrive: Arrive, port: Port, data: bytes, origin: int) -> None:
        """Send a frame along a link that does something to it; it is segmented and completed first."""
        now = self._clock()
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
                    arrive(port, offload.PLAIN + arriving, origin)
                else:
                    plain = offload.PLAIN + arriving
                    heapq.heappush(self._due, (when, next(self._order), arrive, port, plain, origin))

    def _enter(self, port: Port, data: bytes, origin: int) -> None:
        """Take a frame that came over a port's link, and send it where it belongs."""
        if port.interface is not None:
            self._recorder.record(port.interface, data, "in")
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
        outputs, strip, _ = port.core.decide(port.number, header, length, now)
        for number, tag in outputs:
            if self.rules and self.rules.drops(origin, number, data[FRAME:]):
                continue
            out = self.ports[number]
            leaving = _rewritten(data, strip, tag) if strip or tag else data
            if out.down.idle:
                self._leave(out, leaving, origin)
            else:
                self._travel(out.down, self._leave, out, leaving, origin)

    def _leave(self, port: Port, data: bytes, origin: int) -> None:
        """Hand a frame to what is behind a port."""
        counters = port.counters
        if port.peer is not None or port.device.write(data):
            if port.interface is not None:
                self._recorder.record(port.interface, data, "out")
            counters.sent += 1
            counters.sent_bytes += len(data) - FRAME
        else:
            counters.dropped["refused"] += 1
        if port.peer is not None:
            self._cross(port.peer, data, origin)

    def _cross(self, port: Port, data: bytes, origin: int) -> None:
        """Let a frame come to the far port of a cable, over that port's link."""
        if port.up.idle:
            self._enter(port, data, origin)
        else:
            self._travel(port.up, self._enter, port, data, origin)


def _rewritten(data: bytes, strip: int, tag: bytes) -> bytes:
    """Return a frame behind its offload header with its own tag replaced by another, or by none."""
    head = offload.shifted(data[:FRAME], len(tag) - strip)
    return b"".join((head, data[FRAME:ADDRESSES_END], tag, data[ADDRESSES_END + strip :]))
