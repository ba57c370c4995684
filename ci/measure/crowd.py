"""Many namespace machines over three sites, and as many of Mininet's hosts on one bridge."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pyroute2 import IPRoute

from harness.machines.namespace import NamespaceMachine, switch_off, switch_on
from harness.network.ports import Access
from harness.network.switched import SwitchNetwork
from harness.network.wiring import Card
from harness.sandbox import confined
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import gone
from harness.topology.model import MachineSpec, NicSpec
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SITES = 3
WITHIN = 60.0
MININET = ["/usr/bin/python3", str(Path(__file__).with_name("mininet_peer.py"))]
NANOSECONDS = 1e9


class Crowd(NamedTuple):
    """How long it took to start and to stop so many machines, in seconds."""

    up: float
    down: float


def machines(folder: Path, number: int) -> Crowd:
    """Start a switch and so many namespace machines, see that the farthest hear each other, and stop all."""
    started = time.perf_counter()
    with NetworkNamespace.create() as home:
        network = SwitchNetwork(folder, home)
        network.start()
        try:
            crowd = [_machine(network, one) for one in range(number)]
            switch_on(crowd)
            up = time.perf_counter() - started
            _greet(crowd)
            for end, one in (("first", crowd[0]), ("last", crowd[-1])):
                home.run(lambda: _leave_witness(end, one))  # noqa: B023 - called at once
            started = time.perf_counter()
            switch_off(crowd)
            gone("their namespaces", lambda: home.run(_witnesses), within=5 * seconds, interval=5 * milliseconds)
            down = time.perf_counter() - started
        finally:
            network.stop()
    return Crowd(up, down)


def mininet(number: int) -> Crowd:
    """Let Mininet do the same with its own hosts, on a Linux bridge, in namespaces that nothing gets out of."""
    command = confined.command([*MININET, str(number)], pid=True, net=True)
    done = subprocess.run(command, check=True, capture_output=True, timeout=WITHIN)
    return Crowd(**json.loads(done.stdout))


@contextmanager
def idle_switch(folder: Path, number: int) -> Iterator[int]:
    """Give the process identifier of a switch with so many machines that are silent."""
    with NetworkNamespace.create() as home:
        network = SwitchNetwork(folder, home)
        network.start()
        try:
            crowd = [_machine(network, one) for one in range(number)]
            switch_on(crowd)
            assert network.process.pid is not None  # noqa: S101 - it runs
            yield network.process.pid
            switch_off(crowd)
        finally:
            network.stop()


def processor_share(process: int, span: float) -> float:
    """Return which share of a core a process has used in so many seconds, in percent."""
    before = _processor_time(process)
    time.sleep(span)
    return 100 * (_processor_time(process) - before) / span


def _machine(network: SwitchNetwork, number: int) -> NamespaceMachine:
    site = number % SITES
    address = IPv4Interface(f"10.{site}.{number >> 8}.{number & 0xFF or 1}/8")
    mac = f"52:54:00:{site:02x}:{number >> 8:02x}:{number & 0xFF:02x}"
    nic = NicSpec(name="eth0", mac=mac, vlan="all", address=IPv4Address(address.ip))
    spec = MachineSpec(name=f"node{number:04}", nics=(nic,))
    card = Card("eth0", mac, Access(10), {10: [address]})
    return NamespaceMachine(spec, [card], network=network)


def _greet(crowd: Sequence[NamespaceMachine]) -> None:
    """Raise where the last machine is not heard by the first."""
    to = str(crowd[-1].spec.nics[0].address)
    answer = crowd[0].run(["ping", "-n", "-c", "1", "-W", "2", to], within=5 * seconds)
    if answer.status:
        raise SystemExit(f"{crowd[-1].name} does not answer {crowd[0].name}: {answer.text}")


def _leave_witness(name: str, machine: NamespaceMachine) -> None:
    """Make a veth pair into a machine: it goes when the kernel has cleared the machine's namespace away."""
    with IPRoute() as netlink:
        netlink.link("add", ifname=name, kind="veth", peer={"ifname": name, "net_ns_fd": machine.namespace.fileno()})


def _witnesses() -> int:
    with IPRoute() as netlink:
        return len(netlink.link_lookup(kind="veth"))


def _processor_time(process: int) -> float:
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / NANOSECONDS
