from __future__ import annotations

import os
import subprocess
import sys

import pytest

from harness.sandbox.stalls import Stall, StallWatch, merged, stalled

HOG = """
import os, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
began = time.time_ns()
while time.time_ns() < began + 20_000_000:
    pass
print(began, time.time_ns())
"""


def test_stalls_that_overlap_are_one() -> None:
    assert merged([Stall(5, 9), Stall(1, 3), Stall(2, 4), Stall(9, 10)]) == [Stall(1, 4), Stall(5, 10)]
    assert merged([]) == []


@pytest.mark.parametrize("span,nanoseconds", [((0, 20), 7), ((3, 6), 2), ((4, 5), 0), ((7, 8), 1)])
def test_a_span_s_share_of_stalls(span: tuple[int, int], nanoseconds: int) -> None:
    assert stalled([Stall(1, 4), Stall(5, 9)], *span) == nanoseconds


@pytest.mark.kernel
def test_who_keeps_a_processor_for_himself_is_seen() -> None:
    processor = max(os.sched_getaffinity(0))
    with StallWatch() as watch:
        hog = subprocess.run([sys.executable, "-c", HOG, str(processor)], capture_output=True, check=True)
        stalls = watch.stalls()
    began, ended = map(int, hog.stdout.split())
    assert stalled(stalls, began, ended) > 0.9 * (ended - began)


def test_who_leaves_the_watch_ends_it() -> None:
    with StallWatch() as watch:
        watching = list(watch._watching)
    assert watching
    assert all(one.returncode is not None for one in watching)
