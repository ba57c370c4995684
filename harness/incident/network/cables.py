"""Whether machines did not hear each other, or a cable was cut: that tells who else is behind it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

from harness.faults.links import Cut, Pull
from harness.faults.partitions import Deafen, Isolate, Split
from harness.faults.sites import WanLoss

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from harness.faults.fault import Fault
    from harness.faults.links import Way as Direction
    from harness.incident.network.silences import Pair
    from harness.incident.network.soundings import Soundings, Way
    from harness.incident.record import Record

USUAL = 10_000_000_000
EXPECTED = 3
"""So many frames of somebody should have come in a time, at the usual pace, before it says anything that none did."""
NO_CARRIER = re.compile(r"link is down|lost carrier|link down|no carrier|carrier lost", re.IGNORECASE)
SAID_SOON = 3_000_000_000

Names = tuple[str, ...]


class Cables:
    """What a record tells of cables, beside who among the machines heard whom. `used` are all addresses that spoke."""

    def __init__(self, record: Record, found: Soundings, used: Collection[str]) -> None:
        self._record = record
        self._topology = record.topology
        self._found = found
        self._used = frozenset(used)
        self._machines = {machine.name for machine in record.topology.machines}

    def name(self, fault: Fault, silent: Collection[Pair], since: int, until: int) -> Fault:
        """Return the cut of a cable where that explains more than a fault of hearing does, else that fault.

        A machine's card is cut where nobody else, such as a client or a gateway, hears it either; lines between sites
        are where nobody else of the one site is heard in the other. `silent` are the pairs who did not hear each other.
        """
        match fault:
            case Isolate((one,)) if one in self._machines:
                return self._of_card(fault, one, since, until)
            case Deafen((one,), to) if self._are_all(to, but=one):
                return self._of_way(fault, one, "down", since, until)
            case Deafen(who, (one,)) if self._are_all(who, but=one):
                return self._of_way(fault, one, "up", since, until)
            case Isolate((site,)):
                return self._of_site(fault, site, silent, since, until)
            case Split((one,), (other,)):
                return self._of_line(fault, one, other, since, until)
        return fault

    def card(self, machine: str) -> str:
        """Return the link of the card by which a machine talked: its only one, or that of the addresses it used."""
        spec = self._topology.machine(machine)
        cards = [one.name for one in spec.nics if self._used & {str(each) for each in one.addresses.values()}]
        if len(spec.nics) == 1 or len(cards) == 1:
            return f"{machine}/{(cards or [spec.nics[0].name])[0]}"
        return machine

    def site(self, name: str) -> str | None:
        """Return the site of a machine, or of who has an address in a site's VLAN, None where that is not known."""
        if name in self._machines:
            return self._topology.machine(name).site
        with suppress(ValueError):
            return next((vlan.site for vlan in self._topology.vlans if ip_address(name) in vlan.subnet), None)
        return None

    def _of_card(self, fault: Fault, machine: str, since: int, until: int) -> Fault:
        card = self.card(machine)
        if self._lost_carrier(machine, since):
            return Pull((card,))
        others = [way for way in self._found.through if way.listener == machine and way.speaker not in self._machines]
        return Cut((card,)) if self._are_gone(others, since, until) else fault

    def _of_way(self, fault: Fault, machine: str, way: Direction, since: int, until: int) -> Fault:
        mine = [one for one in self._found.through if machine in one.pair and not {*one.pair} <= self._machines]
        heard = [one for one in mine if (one.listener == machine) is (way == "down")]
        return Cut((self.card(machine),), way) if self._are_gone(heard, since, until) else fault

    def _of_site(self, fault: Fault, site: str, silent: Collection[Pair], since: int, until: int) -> Fault:
        lines = [line for line in self._topology.wans if site in line.between]
        inside = self._of(site)
        others = {one.name for one in self._topology.sites} - {site}
        ways = [*self._across(inside, others), *self._across(self._machines - inside, {site})]
        if not lines or not self._are_gone(ways, since, until):
            return fault
        parted = {self.site(end) for pair in silent for end in pair} - {site}
        seen = [line for line in lines if parted & {*line.between}]
        return WanLoss(("--".join(seen[0].between),) if len(seen) == 1 else (site,))

    def _of_line(self, fault: Fault, one: str, other: str, since: int, until: int) -> Fault:
        lines = [line for line in self._topology.wans if {*line.between} == {one, other}]
        ways = [*self._across(self._of(one), {other}), *self._across(self._of(other), {one})]
        return WanLoss(("--".join(lines[0].between),)) if lines and self._are_gone(ways, since, until) else fault

    def _across(self, inside: Collection[str], sites: Collection[str]) -> Iterable[Way]:
        """Return the ways by which those who are no machines, and stand at some sites, are heard by machines."""
        return [
            way
            for way in self._found.through
            if way.listener in inside and way.speaker not in self._machines and self.site(way.speaker) in sites
        ]

    def _are_gone(self, ways: Iterable[Way], since: int, until: int) -> bool:
        """Return whether nothing came by some ways in a time, though it should have at their usual pace."""
        expected = 0.0
        for way in ways:
            times = [one.time for one in self._found.through[way]]
            if bisect_right(times, since) < bisect_left(times, until):
                return False
            before = bisect_left(times, since) - bisect_left(times, since - USUAL)
            expected += before * (until - since) / USUAL
        return expected >= EXPECTED

    def _lost_carrier(self, machine: str, since: int) -> bool:
        """Return whether a machine's journal says that it saw its cable go."""
        return any(
            self._record.machine_of.get(line.entry.host, line.entry.host) == machine
            and abs(line.time - since) < SAID_SOON
            and NO_CARRIER.search(line.entry.message)
            for line in self._record.logged
        )

    def _are_all(self, names: Collection[str], *, but: str) -> bool:
        machines = {one for name in names for one in (self._of(name) or {name})}
        return but in self._machines and len(self._machines) > 2 and machines >= self._seen() - {but}  # noqa: PLR2004

    def _seen(self) -> set[str]:
        return {end for way in self._found.through for end in way.pair if end in self._machines}

    def _of(self, site: str) -> set[str]:
        return {machine.name for machine in self._topology.machines if machine.site == site}
