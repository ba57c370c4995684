"""What a fault reaches, so that faults can be compared: who did not hear whom, and what was done to which machine.

A machine that is isolated, one whose card is cut, and a site whose only line is lost look the same from outside; so do
their reaches. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from harness.errors import LabError
from harness.faults.intermittent import Flap, Swizzle
from harness.faults.links import Cut, Impair, Pull
from harness.faults.machines import OfMachines
from harness.faults.partitions import Drop, Partition
from harness.faults.power import Pause, PowerCut, Reset
from harness.faults.processes import Kill, PauseProcess, Restart, Stop
from harness.faults.rogue_dhcp import RogueDhcp
from harness.faults.sites import SiteLoss, WanDegraded, WanLoss
from harness.network.selection import Directory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.faults.fault import Fault, Rig
    from harness.network.hearing import Hearing
    from harness.topology.model import Topology

SILENCE, FLAPPING, IMPAIRED, DROPPED = "silence", "flapping", "impaired", "dropped"
SITE, POWER, PAUSED, SERVICE = "site", "power", "paused", "service"

OF_LINKS: dict[type[Fault], str] = {
    Cut: SILENCE,
    Pull: SILENCE,
    WanLoss: SILENCE,
    Flap: FLAPPING,
    Swizzle: FLAPPING,
    Impair: IMPAIRED,
    WanDegraded: IMPAIRED,
}
OF_MACHINES: dict[type[Fault], str] = {
    SiteLoss: SITE,
    PowerCut: POWER,
    Reset: POWER,
    Pause: PAUSED,
    Kill: SERVICE,
    Restart: SERVICE,
    Stop: SERVICE,
    PauseProcess: SERVICE,
}


MOMENTARY = ("kill", "restart", "reset", "clock-jump", "add-member", "remove-member")
"""Faults that are over when they are done; a clock may be set back later."""


@dataclass(frozen=True)
class Reach:
    """What a fault reaches.

    `deaf` are pairs: a machine, and another one that it does not hear, or hears worse. `machines` are those that
    something is done to. `what` is which service, or which traffic, where it is not all. `family` is what faults have
    in common that look alike from outside; of those without such a family it is their own word.
    """

    family: str
    deaf: frozenset[tuple[str, str]] = frozenset()
    machines: frozenset[str] = frozenset()
    what: str = ""

    @property
    def concerned(self) -> frozenset[str]:
        """The machines that it is about: those something is done to, or those that take part in every pair."""
        if self.machines or not self.deaf:
            return self.machines
        common = frozenset.intersection(*(frozenset(pair) for pair in self.deaf))
        return common or frozenset(name for pair in self.deaf for name in pair)


class Places:
    """What names of a topology mean, as faults ask for it of a lab."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self._directory = Directory(topology)

    @cached_property
    def everyone(self) -> tuple[str, ...]:
        """All machines."""
        return tuple(machine.name for machine in self.topology.machines)

    def machines_of(self, *names: str) -> tuple[str, ...]:
        """Return the machines of machines and sites. Raises `LabError` for other names."""
        return self._directory.machines_of(*names)

    def links_of(self, *names: str) -> tuple[str, ...]:
        """Return the links that names mean. Raises `LabError` for names that mean nothing."""
        return self._directory.links_of(*names)

    def reach(self, fault: Fault) -> Reach:
        """Return what a fault reaches here. Raises `LabError` for names that mean nothing here."""
        rig = cast("Rig", self)  # what partitions and targets ask of a rig is here
        if isinstance(fault, Partition):
            deaf = _pairs(fault.hearing(rig))
            if isinstance(fault, Drop):
                return Reach(DROPPED, deaf, what=f"{fault.protocol} {fault.port or ''}".rstrip())
            return Reach(SILENCE, deaf)
        if type(fault) in OF_LINKS:
            names = cast("Cut", fault).links if not isinstance(fault, WanLoss | WanDegraded) else fault.lines
            return Reach(OF_LINKS[type(fault)], self._of_links(names, getattr(fault, "way", "both")))
        if isinstance(fault, OfMachines | SiteLoss):
            return self._of_machines(fault, frozenset(fault.targets(rig)))
        return Reach(fault.word, what=fault.address if isinstance(fault, RogueDhcp) else "")

    def _of_machines(self, fault: Fault, machines: frozenset[str]) -> Reach:
        family = OF_MACHINES.get(type(fault), fault.word)
        what = getattr(fault, "process", "") or getattr(fault, "service", "")
        if family not in (SITE, POWER, PAUSED):
            return Reach(family, machines=machines, what=what)
        others = [(one, other) for one in machines for other in self.everyone if other != one]
        return Reach(family, frozenset([*others, *((other, one) for one, other in others)]), machines)

    def _of_links(self, names: Iterable[str], way: str) -> frozenset[tuple[str, str]]:
        pairs: set[tuple[str, str]] = set()
        for link in self.links_of(*names):
            first, second = self._ends(link)
            if way in ("both", "up"):
                pairs |= {(listener, speaker) for speaker in first for listener in second if listener != speaker}
            if way in ("both", "down"):
                pairs |= {(listener, speaker) for listener in first for speaker in second if listener != speaker}
        return frozenset(pairs)

    def _ends(self, link: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the machines on each side of a link: of a card and all others, of a line those of both sites."""
        if "--" in link:
            one, other = link.split("--", 1)
            try:
                return self.machines_of(one), self.machines_of(other)
            except LabError:  # a cable between switches: who is behind it, the drawing does not say at once
                return (), ()
        machine = link.partition("/")[0]
        return (machine,), tuple(name for name in self.everyone if name != machine)


def _pairs(hearing: Hearing) -> frozenset[tuple[str, str]]:
    return frozenset((listener, speaker) for listener, speakers in hearing.items() for speaker in speakers)
