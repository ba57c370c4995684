"""Workers with real guests, and their controller, killed at random moments: nothing of them is left on the host."""

from __future__ import annotations

import pytest

from tests import killing
from tests.tiny import TOPOLOGY

pytestmark = [pytest.mark.kernel, pytest.mark.guest]

MOMENTS = 10
UP_TO = 8.0
"""Seconds after the workers' start: building takes the first two or three, then guests come and go."""

RESTORED = """
import pytest
pytestmark = pytest.mark.lab("it")

@pytest.mark.parametrize("time", range(2))
def test_it(lab, time):
    machine = lab.machines["node01"]
    machine.on()
    lab.checkpoint("early")
    lab.restore("early")
    lab.links("node01").cut()
    lab.checkpoint("mid-fault")
    lab.restore("early")
    lab.restore("mid-fault")
    machine.cut()
"""

BOOTING = """
import pytest
from harness.units import minutes
pytestmark = pytest.mark.lab("it")

def test_it(lab):
    machine = lab.machines["node01"]
    machine.on()
    machine.console.wait_for("this line is never said", within=2 * minutes)
"""


def test_whoever_is_killed_and_whenever_no_guest_is_left() -> None:
    modules = {name: BOOTING if name == "d" else RESTORED for name in "abcdef"}
    with killing.suite(TOPOLOGY, modules) as suite:
        suite.kill_at_random(MOMENTS, UP_TO)
