"""Every cable of a topology: from cards to switches, between switches, and the lines between sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.topology.impairment import Impairment
    from harness.topology.links import CableSpec, WanSpec
    from harness.topology.model import MachineSpec, NicSpec, Topology


@dataclass(frozen=True)
class Cable:
    """One cable: its ends by name, its speed in bits per second if known, and the conditions of each direction.

    An end is ``node01/eth1`` for a card, else a switch or a site; None if nothing says what the card is plugged into.
    """

    ends: tuple[str, str | None]
    speed: int | None
    forth: Impairment
    """Of what the first end sends."""
    back: Impairment
    """Of what the first end is sent."""

    @property
    def name(self) -> str:
        """A name that no other cable of the topology has: that of the card, or both ends."""
        return self.ends[0] if "/" in self.ends[0] else f"{self.ends[0]}--{self.ends[1]}"


def cables(topology: Topology) -> tuple[Cable, ...]:
    """Return every cable: cards' in the order of the machines, then those between switches, then between sites."""
    return (*_cards(topology), *map(_between, topology.cables), *map(_between, topology.wans))


def switch_of(topology: Topology, machine: MachineSpec, nic: NicSpec) -> str | None:
    """Return the switch that a card is plugged into, or None where the topology does not say.

    It is the card's own, else that of the machine's rack, else the only one of the machine's site.
    """
    if nic.switch is not None:
        return nic.switch
    in_rack = [one.name for one in topology.switches if machine.rack is not None and one.rack == machine.rack]
    in_site = [one.name for one in topology.switches if one.site == machine.site]
    return in_rack[0] if in_rack else in_site[0] if len(in_site) == 1 else None


def _cards(topology: Topology) -> Iterator[Cable]:
    for machine in topology.machines:
        for nic in machine.nics:
            ends = f"{machine.name}/{nic.name}", switch_of(topology, machine, nic)
            yield Cable(ends, nic.speed, *nic.link.directions())


def _between(spec: CableSpec | WanSpec) -> Cable:
    return Cable((spec.between[0], spec.between[1]), spec.speed, *spec.link.directions())
