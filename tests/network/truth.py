"""The truth of the emulation: set 20 ms, see 20 ms. It is about clocks, so it wants a host that does nothing else.

Run it by name: ``ci/tests tests/network/truth.py``.
"""

from __future__ import annotations

from harness.network.conformance import TestTruth, floor
from tests.network.test_conformance import make_network, pytestmark

__all__ = ["TestTruth", "floor", "make_network", "pytestmark"]
