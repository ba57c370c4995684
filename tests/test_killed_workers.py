"""Workers, and their controller, killed at random moments: nothing of them is left on the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import killing

pytestmark = pytest.mark.kernel

THREE_SITES = Path(__file__).parents[1] / "scenarios/topologies/three-sites.yaml"
MOMENTS = 20
UP_TO = 2.5
"""Seconds after the workers' start: building takes the first half second, then labs come and go."""

SCENARIO = """
import pytest
from harness.network.hearing import isolate
from harness.units import seconds
pytestmark = pytest.mark.lab("it", machines="any")

@pytest.mark.parametrize("time", range(40))
def test_it(lab, time):
    lab.switch_on()
    for machine in list(lab.machines.values())[:2]:
        machine.start(["sleep", "600"])
    with lab.deafen(isolate(["c"], ["a", "b", "c"])):
        lab.links("b").cut()
        machine.run(["hostname"], within=10 * seconds)
        lab.links("b").restore()
    lab.switch_off()
"""


def test_whoever_is_killed_and_whenever_nothing_is_left() -> None:
    modules = dict.fromkeys("abcdefgh", SCENARIO)
    with killing.suite(THREE_SITES.read_text(), modules, "--lab-machines=namespace") as suite:
        suite.kill_at_random(MOMENTS, UP_TO)
