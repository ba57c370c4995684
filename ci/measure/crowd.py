"""Many namespace machines over three sites, and as many of Mininet's hosts on one bridge."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv4Address, IPv4Interface
from itertools import combinations
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
    from collections.abc import Iterator

SITES = ("a", "b", "c")
VLAN = 10
WITHIN = 60.0
MININET = ["/usr/bin/python3", str(Path(__file__).with_name("mininet_peer.py"))]
NANOSECONDS = 1e9


class Crowd(NamedTuple):
    """How long it took to start and to stop so many machines, in seconds."""

    up: float
    down: float


def machines(folder: Path, number: int) -> Crowd:
    """Start the switches and so many machines, see that one hears another of the next site, and stop all.

    They are down when the kernel has cleared their namespaces away, which it does after all has been let go.
    """
    started = time.perf_counter()
    with _network(folder) as network:
        crowd = [_machine(network, one) for one in range(number)]
        switch_on(crowd)
        up = time.perf_counter() - started
        _greet(crowd[0], crowd[1])
        for end, one in (("first", crowd[0]), ("last", crowd[-1])):
            network.namespace.run(lambda: _leave_witness(end, one))  # noqa: B023 - called at once
        started = time.perf_counter()
        switch_off(crowd)
        look = partial(network.namespace.run, _witnesses)
        gone("their namespaces", look, within=5 * seconds, interval=5 * milliseconds)
    return Crowd(up, time.perf_counter() - started)


def mininet(number: int) -> Crowd:
    """Let Mininet do the same with its own hosts, on a Linux bridge, in namespaces that nothing gets out of."""
    command = confined.command([*MININET, str(number)], pid=True, net=True)
    done = subprocess.run(command, check=True, capture_output=True, timeout=WITHIN)
    return Crowd(**json.loads(done.stdout))


@contextmanager
def idle_switch(folder: Path, number: int) -> Iterator[int]:
    """Give the process identifier of a switch with so many machines that are silent."""
    with _network(folder) as network:
        crowd = [_machine(network, one) for one in range(number)]
        switch_on(crowd)
        assert network.process.pid is not None  # noqa: S101 - it runs
        yield network.process.pid
        switch_off(crowd)


def processor_share(process: int, span: float) -> float:
    """Return which share of a core a process has used in so many seconds, in percent."""
    before = _processor_time(process)
    time.sleep(span)
    return 100 * (_processor_time(process) - before) / span


@contextmanager
def _network(folder: Path) -> Iterator[SwitchNetwork]:
    """Give a running network: a switch in each site, and a line between any two."""
    with NetworkNamespace.create() as home:
        network = SwitchNetwork(folder, home)
        network.start()
        try:
            for first, second in combinations(SITES, 2):
                network.connect(f"{first}--{second}", first, second, vlans=[VLAN], wan=True)
            yield network
        finally:
            network.stop()


def _machine(network: SwitchNetwork, number: int) -> NamespaceMachine:
    site = number % len(SITES)
    high, low = divmod(number + 1, 1 << 8)
    address = IPv4Interface(f"10.{site}.{high}.{low}/8")
    mac = f"52:54:00:{site:02x}:{high:02x}:{low:02x}"
    nic = NicSpec(name="eth0", mac=mac, vlan="all", address=IPv4Address(address.ip))
    spec = MachineSpec(name=f"node{number:04}", nics=(nic,))
    card = Card("eth0", mac, Access(VLAN), {VLAN: [address]}, SITES[site])
    return NamespaceMachine(spec, [card], network=network)


def _greet(one: NamespaceMachine, other: NamespaceMachine) -> None:
    """Raise `OSError` where one machine does not answer the other."""
    address = str(other.cards[0].addresses[VLAN][0].ip)
    with other.namespace.run(partial(socket.create_server, (address, 80))):
        one.namespace.run(partial(socket.create_connection, (address, 80), timeout=5)).close()


def _leave_witness(name: str, machine: NamespaceMachine) -> None:
    """Make a veth pair into a machine: it goes when the kernel has cleared the machine's namespace away."""
    with IPRoute() as netlink:
        netlink.link("add", ifname=name, kind="veth", peer={"ifname": name, "net_ns_fd": machine.namespace.fileno()})


def _witnesses() -> int:
    with IPRoute() as netlink:
        return len(netlink.link_lookup(kind="veth"))


def _processor_time(process: int) -> float:
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / NANOSECONDS
