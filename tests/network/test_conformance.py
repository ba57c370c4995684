"""The public conformance suite, run for each kind of network that there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from harness.network.conformance import TestControl, TestTruth, TestVlans, Wired, floor
from harness.network.switched import SwitchNetwork
from harness.sandbox.netns import NetworkNamespace

__all__ = ["TestControl", "TestTruth", "TestVlans", "floor"]

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


@pytest.fixture(params=[switch])
def make_network(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], AbstractContextManager[Wired]]:
    return lambda: request.param(tmp_path)
