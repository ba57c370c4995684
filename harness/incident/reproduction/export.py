"""What the field would have of a lab: captures of single cables, each with a clock of its own, and configurations.

Nothing of the harness's own is left in it: no names of links, no comments, no notes. It is how the way back from the
field is proven on faults that are known.
"""

from __future__ import annotations

import contextlib
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import frames
from harness.capture.frames import ETHERNET
from harness.topology.cluster_config import cluster_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.capture.frames import Frame
    from harness.topology.model import Topology

MICROSECONDS = 0xA1B2C3D4
NANO, MICRO = 10**9, 1000
SNAP = 262144
MILLION = 10**6


@dataclass(frozen=True)
class Clock:
    """A clock that is wrong: ahead by `offset` nanoseconds at the moment `since`, and faster by `ppm`."""

    offset: int = 0
    ppm: float = 0.0
    since: int = 0

    def shows(self, time: int) -> int:
        """Return what it shows at a moment (nanoseconds since 1970)."""
        return time + self.offset + round((time - self.since) * self.ppm / MILLION)


@dataclass(frozen=True)
class Point:
    """Where frames were captured: a link of the lab, what the capture calls it, and the clock that was used."""

    link: str
    interface: str
    clock: Clock = Clock()


def seen_at(sources: Iterable[Path], point: Point) -> Iterator[Frame]:
    """Yield what passed a point, both ways, on its clock. Raises as `harness.capture.files.reader.frames`."""
    for source in sources:
        for frame in frames(source):
            if frame.link == point.link:
                yield frame._replace(
                    time=point.clock.shows(frame.time), link=point.interface, comment=None, direction=None
                )


def write_pcap(target: Path, seen: Iterable[Frame]) -> int:
    """Write frames as tcpdump does: classic pcap, microseconds. Returns how many; raises `OSError`."""
    count = 0
    with target.open("wb") as file:
        file.write(struct.pack("<IHHiIII", MICROSECONDS, 2, 4, 0, 0, SNAP, ETHERNET))
        for count, frame in enumerate(seen, 1):  # noqa: B007 - the last number is how many
            seconds, rest = divmod(frame.time, NANO)
            file.write(struct.pack("<IIII", seconds, rest // MICRO, len(frame.data), frame.length) + frame.data)
    return count


def write_pcapng(target: Path, seen: Iterable[Frame], interface: str) -> int:
    """Write frames as dumpcap does: pcapng, nanoseconds. Returns how many; raises `OSError`."""
    count = 0
    with Writer(target.open("wb", buffering=0), [interface], application="dumpcap") as writer:
        for count, frame in enumerate(seen, 1):  # noqa: B007 - as above
            writer.write(frame.data, frame.time, length=frame.length)
    return count


def write_configs(target: Path, topology: Topology) -> None:
    """Write each machine's ``cluster-config.json`` into a folder of its name; none where it has none."""
    for machine in topology.machines:
        with contextlib.suppress(LookupError):
            config = cluster_config(topology, machine.name)
            folder = target / machine.name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "cluster-config.json").write_text(f"{json.dumps(config, indent=2)}\n", encoding="utf-8")
