"""The public conformance suite on the ports of guests: UDP sockets of the switch, and multicast groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from harness.network.conformance import TestCables, TestCapture, TestControl, TestVlans, Wired, floor
from harness.network.multicast import MulticastNetwork
from harness.network.switched import SwitchNetwork
from harness.sandbox.netns import NetworkNamespace
from tests.network.stand_in import Guests

__all__ = ["TestCables", "TestCapture", "TestControl", "TestVlans", "floor"]

pytestmark = pytest.mark.kernel


@contextmanager
def guests(kind: type[SwitchNetwork], folder: Path) -> Iterator[Wired]:
    with NetworkNamespace.create() as home:
        network = kind(folder, home, seed=36)
        network.start()
        made = Guests(network)
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture(params=[SwitchNetwork, MulticastNetwork], ids=["switch", "multicast"])
def make_network(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], AbstractContextManager[Wired]]:
    return lambda: guests(request.param, tmp_path)
