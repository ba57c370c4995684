"""What every kind of network must do, as tests: import them beside a fixture ``make_network`` of your own.

    from harness.network.conformance import *

    @pytest.fixture
    def make_network(tmp_path):
        ...yield a function that returns a running `Wired`

Each test sends raw frames between cards in namespaces. Where it says that a frame is not heard, a later frame that
must be heard is waited for, never a span of time.
"""

from __future__ import annotations

from harness.network.conformance.cables import TestCables
from harness.network.conformance.captured import TestCapture
from harness.network.conformance.control import TestControl
from harness.network.conformance.floor import Wired as Wired
from harness.network.conformance.floor import floor
from harness.network.conformance.truth import TestTruth
from harness.network.conformance.vlans import TestVlans

__all__ = ["TestCables", "TestCapture", "TestControl", "TestTruth", "TestVlans", "floor"]
