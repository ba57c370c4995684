from __future__ import annotations

import time

import pytest

from harness.errors import Inconclusive, LabError
from harness.faults.runner import Run
from harness.faults.schedule import Schedule, Step
from harness.faults.words import parse
from harness.sandbox.waiting import NotSeen, wait_until
from harness.units import milliseconds, seconds
from tests.faults.rig import RealRig, Unseen

pytestmark = pytest.mark.kernel

LINK = "a--b"
MILLION = 10**6


def test_a_schedule_is_run_at_its_times_and_what_was_done_is_kept(rig: RealRig) -> None:
    schedule = parse("at 0s power-cut node07 for 300ms\nat 100ms pause node04 for 100ms")
    rig.machines["node04"].start(["sleep", "60"])
    began = time.time_ns()
    with Run(rig, schedule) as run:
        pass
    cut, pause = run.executed
    assert [cut.step, pause.step] == list(schedule)
    assert cut.proof is not None
    assert cut.proof.bit
    assert cut.healed_ns is not None
    assert pause.healed_ns is not None
    assert cut.in_force_ns < pause.in_force_ns < pause.healed_ns < cut.healed_ns
    assert pause.injected_ns - began >= 100 * MILLION
    assert pause.healed_ns - began >= 200 * MILLION
    assert cut.healed_ns - began >= 300 * MILLION
    assert rig.machines["node07"].is_on()


def test_a_fault_that_did_not_bite_leaves_the_run_unknown(rig: RealRig) -> None:
    with pytest.raises(Inconclusive, match="cut a--b: it did not bite: 0 frames"), Run(rig, parse("at 0s cut a--b")):
        pass


def test_a_fault_that_can_not_be_looked_at_is_healed_and_leaves_the_run_unknown(rig: RealRig) -> None:
    schedule = Schedule((Step(0 * seconds, Unseen(("node01",))),))
    with (
        pytest.raises(Inconclusive, match="nobody can say whether it bit: its counters are not read"),
        Run(rig, schedule),
    ):
        pass
    assert not rig.network.links["node01/eth0"].is_cut("up")


def test_what_can_not_be_injected_is_told_before_anything_is(rig: RealRig) -> None:
    schedule = parse("at 0s power-cut node01\nat 0s isolate d\nat 1s reset node04")
    with pytest.raises(LabError) as caught, Run(rig, schedule):
        pass
    assert str(caught.value).splitlines()[0] == "the schedule can't be run here:"
    assert "isolate d: 'd' is no machine" in str(caught.value)
    assert "reset node04: node04 can't do that: it is no Reset" in str(caught.value)
    assert rig.machines["node01"].is_on()


def test_the_same_step_twice_is_two_steps(rig: RealRig) -> None:
    (step,) = parse("at 0s cut a--b for 20ms")
    run = Run(rig, Schedule((step, step)))
    with pytest.raises(Inconclusive), run:
        pass
    assert [one.healed_ns is not None for one in run.executed] == [True, True]


def test_a_failing_block_ends_the_schedule_and_heals_what_is_in_force(rig: RealRig) -> None:
    schedule = parse("at 0s cut a--b\nat '10 min' power-cut node01")
    with pytest.raises(NotSeen), Run(rig, schedule):
        wait_until("what never comes", lambda: None, within=200 * milliseconds)
    assert not rig.network.links[LINK].is_cut("up")
    assert rig.machines["node01"].is_on()
