"""How punctual a delayed line is, on a host that is idle and on one that is busy."""

from __future__ import annotations

import statistics
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from harness.network.impairment import Impairment
from harness.network.ports import Access
from harness.network.switched import SwitchNetwork
from harness.network.transit import Interface, percentile, transits
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.stalls import StallWatch
from harness.units import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.network.switch_link import Link

FRAMES = 300
HOG = "import time\nuntil = time.monotonic() + 30\nwhile time.monotonic() < until: pass"
HOGS = 3
LATER = 99
"""The percentile of the latest."""


class Lateness(NamedTuple):
    """How late frames were, in milliseconds: the median, the 99th percentile, and that less the host's stalls."""

    median: float
    percentile_99: float
    without_stalls: float


class Delayed(NamedTuple):
    """Two cards on the switch, and the link of the one that sends."""

    one: Interface
    two: Interface
    link: Link


@contextmanager
def line(folder: Path) -> Iterator[Delayed]:
    """Give two namespaces on the switch."""
    with NetworkNamespace.create() as home, NetworkNamespace.create() as one, NetworkNamespace.create() as two:
        network = SwitchNetwork(folder, home)
        network.start()
        try:
            sender, hearer = Interface(one, "eth0", b"\x02\0\0\0\0\1"), Interface(two, "eth0", b"\x02\0\0\0\0\2")
            for name, end in (("sender", sender), ("hearer", hearer)):
                network.wire(end.place, {name: Card(end.name, end.mac.hex(":"), Access(10))})
            yield Delayed(sender, hearer, network.links["sender"])
        finally:
            network.stop()


@contextmanager
def busy(hogs: int = HOGS) -> Iterator[None]:
    """Keep the processors busy with so many programs that only count."""
    running = [subprocess.Popen([sys.executable, "-c", HOG]) for _ in range(hogs)]
    try:
        yield
    finally:
        for hog in running:
            hog.kill()
            hog.wait()


def lateness(delayed: Delayed, delay: float) -> Lateness:
    """Return how late frames are over the link with so many milliseconds of delay, beyond the link without."""
    delayed.link.impair(Impairment())
    usual = statistics.median(one.took for one in transits(delayed.one, delayed.two, FRAMES // 3))
    delayed.link.impair(Impairment(delay=delay * milliseconds), directions=["up"])
    with StallWatch() as watch:
        measured = transits(delayed.one, delayed.two, FRAMES, delay=delay / 1000)
        stalls = watch.stalls()
    late = [one.late(usual + delay) for one in measured]
    net = [one.late(usual + delay, stalls) for one in measured]
    return Lateness(statistics.median(late), percentile(late, LATER), percentile(net, LATER))
