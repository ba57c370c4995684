"""A second DHCP server on the VLAN from which machines boot."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.faults.boot import Boots
from harness.faults.fault import Fault, Injected, Proof
from harness.provisioning.rogue import RogueServer
from harness.sandbox.netns import NetworkNamespace

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from harness.faults.fault import Rig

INTERFACE = "rogue0"
NAME = "rogue"


@dataclass(frozen=True)
class RogueDhcp(Fault):
    """Put a second DHCP server on the boot server's VLAN.

    It leases the `pool` addresses that follow its own, or those before it where the subnet ends with them.
    """

    word = "rogue-dhcp"

    address: str
    pool: int = 10

    def __post_init__(self) -> None:
        """Raise `ValueError` where that is no address, or no pool."""
        IPv4Address(self.address)
        if self.pool < 1:
            raise ValueError(f"pool is {self.pool}, expected at least 1")

    def inject(self, rig: Rig) -> Injected:
        """Start it."""
        return _Rogue(_booting(rig), rig, IPv4Address(self.address), self.pool)

    def problems(self, rig: Rig) -> list[str]:
        """Return why it can't be put there."""
        boot = rig.topology.boot_server
        if boot is None or not isinstance(rig, Boots):
            return [f"the lab {rig.topology.name} has no boot server, so no VLAN from which machines boot"]
        subnet = rig.topology.vlan(boot.vlan).subnet
        address = IPv4Address(self.address)
        ends = (address, *_leased(subnet, address, self.pool)[:1])
        return [f"{end} is not in {subnet}, from which machines boot" for end in ends if end not in subnet]


class _Rogue(Injected):
    def __init__(self, lab: Boots, rig: Rig, address: IPv4Address, pool: int) -> None:
        boot = rig.topology.boot_server
        if boot is None:
            raise LabError(f"the lab {rig.topology.name} has no boot server, so no VLAN from which machines boot")
        with ExitStack() as undo:
            place = undo.enter_context(NetworkNamespace.create())
            lab.wire_host(NAME, place, boot.vlan, INTERFACE, address)
            undo.callback(lab.unwire_host, NAME, boot.vlan)
            subnet = rig.topology.vlan(boot.vlan).subnet
            leased = _leased(subnet, address, pool)
            folder = lab.evidence / f"rogue-{address}"
            server = RogueServer(place=place, interface=INTERFACE, subnet=subnet, pool=leased, folder=folder)
            self._server = undo.enter_context(server)
            self._undo = undo.pop_all()

    def proof(self) -> Proof:
        answers = self._server.answers()
        return Proof(answers > 0, f"the second DHCP server answered {answers} times")

    def heal(self) -> None:
        self._undo.close()


def _leased(subnet: IPv4Network, address: IPv4Address, pool: int) -> tuple[IPv4Address, IPv4Address]:
    """Return the first and the last address of a pool beside a server's own."""
    after = address + pool in subnet and address + pool != subnet.broadcast_address
    return (address + 1, address + pool) if after else (address - pool, address - 1)


def _booting(rig: Rig) -> Boots:
    if not isinstance(rig, Boots):
        raise LabError(f"the lab {rig.topology.name} has no boot server")
    return rig
