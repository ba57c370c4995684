"""The conformance suite on bridges, which wants a kernel with VLAN filtering and netem."""

from __future__ import annotations

from harness.network.conformance import TestCables, TestCapture, TestControl, TestVlans, floor
from tests.network.test_bridged import make_network, pytestmark

__all__ = ["TestCables", "TestCapture", "TestControl", "TestVlans", "floor", "make_network", "pytestmark"]
