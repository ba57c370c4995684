"""The public conformance suite on the switch. Guests and bridges have modules of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from harness.network.conformance import TestCables, TestCapture, TestControl, TestTruth, TestVlans, Wired, floor
from harness.network.switched import SwitchNetwork
from harness.sandbox.netns import NetworkNamespace

__all__ = ["TestCables", "TestCapture", "TestControl", "TestTruth", "TestVlans", "floor"]

pytestmark = pytest.mark.kernel


@contextmanager
def switch(folder: Path) -> Iterator[Wired]:
    with NetworkNamespace.create() as home:
        network = SwitchNetwork(folder, home, seed=36)
        network.start()
        try:
            yield network
        finally:
            network.stop()


@pytest.fixture
def make_network(tmp_path: Path) -> Callable[[], AbstractContextManager[Wired]]:
    return lambda: switch(tmp_path)
