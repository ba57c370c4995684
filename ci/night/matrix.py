"""The matrix: which cells there are, which there are not and why, and which scenarios run in each. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING

from harness.topology.wording import nearest
from night.cell import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from night.bounds import Bound


class UnknownCell(Exception):  # noqa: N818 - the name says what it is
    """Nothing in the matrix is called that: what was asked for, and what was probably meant."""


@dataclass(frozen=True)
class Exclusion:
    """Combinations that are no cells, and why."""

    cells: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Need:
    """What some cells need: what a `host` can do (see `night.host`), or a variable of the `environment`; else empty."""

    cells: tuple[str, ...]
    host: str
    environment: str
    reason: str


@dataclass(frozen=True)
class Suite:
    """Files of scenarios (globs are allowed), and the cells that run them."""

    files: tuple[str, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Matrix:
    """All of it. `axes` has, for each value of each axis, the options of pytest by which a scenario gets it."""

    axes: Mapping[str, Mapping[str, tuple[str, ...]]]
    exclusions: tuple[Exclusion, ...]
    needs: tuple[Need, ...]
    suites: tuple[Suite, ...]
    bounds: tuple[Bound, ...]

    def combinations(self) -> list[Cell]:
        """Return every combination of values, whether it is a cell or not."""
        return [Cell(dict(zip(self.axes, values, strict=True))) for values in product(*self.axes.values())]

    def excluded(self) -> dict[str, Exclusion]:
        """Return why each combination that is no cell is none: by its name, the first that says so."""
        found = {}
        for cell in self.combinations():
            because = next((one for one in self.exclusions if cell.matches(one.cells)), None)
            if because is not None:
                found[cell.name] = because
        return found

    def cells(self) -> list[Cell]:
        """Return the cells, in the order of the axes."""
        excluded = self.excluded()
        return [cell for cell in self.combinations() if cell.name not in excluded]

    def files(self, cell: Cell) -> tuple[str, ...]:
        """Return the files of scenarios that a cell runs, each once."""
        return tuple(dict.fromkeys(file for suite in self.suites if cell.matches(suite.cells) for file in suite.files))

    def options(self, cell: Cell) -> tuple[str, ...]:
        """Return the options of pytest by which scenarios run in a cell."""
        return tuple(word for axis, value in cell.values.items() for word in self.axes[axis][value])

    def select(self, patterns: Sequence[str]) -> list[Cell]:
        """Return the cells that names or globs mean, all where there is none.

        Raises `UnknownCell` for one that means none.
        """
        cells = self.cells()
        for pattern in patterns:
            if not any(cell.matches([pattern]) for cell in cells):
                raise UnknownCell(self._no_such_cell(pattern))
        return [cell for cell in cells if not patterns or cell.matches(patterns)]

    def _no_such_cell(self, pattern: str) -> str:
        excluded = {name: one for name, one in self.excluded().items() if fnmatchcase(name, pattern)}
        if excluded:
            reasons = "; ".join(dict.fromkeys(one.reason for one in excluded.values()))
            return f"{pattern!r} is excluded: {reasons}"
        near = nearest(pattern, [cell.name for cell in self.cells()])
        hint = f" Did you mean {near!r}?" if near else ""
        return f"no cell is called {pattern!r}.{hint} `ci/nightly --list` shows all"
