"""Changes of a cluster's members while it is under fault: one added, one removed. There is nothing to heal then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from harness.errors import LabError
from harness.faults.machines import Done, OfMachines, each
from harness.sandbox.waiting import NotSeen, wait_until
from harness.stacks.powers import Shrinkable
from harness.stacks.protocol import Unavailable
from harness.units import minutes, seconds

if TYPE_CHECKING:
    from harness.faults.fault import Injected, Rig
    from harness.machines.protocol import Machine
    from harness.stacks.protocol import Cluster

SEEN_WITHIN = 1 * minutes
LOOK_WITHIN = 10 * seconds


class Growing(Protocol):
    """A lab with a cluster, to which machines can be added."""

    @property
    def cluster(self) -> Cluster:
        """The means to ask the cluster."""

    def install(self, *names: str) -> None:
        """Install machines so that they join the cluster."""


@dataclass(frozen=True)
class _OfMembers(OfMachines):
    """A change of members."""

    def problems(self, rig: Rig) -> list[str]:
        """Return that the lab has no cluster, or which names mean nothing."""
        if rig.topology.stack is None or not hasattr(rig, "install"):
            return [f"the lab {rig.topology.name} has no cluster that could change"]
        return super().problems(rig)


@dataclass(frozen=True)
class AddMember(_OfMembers):
    """Install machines so that they join the cluster, switch them on, and see that they are members."""

    word = "add-member"

    def problems(self, rig: Rig) -> list[str]:
        """Return what others return, and which machines could not be members."""
        told = super().problems(rig)
        return told or [
            f"{one.spec.name} has no vote, so it is no member" for one in self.on(rig) if not one.spec.voter
        ]

    def inject(self, rig: Rig) -> Injected:
        """Add them one after the other, as clusters want it."""
        lab = cast("Growing", rig)
        return each(self.on(rig), lambda machine: _add(lab, machine))


@dataclass(frozen=True)
class RemoveMember(_OfMembers):
    """Have the cluster remove members, which keep running and are told so; see that they are no longer members."""

    word = "remove-member"

    def inject(self, rig: Rig) -> Injected:
        """Remove them one after the other."""
        cluster = cast("Growing", rig).cluster
        return each(self.on(rig), lambda machine: _remove(cluster, machine))


def _add(lab: Growing, machine: Machine) -> Injected:
    name = machine.spec.name
    if name in lab.cluster.members().names:
        raise LabError("is a member already", machine=name)
    lab.install(name)
    machine.on()
    return Done(f"{name} is a member: {_members(lab.cluster, name, there=True)}")


def _remove(cluster: Cluster, machine: Machine) -> Injected:
    name = machine.spec.name
    if not isinstance(cluster, Shrinkable):
        raise LabError("its cluster can't remove members", machine=name)
    try:
        cluster.remove(name)
    except KeyError as error:
        raise LabError("is no member that could be removed", machine=name) from error
    return Done(f"{name} is no member any more: {_members(cluster, name, there=False)}")


def _members(cluster: Cluster, name: str, *, there: bool) -> str:
    """Wait until a machine is a member, or no longer is; return who the members are then. Raises `LabError`."""
    seen = [""]

    def look() -> bool:
        try:
            names = cluster.members().names
        except Unavailable as reason:
            seen[0] = str(reason)
            return False
        seen[0] = ", ".join(names)
        return (name in names) is there

    try:
        wait_until(f"the change of {name}", look, within=SEEN_WITHIN, show=lambda: seen[0])
    except NotSeen as late:
        raise LabError(str(late), machine=name) from late
    return seen[0]
