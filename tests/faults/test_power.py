from __future__ import annotations

from pathlib import Path

import pytest

from harness.faults.power import Pause, PowerCut, Reset
from harness.sandbox.waiting import wait_until
from harness.units import seconds
from tests.faults.rig import RealRig

pytestmark = pytest.mark.kernel


def state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_power_cut_takes_machines_down_and_healing_brings_them_back(rig: RealRig) -> None:
    injected = PowerCut(("a",)).inject(rig)
    assert not rig.machines["node01"].is_on()
    assert str(injected.proof()) == "it bit: node01 lost power"
    injected.heal()
    assert rig.machines["node01"].is_on()
    assert not rig.machines["node02"].is_on(), "it was off before"


def test_where_there_was_no_power_nothing_bit(rig: RealRig) -> None:
    assert PowerCut(("node02",)).inject(rig).proof().bit is False


def test_a_pause_stops_processes_and_healing_lets_them_go_on(rig: RealRig) -> None:
    child = rig.machines["node01"].start(["sleep", "60"])
    injected = Pause(("node01",)).inject(rig)
    assert injected.proof().bit
    wait_until("it to stop", lambda: state(child.pid) == "T", within=5 * seconds)
    injected.heal()
    wait_until("it to go on", lambda: state(child.pid) != "T", within=5 * seconds)
    assert injected.proof().bit, "as it was while it was in force"


def test_a_pause_ends_where_the_machine_lost_its_power_meanwhile(rig: RealRig) -> None:
    injected = Pause(("node01",)).inject(rig)
    rig.machines["node01"].cut()
    injected.heal()
    assert injected.proof().bit is None


def test_a_machine_that_somebody_resumed_did_not_stand_still(rig: RealRig) -> None:
    node = rig.machines["node01"]
    node.start(["sleep", "60"])
    injected = Pause(("node01",)).inject(rig)
    node.resume()
    assert str(injected.proof()) == "it did not bite: node01 did not stand still"
    injected.heal()


def test_nobody_can_say_whether_a_machine_without_processes_stood_still(rig: RealRig) -> None:
    injected = Pause(("node01",)).inject(rig)
    assert injected.proof().bit is None
    injected.heal()


def test_what_a_machine_can_not_do_is_a_problem(rig: RealRig) -> None:
    assert Reset(("node01",)).problems(rig) == ["node01 can't do that: it is no Reset"]
    assert PowerCut(("a",)).problems(rig) == []
    (problem,) = PowerCut(("d",)).problems(rig)
    assert problem.startswith("'d' is no machine")
