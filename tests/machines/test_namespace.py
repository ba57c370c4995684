from __future__ import annotations

import secrets
import signal
import sys
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

import pytest
from pyroute2.netlink.exceptions import NetlinkError

from harness.errors import LabError
from harness.machines.namespace import NamespaceMachine, switch_off, switch_on
from harness.machines.protocol import Kill, Machine, Pause, PowerCut, Reset
from harness.network.ports import Access
from harness.network.switched import SwitchNetwork
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import NotSeen, wait_until
from harness.topology.gateways import Gateway
from harness.topology.model import MachineSpec, NicSpec
from harness.units import seconds

pytestmark = pytest.mark.kernel

SLEEP = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.fixture
def network(tmp_path: Path) -> Iterator[SwitchNetwork]:
    with NetworkNamespace.create() as home:
        made = SwitchNetwork(tmp_path, home)
        made.start()
        yield made
        made.stop()


def machine(network: SwitchNetwork, number: int) -> NamespaceMachine:
    address = IPv4Interface(f"10.0.10.{number}/24")
    mac = f"52:54:00:00:00:{number:02x}"
    nic = NicSpec(name="eth0", mac=mac, vlan="a", address=IPv4Address(address.ip))
    spec = MachineSpec(name=f"node{number:02}", nics=(nic,))
    return NamespaceMachine(spec, [Card("eth0", mac, Access(10), {10: [address]})], network=network)


@pytest.fixture
def node(network: SwitchNetwork) -> Iterator[NamespaceMachine]:
    made = machine(network, 1)
    made.on()
    yield made
    made.cut()


def state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def test_it_is_a_machine_that_can_be_paused_cut_and_killed_on_but_not_reset(node: NamespaceMachine) -> None:
    assert isinstance(node, Machine)
    assert isinstance(node, Pause)
    assert isinstance(node, PowerCut)
    assert isinstance(node, Kill)
    assert not isinstance(node, Reset)


def test_a_command_runs_inside(node: NamespaceMachine) -> None:
    done = node.run([sys.executable, "-c", "import socket; print(socket.if_nameindex()); exit(3)"], within=10 * seconds)
    assert "eth0" in done.text
    assert done.status == 3


def test_machines_hear_each_other(node: NamespaceMachine, network: SwitchNetwork) -> None:
    other = machine(network, 2)
    other.on()
    listen = (
        "import socket; s = socket.create_server(('10.0.10.2', 80)); print(flush=True); s.accept()[0].send(b'hello')"
    )
    server = other.start([sys.executable, "-c", listen], stdout=-1)
    assert server.stdout is not None
    with server.stdout:
        server.stdout.readline()
    ask = "import socket; print(socket.create_connection(('10.0.10.2', 80)).recv(9))"
    assert node.run([sys.executable, "-c", ask], within=10 * seconds).text == "b'hello'\n"
    other.off(within=5 * seconds)
    assert not other.is_on()


def test_it_goes_off_and_comes_back(node: NamespaceMachine) -> None:
    node.on()
    sleeper = node.start(SLEEP)
    node.off(within=5 * seconds)
    assert sleeper.returncode == -signal.SIGTERM
    node.off(within=5 * seconds)
    node.on()
    assert node.processes() == []


def test_who_does_not_want_to_go_is_waited_for_in_vain(node: NamespaceMachine) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); signal.pause()"
    child = node.start([sys.executable, "-c", stubborn], stdout=-1)
    assert child.stdout is not None
    with child.stdout:
        child.stdout.readline()
        with pytest.raises(NotSeen, match="node01's processes to be gone"):
            node.off(within=0.1 * seconds)
    assert node.is_on()
    node.cut()
    assert child.returncode == -signal.SIGKILL


def test_a_pause_stops_its_processes_and_no_others(node: NamespaceMachine, network: SwitchNetwork) -> None:
    other = machine(network, 2)
    other.on()
    mine, its = node.start(SLEEP), other.start(SLEEP)
    node.pause()
    assert node.stands_still()
    wait_until("it to stop", lambda: state(mine.pid) == "T", within=5 * seconds)
    assert state(its.pid) != "T"
    node.resume()
    wait_until("it to go on", lambda: state(mine.pid) != "T", within=5 * seconds)
    switch_off([other])


def test_a_pause_stops_what_starts_programs_all_the_time(node: NamespaceMachine) -> None:
    """A shell waits uninterruptibly until what it has forked is a program, which it never is while it is stopped."""
    node.on()
    for _ in range(4):
        node.start(["/bin/sh", "-c", "while :; do /bin/true; done"])
    for _ in range(50):
        node.pause()
        assert node.stands_still()
        node.resume()


def test_processes_are_killed_by_name(node: NamespaceMachine) -> None:
    sleeper = node.start(["sleep", "60"])
    wait_until("its name", lambda: Path(f"/proc/{sleeper.pid}/comm").read_text() == "sleep\n", within=5 * seconds)
    assert node.kill("nobody") == 0
    assert node.kill("sleep") == 1
    assert sleeper.wait(5) == -signal.SIGKILL


def test_a_machine_that_is_off_says_so(network: SwitchNetwork) -> None:
    node = machine(network, 1)
    with pytest.raises(LabError, match="node01: is off"):
        node.run(["true"], within=1 * seconds)
    node.cut()


def test_a_command_that_is_not_there_or_does_not_end(node: NamespaceMachine) -> None:
    with pytest.raises(LabError, match="could not start no-such-program"):
        node.run(["no-such-program"], within=1 * seconds)
    with pytest.raises(LabError, match=r"did not end within 0\.1 s"):
        node.run(SLEEP, within=0.1 * seconds)
    assert node.processes() == []


def test_a_hundred_go_on_and_off_together(network: SwitchNetwork) -> None:
    machines = [machine(network, number) for number in range(1, 101)]
    started = time.process_time()  # however much of a processor others leave to us
    switch_on(machines)
    assert time.process_time() - started < 5
    assert len(network.links) == 100
    started = time.process_time()
    switch_off(machines)
    assert time.process_time() - started < 5


def test_what_just_forks_is_off_with_its_machine_all_the_same(node: NamespaceMachine) -> None:
    forking = "import os, time\nfor _ in range(300):\n  if os.fork() == 0: time.sleep(600)\n  time.sleep(0.001)"
    mark = secrets.token_hex()
    for _ in range(5):
        node.on()
        node.start([sys.executable, "-c", forking, mark])
        wait_until("a few processes", lambda: len(node.processes()) > 10, within=10 * seconds)
        node.cut()
        assert not node.is_on()
        assert [pid for pid in all_processes() if mark.encode() in command_line(pid)] == []


def test_a_command_that_takes_too_long_ends_with_all_that_it_has_started(node: NamespaceMachine) -> None:
    started = time.monotonic()
    with pytest.raises(LabError, match=r"sh did not end within 1.0 s(.|\n)*begun"):
        node.run(["sh", "-c", "echo begun; sleep 60 & sleep 60"], within=1 * seconds)
    assert time.monotonic() - started < 30
    wait_until("nothing to run", lambda: not node.processes(), within=5 * seconds)


def test_a_machine_that_could_not_be_made_is_made_later(network: SwitchNetwork) -> None:
    node = machine(network, 3)
    beyond = Gateway(IPv4Address("10.9.9.9"), IPv4Network("10.0.10.0/24"), IPv4Address("10.0.10.3"), None)
    node.gateways = (beyond,)
    with pytest.raises(NetlinkError, match="Network is unreachable"):
        node.on()
    assert not node.is_on()
    node.gateways = ()
    node.on()
    node.cut()


def all_processes() -> set[int]:
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()}


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
