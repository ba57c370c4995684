"""Faults of sites and of the lines between them: lost, or as slow as the documents allow."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.errors import LabError
from harness.faults.fault import Fault, Injected, Observed, Proof
from harness.faults.links import Impaired, Severed
from harness.faults.machines import Several
from harness.faults.power import PowerCut
from harness.network import plan
from harness.network.impairment import Impairment
from harness.network.protocol import BOTH
from harness.units import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.faults.fault import Rig
    from harness.network.selection import LinkSet

Replication = Literal["synchronous", "asynchronous"]

WORST = {"synchronous": 4.9 * milliseconds, "asynchronous": 99 * milliseconds}
"""One way: a little less than the 5 and 100 ms below which the documents let sites replicate."""


@dataclass(frozen=True)
class WanLoss(Fault):
    """Lose lines between sites: those that are named, and all lines of sites that are named. Nobody sees it."""

    word = "wan-loss"

    lines: tuple[str, ...]

    def inject(self, rig: Rig) -> Injected:
        """Cut them."""
        return Severed(_lines(rig, *self.lines), BOTH, carrier=False)

    def problems(self, rig: Rig) -> list[str]:
        """Return which names are no lines."""
        return _problems(rig, *self.lines)


@dataclass(frozen=True)
class WanDegraded(Fault):
    """Make lines between sites as slow as the documents allow: just below 5 ms or, by default, below 100 ms one way."""

    word = "wan-degraded"

    lines: tuple[str, ...]
    replication: Replication = "asynchronous"

    def inject(self, rig: Rig) -> Injected:
        """Slow them down. What else their conditions were stays as it is."""
        return Impaired(_lines(rig, *self.lines), Impairment(delay=WORST[self.replication]), BOTH)

    def problems(self, rig: Rig) -> list[str]:
        """Return which names are no lines."""
        return _problems(rig, *self.lines)


@dataclass(frozen=True)
class SiteLoss(Fault):
    """Lose whole sites: the power of all their machines, and all their lines. Healing brings both back."""

    word = "site-loss"
    needs = PowerCut.needs

    sites: tuple[str, ...]

    def targets(self, rig: Rig) -> Iterable[str]:
        """Return the machines that stand there."""
        return rig.machines_of(*self.sites)

    def inject(self, rig: Rig) -> Injected:
        """Cut the lines, then the power: nothing that a site says at its end gets out."""
        with ExitStack() as undo:
            lines = _Lost(_lines(rig, *self.sites))
            undo.callback(lines.heal)
            power = PowerCut(self.sites).inject(rig)
            undo.pop_all()
        return Several([lines, power])

    def problems(self, rig: Rig) -> list[str]:
        """Return which names are no sites, and which machines can't lose their power."""
        known = [site.name for site in rig.topology.sites]
        unknown = [name for name in self.sites if name not in known]
        expected = f"one of {', '.join(known)}" if known else "a lab that has sites"
        told = [f"{name!r} is no site of this lab, expected {expected}" for name in unknown]
        return told or super().problems(rig)


class _Lost(Observed):
    """Lines to a site where nobody is any more: that they are cut is seen from their state, not from their frames."""

    def __init__(self, lines: LinkSet) -> None:
        self._lines = lines
        self._cut = Severed(lines, BOTH, carrier=False)

    def look(self) -> Proof:
        open_ = [link.name for link in self._lines.links if not all(link.is_cut(way) for way in BOTH)]
        if open_:
            return Proof(False, f"{', '.join(open_)} let frames through")
        return Proof(True, f"{', '.join(self._lines.names) or 'no line'} was cut")

    def undo(self) -> None:
        self._cut.heal()


def _lines(rig: Rig, *names: str) -> LinkSet:
    """Return lines between sites. Raises `LabError` for a name that means another link, or none."""
    links = rig.links(*names)
    between = {cable.link for cable in plan.cables(rig.topology) if cable.wan}
    if others := [name for name in links.names if name not in between]:
        expected = f"one of {', '.join(sorted(between))}, or sites" if between else "a lab that has some"
        raise LabError(f"{', '.join(others)} is no line between sites, expected {expected}")
    return links


def _problems(rig: Rig, *names: str) -> list[str]:
    try:
        _lines(rig, *names)
    except LabError as error:
        return [str(error)]
    return []
