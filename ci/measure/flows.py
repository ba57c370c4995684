"""Traffic over a line: bulk TCP, small frames, and the round trip of an idle line."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from measure.paths import HERE, THERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure.paths import Line

SPAN = 1.0
"""Seconds of traffic in one round."""

PINGS = 100
PING_EVERY = 0.01
WITHIN = 15.0
PROGRAM = [sys.executable, str(Path(__file__).with_name("traffic.py"))]


def tcp_gbits(line: Line) -> float:
    """Return how fast one TCP connection is, in Gbit/s."""
    received = _flow(line, "tcp")
    return received["bytes"] * 8 / received["seconds"] / 1e9


def udp_frames(line: Line) -> float:
    """Return how many of the smallest frames arrive in a second, while more are sent."""
    received = _flow(line, "udp")
    return received["frames"] / received["seconds"]


def round_trip_ms(line: Line) -> float:
    """Return the median time of an ICMP echo, in milliseconds."""
    command = ["ping", "-n", "-c", str(PINGS), "-i", str(PING_EVERY), "-W", "1", str(THERE.ip)]
    pinging = line.one.popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output, _ = pinging.communicate(timeout=WITHIN)
    times = [float(found) for found in re.findall(rb"time=([\d.]+) ms", output)]
    if not times:
        raise SystemExit(f"{line.name}: no answer from {THERE.ip} to {HERE.ip}:\n{output.decode()}")
    return statistics.median(times)


@contextmanager
def paced(line: Line, rate: int) -> Iterator[None]:
    """Send so many of the smallest frames a second while a block lasts."""
    with line.one.popen([*PROGRAM, "paced", str(THERE.ip), str(rate)], stderr=subprocess.DEVNULL) as source:
        try:
            yield
        finally:
            source.kill()


def _flow(line: Line, protocol: str) -> dict[str, float]:
    """Send one way, and return what the other end says."""
    where = [protocol, str(THERE.ip), str(SPAN)]
    with line.two.popen([*PROGRAM, "sink", *where], stdout=subprocess.PIPE) as sink:
        assert sink.stdout is not None  # noqa: S101 - it is a pipe
        sink.stdout.readline()
        with line.one.popen([*PROGRAM, "source", *where], stderr=subprocess.DEVNULL) as source:
            output, _ = sink.communicate(timeout=WITHIN)
            source.kill()
    return dict(json.loads(output))
