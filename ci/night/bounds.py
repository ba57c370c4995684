"""How long phases may take, and which took longer. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta  # noqa: TC003 - a part of public values
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from harness.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from night.cell import Cell
    from night.outcome import Outcome


@dataclass(frozen=True)
class Bound:
    """A phase may last so long on a healthy KVM host, and longer where the host was measured to be slower.

    `scenarios` and `cells` are globs. Where it is not `stretched`, it holds as it stands, however slow the host is.
    """

    phase: str
    within: timedelta
    cells: tuple[str, ...] = ("*",)
    scenarios: tuple[str, ...] = ("*",)
    stretched: bool = True

    def on(self, patience: float) -> timedelta:
        """Return the bound on a host that is so many times slower than a healthy one."""
        return self.within * patience if self.stretched else self.within

    def concerns(self, cell: Cell, outcome: Outcome) -> bool:
        """Say whether it is about this scenario."""
        return cell.matches(self.cells) and any(fnmatchcase(outcome.scenario, one) for one in self.scenarios)

    def __str__(self) -> str:
        stretched = "" if self.stretched else ", however slow the host"
        where = "" if self.cells == ("*",) else f" in {' '.join(self.cells)}"
        of = "" if self.scenarios == ("*",) else f" of {' '.join(self.scenarios)}"
        return f"{self.phase} within {format_duration(self.within)}{stretched}{of}{where}"


@dataclass(frozen=True)
class Broken:
    """A phase that took longer than it may."""

    scenario: str
    phase: str
    took: timedelta
    allowed: timedelta
    bound: Bound
    patience: float

    def __str__(self) -> str:
        stretched = f", {format_duration(self.bound.within)} stretched by patience {self.patience:.1f}"
        why = stretched if self.bound.stretched and self.patience > 1 else ""
        return f"{self.phase} took {format_duration(self.took)}, allowed are {format_duration(self.allowed)}{why}"


def judge(bounds: Iterable[Bound], cell: Cell, outcomes: Iterable[Outcome]) -> Iterator[Broken]:
    """Yield every bound that a scenario's phases break in a cell, of several for one phase the tightest."""
    every = tuple(bounds)
    for outcome in outcomes:
        tightest: dict[str, Broken] = {}
        for bound in every:
            took = outcome.phases.get(bound.phase)
            if took is None or not bound.concerns(cell, outcome):
                continue
            allowed = bound.on(outcome.patience)
            if took > allowed and (bound.phase not in tightest or allowed < tightest[bound.phase].allowed):
                found = Broken(outcome.scenario, bound.phase, took, allowed, bound, outcome.patience)
                tightest[bound.phase] = found
        yield from tightest.values()


def unmeasured(bounds: Iterable[Bound], cell: Cell, outcomes: Iterable[Outcome]) -> list[Bound]:
    """Return the bounds on scenarios that ran in a cell, and that nothing was measured for: they hold of nothing."""
    ran = [outcome for outcome in outcomes if outcome.phases]
    return [
        bound
        for bound in bounds
        if (theirs := [one for one in ran if bound.concerns(cell, one)])
        and not any(bound.phase in one.phases for one in theirs)
    ]
