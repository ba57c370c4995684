"""What is plugged into a cable; that it is cut and impaired is tested in test_cable.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.network.bridge.link import BridgeLink
from harness.network.bridged import BridgeNetwork
from harness.network.ports import Access
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel


def test_it_has_one_device_until_what_comes_in_is_impaired_and_is_heard_both_ways(tmp_path: Path) -> None:
    with NetworkNamespace.create() as home, NetworkNamespace.create() as machine:
        network = BridgeNetwork(tmp_path, home)
        network.start()
        (cable,) = network.wire(machine, {"node01/eth0": Card("eth0", "52:54:00:00:01:01", Access(10))})
        link = cable.plugged
        assert isinstance(link, BridgeLink)
        assert link.devices == [link.port]
        (source,) = link.sources()
        assert (source["link"], source["arriving"], source["leaving"]) == ("node01/eth0", "in", "out")
        assert link.sources(arriving=False)[0]["arriving"] is None
        network.stop()
