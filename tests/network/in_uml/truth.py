"""The truth of netem's clocks. User-mode-linux is no place for it: its timers are late by milliseconds.

So it runs by name, on a kernel that has netem: ``ci/tests tests/network/in_uml/truth.py``.
"""

from __future__ import annotations

from harness.network.conformance import TestTruth, floor
from tests.network.test_bridged import make_network, pytestmark

__all__ = ["TestTruth", "floor", "make_network", "pytestmark"]
