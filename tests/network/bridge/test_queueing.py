from __future__ import annotations

import pytest

from harness.network.bridge import devices, queueing
from harness.network.bridge.netlink import Netlink
from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel


def test_a_device_without_netem_has_none_to_be_read() -> None:
    with NetworkNamespace.create() as place, Netlink(place) as netlink:
        netlink.tell([devices.add_bridge("bridge", 1, "bridge", vlans=False)])
        with pytest.raises(OSError, match="netem of bridge"):
            queueing.read_netem(netlink, netlink.index("bridge"), "netem of bridge")


def test_a_redirection_to_nowhere_is_refused() -> None:
    with NetworkNamespace.create() as place, Netlink(place) as netlink:
        netlink.tell([devices.add_bridge("bridge", 1, "bridge", vlans=False)])
        with pytest.raises(OSError, match="redirection"):
            netlink.tell([queueing.redirect_all(netlink.index("bridge"), 99, "redirection")])
