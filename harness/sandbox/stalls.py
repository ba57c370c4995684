"""When the host let nobody run, however urgent: what no timer in user space can be more punctual than.

A kernel that is not preemptible keeps a processor to itself for milliseconds while it serves somebody (a large write to
a disk, say), and so does the host of a virtual machine. A watch of such stalls tells them from a lateness of one's own.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

TICK = 0.0005
"""Seconds between two looks: stalls that are shorter may be missed."""

NOTED = 100_000
"""Nanoseconds: a look that is later than this is a stall."""

PRIORITY = 2
"""Above the switch's, so that it is never the switch that keeps the watch from running."""

ENDS_WITHIN = 5.0


class Stall(NamedTuple):
    """A span in which a processor let nobody run, in nanoseconds since 1970 (UTC)."""

    began: int
    ended: int


class StallWatch:
    """Watches every processor that this process may use, from `__enter__` to `stalls`. Use it as a context manager.

    It needs the right to real-time scheduling to tell stalls from mere competition; without it, both are counted.
    """

    def __init__(self) -> None:
        self._watching: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            for processor in sorted(os.sched_getaffinity(0)):
                command = [sys.executable, "-m", __name__, str(processor)]
                watch = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                self._watching.append(watch)
            for watch in self._watching:
                assert watch.stdout is not None  # noqa: S101 - it is a pipe
                watch.stdout.readline()
        except BaseException:
            self._end()
            raise
        return self

    def stalls(self) -> list[Stall]:
        """End the watch; return the stalls of all processors, those that overlap as one, in order."""
        answers = [watch.communicate(timeout=ENDS_WITHIN)[0] for watch in self._watching]
        return merged(Stall(*one) for answer in answers for one in json.loads(answer))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        for watch in self._watching:
            watch.kill()
            with contextlib.suppress(ValueError):  # its pipes were read to their ends
                watch.communicate()
        self._watching.clear()


def merged(stalls: Iterable[Stall]) -> list[Stall]:
    """Return stalls in order, those that overlap as one."""
    made: list[Stall] = []
    for stall in sorted(stalls):
        if made and stall.began <= made[-1].ended:
            made[-1] = Stall(made[-1].began, max(made[-1].ended, stall.ended))
        else:
            made.append(stall)
    return made


def stalled(stalls: Iterable[Stall], began: int, ended: int) -> int:
    """Return how many nanoseconds of a span fall into stalls, which don't overlap."""
    return sum(max(0, min(ended, stall.ended) - max(began, stall.began)) for stall in stalls)


def watch(processor: int) -> list[Stall]:
    """Look at every tick, on that processor, until standard input ends; return the looks that came late."""
    os.sched_setaffinity(0, {processor})
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
    print(flush=True)  # noqa: T201 - whoever waits for the watch to begin reads a line
    found = []
    ended: Sequence[int] = []
    while not ended:
        due = time.time_ns() + int(TICK * 1e9)
        ended, _, _ = select.select([0], [], [], TICK)
        now = time.time_ns()
        if now - due > NOTED:
            found.append(Stall(due, now))
    return found


if __name__ == "__main__":
    print(json.dumps(watch(int(sys.argv[1]))))  # noqa: T201 - the answer
