"""Faults of hearing: who does not hear whom, in every shape, of all traffic or a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.faults.fault import Fault, Injected, Proof
from harness.network import hearing
from harness.network.hearing import Match

if TYPE_CHECKING:
    from harness.faults.fault import Rig
    from harness.network.hearing import Hearing
    from harness.network.protocol import Cut


class _Deaf(Injected):
    def __init__(self, rule: Cut) -> None:
        self._rule = rule

    def proof(self) -> Proof:
        dropped = self._rule.dropped()
        return Proof(dropped > 0, f"{dropped} frames were not heard")

    def heal(self) -> None:
        self._rule.heal()


@dataclass(frozen=True)
class Partition(Fault):
    """What all partitions have: the traffic that they are about, all of it unless a protocol or a port says less."""

    def hearing(self, rig: Rig) -> Hearing:
        """Return who does not hear whom."""
        raise NotImplementedError

    def match(self) -> Match | None:
        """Return the traffic that it is about, None for all."""
        return None

    def inject(self, rig: Rig) -> Injected:
        """Put it in force."""
        return _Deaf(rig.deafen(self.hearing(rig), only=self.match()))

    def problems(self, rig: Rig) -> list[str]:
        """Return which names the lab does not know, who is on both sides, or that nobody is cut off from anybody."""
        try:
            deaf = self.hearing(rig)
        except LabError as error:
            return [str(error)]
        if both := sorted(end for end, speakers in deaf.items() if end in speakers):
            return [f"{', '.join(both)} is on both sides"]
        return [] if any(deaf.values()) else ["everyone would still hear everyone"]


@dataclass(frozen=True)
class Isolate(Partition):
    """Cut some machines or sites off from all others, both ways; among themselves they still hear each other."""

    word = "isolate"

    who: tuple[str, ...]

    def hearing(self, rig: Rig) -> Hearing:
        """Return who does not hear whom."""
        return hearing.isolate(rig.machines_of(*self.who), _all(rig))


@dataclass(frozen=True)
class Split(Partition):
    """Cut two groups off from each other; who is in neither hears both."""

    word = "split"

    one: tuple[str, ...]
    other: tuple[str, ...]

    def hearing(self, rig: Rig) -> Hearing:
        """Return who does not hear whom."""
        return hearing.halves(rig.machines_of(*self.one), rig.machines_of(*self.other))


@dataclass(frozen=True)
class Deafen(Partition):
    """One way: some don't hear the others, who hear them."""

    word = "deafen"

    who: tuple[str, ...]
    to: tuple[str, ...]

    def hearing(self, rig: Rig) -> Hearing:
        """Return who does not hear whom."""
        return hearing.one_way(rig.machines_of(*self.who), rig.machines_of(*self.to))


@dataclass(frozen=True)
class Bridge(Partition):
    """Not transitive: the two sides don't hear each other, and both hear the bridge."""

    word = "bridge"

    one: tuple[str, ...]
    over: tuple[str, ...]
    other: tuple[str, ...]

    def hearing(self, rig: Rig) -> Hearing:
        """Return who does not hear whom."""
        return hearing.bridged(*(rig.machines_of(*names) for names in (self.one, self.over, self.other)))


@dataclass(frozen=True)
class Ring(Partition):
    """Each machine hears a majority around it in a ring, and no two hear the same one."""

    word = "ring"

    who: tuple[str, ...]

    def hearing(self, rig: Rig) -> Hearing:
        """Return who does not hear whom."""
        return hearing.majorities_ring(rig.machines_of(*self.who))


@dataclass(frozen=True)
class Drop(Partition):
    """Drop one protocol, and of TCP or UDP one port, between some and all others; everything else passes."""

    word = "drop"

    who: tuple[str, ...]
    protocol: str
    port: int | None = None

    def __post_init__(self) -> None:
        """Raise `ValueError` where there is no such traffic."""
        self.match()

    def hearing(self, rig: Rig) -> Hearing:
        """Return who does not hear whom."""
        return hearing.isolate(rig.machines_of(*self.who), _all(rig))

    def match(self) -> Match:
        """Return the traffic that it is about."""
        return Match(self.protocol, self.port)


def _all(rig: Rig) -> list[str]:
    return [machine.name for machine in rig.topology.machines]
