"""What needs no netem; the rest is in ``tests/network/in_uml/impaired.py``."""

from __future__ import annotations

from datetime import timedelta

import pytest

from harness.network.bridge.conditions import Conditions
from harness.network.bridge.netlink import Netlink
from harness.network.impairment import Impairment
from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel


def test_nothing_and_zero_differ_and_need_no_emulator() -> None:
    with NetworkNamespace.create() as place, Netlink(place) as netlink:
        conditions = Conditions(netlink, "node01/eth1 down", 1, index=99)
        assert conditions.read() == Impairment()
        conditions.put(Impairment(loss=0.0, delay=timedelta(0)))
        assert conditions.read() == Impairment(loss=0.0, delay=timedelta(0))
        assert conditions.counts() == {}


def test_what_the_kernel_refuses_is_not_said_to_be_there() -> None:
    with NetworkNamespace.create() as place, Netlink(place) as netlink:
        conditions = Conditions(netlink, "node01/eth1 down", 1, index=99)
        with pytest.raises(OSError, match="the network emulator of node01/eth1 down"):
            conditions.put(Impairment(loss=0.5))
        assert conditions.read() == Impairment()
