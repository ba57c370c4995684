from __future__ import annotations

import signal
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.faults.processes import Kill, PauseProcess, Restart, Stop
from harness.machines.services import Service, Services
from harness.sandbox.waiting import wait_until
from harness.units import seconds
from tests.faults.rig import RealRig

pytestmark = pytest.mark.kernel

STORE = Service("store", ("/bin/sleep", "60"))
OTHER = Service("other", ("/bin/sleep", "61"))


@pytest.fixture
def served(rig: RealRig, tmp_path: Path) -> RealRig:
    node = rig.machines["node01"]
    services = Services([STORE, OTHER], tmp_path / "logs")
    node.install(services)
    services.start(node)
    wait_until("both", lambda: all(node.find_processes(name) for name in services.names), within=5 * seconds)
    return rig


def test_a_killed_service_is_another_process_then_and_others_are_left_alone(served: RealRig) -> None:
    node = served.machines["node01"]
    (before,), (other,) = node.find_processes("store"), node.find_processes("other")
    injected = Kill(("node01",), "store").inject(served)
    assert str(injected.proof()) == f"it bit: store on node01 is gone: process {before}"
    injected.heal()
    (after,) = wait_until("its supervisor", lambda: node.find_processes("store"), within=5 * seconds)
    assert after != before
    assert node.find_processes("other") == [other]


def test_a_program_is_killed_wherever_it_runs(served: RealRig) -> None:
    node = served.machines["node01"]
    there = [pid for name in ("store", "other") for pid in node.find_processes(name)]
    killed = Kill(("node01",), "sleep").inject(served).proof()
    assert killed.bit
    assert all(str(pid) in killed.seen for pid in there)
    assert killed.seen.count(",") == 1, "two processes"


def test_a_paused_process_is_stopped_until_it_is_healed(served: RealRig) -> None:
    node = served.machines["node01"]
    there, others = node.find_processes("store"), node.find_processes("other")
    injected = PauseProcess(("node01",), "store").inject(served)
    assert node.process_states(there) == dict.fromkeys(there, "T")
    assert "T" not in node.process_states(others).values()
    assert injected.proof().bit
    injected.heal()
    injected.heal()
    wait_until("it to go on", lambda: "T" not in node.process_states(there).values(), within=5 * seconds)
    assert injected.proof().bit, "as it was while it was in force"


def test_a_process_that_somebody_let_go_on_does_not_stand_still(served: RealRig) -> None:
    node = served.machines["node01"]
    injected = PauseProcess(("node01",), "store").inject(served)
    node.send_signal(node.find_processes("store"), signal.SIGCONT)
    wait_until("it to go on", lambda: injected.proof().bit is False, within=5 * seconds)


def test_a_restarted_service_is_another_process(served: RealRig) -> None:
    node = served.machines["node01"]
    before = node.find_processes("store")
    assert Restart(("node01",), "store").inject(served).proof().bit
    assert not set(before) & set(node.find_processes("store"))


def test_a_stopped_service_starts_again_when_it_is_healed(served: RealRig) -> None:
    node = served.machines["node01"]
    injected = Stop(("node01",), "store").inject(served)
    assert injected.proof().bit
    assert node.find_processes("store") == []
    injected.heal()
    wait_until("it to run", lambda: node.find_processes("store"), within=5 * seconds)


def test_what_does_not_run_can_not_be_killed(served: RealRig) -> None:
    with pytest.raises(LabError, match="node01: runs no service or program 'iam'"):
        Kill(("node01",), "iam").inject(served)
    with pytest.raises(LabError, match="node04: runs no service or program 'store'"):
        PauseProcess(("node01", "node04"), "store").inject(served)
    node = served.machines["node01"]
    assert "T" not in node.process_states(node.find_processes("store")).values(), "nothing is in force"
