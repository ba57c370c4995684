from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from harness.wire.growth import Growth

SOON = 5
DESCRIPTORS = Path("/proc/self/fd")


def test_all_who_wait_are_woken_and_those_before_and_after_are_not() -> None:
    counters: list[int] = []
    growth = Growth(counters.append)
    with growth.waking() as first:
        with growth.waking() as second:
            os.eventfd_write(counters[0], 1)
            assert first.wait(SOON)
            assert second.wait(SOON)
            first.clear()
            second.clear()
        os.eventfd_write(counters[0], 3)
        assert first.wait(SOON)
        assert not second.is_set()
    assert len(counters) == 1, "the network is told once"
    growth.close()


def readers() -> int:
    """Return how many threads wait for frames; others, of what went before, may still be ending."""
    return sum(one.name == "harness-wire" for one in threading.enumerate())


def test_nothing_is_started_before_somebody_waits_and_all_is_closed() -> None:
    descriptors = len(list(DESCRIPTORS.iterdir()))
    counters: list[int] = []
    growth = Growth(counters.append)
    assert (counters, readers()) == ([], 0)
    with growth.waking():
        assert readers() == 1
    growth.close()
    growth.close()
    assert readers() == 0
    assert len(list(DESCRIPTORS.iterdir())) == descriptors
    with growth.waking() as woken:
        assert not woken.is_set()
    assert readers() == 0


def test_a_network_that_refuses_is_told_on_and_nothing_is_left() -> None:
    descriptors = len(list(DESCRIPTORS.iterdir()))

    def refuse(_: int) -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"), Growth(refuse).waking():
        pass
    assert len(list(DESCRIPTORS.iterdir())) == descriptors
