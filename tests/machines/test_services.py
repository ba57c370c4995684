from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.machines.namespace import NamespaceMachine
from harness.machines.services import Service, Services
from harness.network.ports import Access
from harness.network.switched import SwitchNetwork
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.topology.model import MachineSpec, NicSpec
from harness.units import seconds

pytestmark = pytest.mark.kernel

MAC = "52:54:00:00:00:01"
STAYS = Service(
    "stays", ("/bin/sh", "-c", 'echo "started as $ROLE"; exec sleep 60'), {"ROLE": "leader"}, "started as l.*r"
)
ENDS = Service("ends", ("/bin/sh", "-c", "echo done"))
SILENT = Service("silent", ("/bin/sleep", "60"), settled="never")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[[Service], NamespaceMachine]]:
    nic = NicSpec(name="eth0", mac=MAC, vlan="a", address=IPv4Address("10.0.10.1"))
    card = Card("eth0", MAC, Access(10), {10: [IPv4Interface("10.0.10.1/24")]})
    with NetworkNamespace.create() as home:
        network = SwitchNetwork(tmp_path, home)
        network.start()
        made = NamespaceMachine(MachineSpec(name="node01", nics=(nic,)), [card], network=network)

        def on(*services: Service) -> NamespaceMachine:
            made.install(Services(services, tmp_path / "logs"))
            made.on()
            return made

        yield on
        made.cut()
        network.stop()


def started(log: Path) -> int:
    return log.read_text().count("started as leader\n") if log.exists() else 0


def test_services_start_with_the_machine_and_have_settled_then(
    machine: Callable[..., NamespaceMachine], tmp_path: Path
) -> None:
    assert machine(ENDS, STAYS).services == ("ends", "stays")
    assert started(tmp_path / "logs/stays.log") == 1


def test_what_fails_is_started_again_and_what_ends_well_is_not(
    machine: Callable[..., NamespaceMachine], tmp_path: Path
) -> None:
    on = machine(ENDS, STAYS)
    wait_until("it, which is a shell first, to be killed", lambda: on.kill("sleep") == 1, within=5 * seconds)
    wait_until("the second start", lambda: started(tmp_path / "logs/stays.log") == 2, within=5 * seconds)
    wait_until("the other's only one", lambda: (tmp_path / "logs/ends.log").read_text() == "done\n", within=5 * seconds)


def test_what_only_starts_a_service_is_none_of_it(machine: Callable[..., NamespaceMachine]) -> None:
    """Neither what the shell has forked and is no program yet, nor the pause between two starts."""
    on = machine(Service("fails", ("/bin/sleep", "never")), SILENT)
    (silent,) = wait_until("the other one", lambda: on.find_processes("silent"), within=5 * seconds)

    def stopped_in_a_pause() -> list[int]:
        on.pause()
        if not (found := [pid for pid in on.processes() if _command(pid) == b"sleep\0001\0"]):
            on.resume()
        return found

    pausing = wait_until("a pause", stopped_in_a_pause, within=5 * seconds)
    assert on.find_processes("fails") == []
    assert on.find_processes("sh") == []
    assert on.find_processes("sleep") == [silent]
    on.stop_service("fails")
    assert not set(pausing) & set(on.processes())


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_one_is_stopped_and_started_by_itself(machine: Callable[..., NamespaceMachine], tmp_path: Path) -> None:
    on = machine(SILENT, STAYS)
    wait_until("a process of each", lambda: all(map(on.find_processes, on.services)), within=5 * seconds)
    silent = on.find_processes("silent")
    on.stop_service("stays")
    assert on.find_processes("stays") == []
    on.stop_service("stays")
    on.start_service("stays")
    wait_until("the second start", lambda: started(tmp_path / "logs/stays.log") == 2, within=5 * seconds)
    assert on.find_processes("silent") == silent


def test_one_that_does_not_hear_is_killed_with_all_that_it_forks(machine: Callable[..., NamespaceMachine]) -> None:
    forks = "trap '' TERM; echo trapped; while :; do sleep 60 & sleep 0.1; done"
    deaf = Service("deaf", ("/bin/sh", "-c", forks), settled="trapped")
    on = machine(deaf)
    on.stop_service("deaf")
    assert on.processes() == []


def test_they_go_with_the_machine_and_come_back_with_it(
    machine: Callable[..., NamespaceMachine], tmp_path: Path
) -> None:
    on = machine(STAYS)
    on.cut()
    assert not on.is_on()
    on.on()
    assert started(tmp_path / "logs/stays.log") == 2


def test_what_never_settles_keeps_nobody_from_going_on(machine: Callable[..., NamespaceMachine]) -> None:
    assert machine(SILENT).is_on()


def test_what_runs_once_is_done_when_it_ended_well(machine: Callable[..., NamespaceMachine], tmp_path: Path) -> None:
    late = Service("late", ("/bin/sh", "-c", f"test -e {tmp_path}/go"), once=True)
    on = machine(STAYS, late)
    assert not on.prepared()
    (tmp_path / "go").touch()
    wait_until("the second try", on.prepared, within=5 * seconds)


def test_a_service_that_is_none_is_named(machine: Callable[..., NamespaceMachine], tmp_path: Path) -> None:
    on = machine(ENDS)
    with pytest.raises(LabError, match=r"node01: has no service 'iam', only ends"):
        Services([ENDS], tmp_path).start(on, "iam")


def test_what_ended_and_should_not_have_is_told_with_its_last_words(machine: Callable[..., NamespaceMachine]) -> None:
    fails = Service("fails", ("/bin/sh", "-c", "echo 'no such file'; exit 3"))
    once = Service("once", ("/bin/true",), once=True)
    on = machine(fails, ENDS, STAYS, once)
    wait_until("both to end", lambda: len(on.ended()) == 2, within=10 * seconds)
    failed, ended = sorted(on.ended(), reverse=True)
    assert failed.startswith("fails ended ")
    assert failed.endswith(" times, the last time with status 3: no such file")
    assert ended == "ends ended 1 times, the last time with status 0: done"


def test_two_services_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two services of stays, ends, stays have the same name"):
        Services([STAYS, ENDS, STAYS], tmp_path)
