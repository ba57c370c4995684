"""The truth of netem's losses, which needs no clock."""

from __future__ import annotations

from harness.network.conformance import TestTruth as Truth
from harness.network.conformance import floor
from tests.network.test_bridged import make_network, pytestmark

__all__ = ["floor", "make_network", "pytestmark"]


class TestLosses:
    test_loss = Truth.test_loss
