"""What faults are injected into: namespace machines on a real switch, over three sites."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.errors import LabError
from harness.faults.fault import Injected, Proof, Rig
from harness.faults.links import Pull, Severed
from harness.machines.namespace import NamespaceMachine, switch_off, switch_on
from harness.network import kinds, plan
from harness.network.hearing import Hearing, Match
from harness.network.protocol import BOTH, Cut
from harness.network.selection import Directory, LinkSet
from harness.network.switched import SwitchNetwork
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.topology.loader import load
from harness.topology.model import Topology
from harness.units import seconds

THREE_SITES = load(Path(__file__).parents[2] / "scenarios/topologies/three-sites.yaml")
SEND = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as card:
    card.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    for _ in range(int(sys.argv[1])):
        card.sendto(b"word", ("10.0.100.255", 9))
"""


class _Unseen(Severed):
    def proof(self) -> Proof:
        raise LabError("its counters are not read")


@dataclass(frozen=True)
class Unseen(Pull):
    """Pulled cables of which nothing can be learned."""

    def inject(self, rig: Rig) -> Injected:
        return _Unseen(rig.links(*self.links), BOTH, carrier=False)


class RealRig:
    """Machines on their provisioning VLAN, which is in every site."""

    def __init__(self, network: SwitchNetwork) -> None:
        self.topology: Topology = THREE_SITES
        self.network = network
        self._directory = Directory(THREE_SITES)
        cards = {name: [one.card for one in planned] for name, planned in plan.cards(THREE_SITES).items()}
        self.machines: Mapping[str, NamespaceMachine] = {
            spec.name: NamespaceMachine(spec, cards[spec.name], network=network) for spec in THREE_SITES.machines
        }

    def links(self, *names: str) -> LinkSet:
        return LinkSet([self.network.links[name] for name in self._directory.links_of(*names)])

    def machines_of(self, *names: str) -> tuple[str, ...]:
        return self._directory.machines_of(*names)

    def deafen(self, who: Hearing, *, only: Match | None = None) -> Cut:
        return self.network.deafen(self._directory.hearing(who), only=only)

    def say(self, machine: str, times: int = 1) -> None:
        """Have a machine send datagrams to everyone, and wait until they are at its switch."""
        link = self.network.links[f"{machine}/eth0"]
        wanted = link.counters().received + times
        done = self.machines[machine].run([sys.executable, "-c", SEND, str(times)], within=10 * seconds)
        assert done.status == 0, done.stderr
        wait_until("the datagrams", lambda: link.counters().received >= wanted, within=5 * seconds)


@contextmanager
def real_rig(folder: Path, *on: str) -> Iterator[RealRig]:
    """Build it, with these machines switched on."""
    with ExitStack() as undo:
        home = undo.enter_context(NetworkNamespace.create())
        network = SwitchNetwork(folder, home)
        network.start()
        undo.callback(network.stop)
        kinds.lay_out(network, THREE_SITES)
        rig = RealRig(network)
        undo.callback(switch_off, list(rig.machines.values()))
        switch_on([rig.machines[name] for name in on])
        yield rig
