"""Quarantine: known failures that don't fail the night, each with a link to its issue and a date when that ends.

They are shown all the same. An entry without a link or a date, or past its date, fails the night by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from harness.errors import Problem, SpecError
from harness.topology.wording import show
from night import toml_source
from night.matrix_file import known_cells
from night.outcome import CELL
from night.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from night.cell import Cell
    from night.outcome import Outcome
    from night.toml_source import Table


LINK = re.compile(r"https?://[^\s/]+/\S+")
LONGEST_DAYS = 90
"""A quarantine that may last longer is a way to forget."""


@dataclass(frozen=True)
class Entry:
    """A scenario (a glob of node ids) that is known to fail in some cells, why, and until which day (inclusive)."""

    scenario: str
    cells: tuple[str, ...]
    issue: str
    until: date
    where: str

    def concerns(self, cell: Cell, outcome: Outcome) -> bool:
        """Say whether it is about this scenario. What becomes of a whole cell can't be put in quarantine."""
        return outcome.scenario != CELL and cell.matches(self.cells) and fnmatchcase(outcome.scenario, self.scenario)


@dataclass(frozen=True)
class Quarantine:
    """All entries that hold today, and what is wrong with the others."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()


def read(path: Path, names: Sequence[str], *, today: date) -> Quarantine:
    """Return what a file says; nothing is in quarantine where there is none. `names` are those of all cells.

    Entries that can't hold are among the problems, and quarantine nothing.
    """
    if not path.exists():
        return Quarantine()
    try:
        source = toml_source.read(path, arrays=("quarantine",))
    except SpecError as error:
        return Quarantine(problems=error.problems)
    entries = []
    for table in source.each("quarantine"):
        known = len(source.problems)
        entry = _entry(table, names, today)
        if entry is not None and len(source.problems) == known:
            entries.append(entry)
    return Quarantine(tuple(entries), tuple(sorted(source.problems)))


def apply(quarantine: Quarantine, cell: Cell, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return the outcomes, with those that are red and in quarantine marked so."""
    return [_marked(quarantine, cell, outcome) for outcome in outcomes]


def healed(quarantine: Quarantine, cell: Cell, outcomes: Iterable[Outcome]) -> list[tuple[Entry, Outcome]]:
    """Return what passed though it is in quarantine, with its entry: it may be time to take that out."""
    passed = [one for one in outcomes if one.verdict is Verdict.PASSED]
    return [(entry, one) for one in passed for entry in quarantine.entries if entry.concerns(cell, one)]


def _marked(quarantine: Quarantine, cell: Cell, outcome: Outcome) -> Outcome:
    if not outcome.verdict.red:
        return outcome
    for entry in quarantine.entries:
        if entry.concerns(cell, outcome):
            because = f"{outcome.because} (in quarantine until {entry.until}: {entry.issue})"
            verdict = Verdict.QUARANTINED
            return replace(outcome, verdict=verdict, was=outcome.verdict, because=because, issue=entry.issue)
    return outcome


def _entry(table: Table, names: Sequence[str], today: date) -> Entry | None:
    table.only(("scenario", "cells", "issue", "until"))
    scenario = table.text("scenario", "a scenario's node id, or a glob of them, as in 'scenarios/test_wan.py::*'")
    issue = table.text("issue", "a link to its issue: nothing is quarantined without one")
    if issue and not LINK.fullmatch(issue):
        table.wrong(f"issue is {show(issue)}", "a link to its issue, as in https://forge.example/lab/issues/7", "issue")
    until = table.values.get("until")
    if type(until) is not date:  # a datetime is a date, too
        told = "no until" if until is None else f"until is {show(str(until))}"
        table.wrong(told, "the day when the quarantine ends, as in 2026-01-31 without quotes", "until")
        return None
    if until < today:
        table.wrong(f"the quarantine of {scenario} has expired on {until}", "it mended, or a later date", "until")
    if (until - today).days > LONGEST_DAYS:
        table.wrong(f"the quarantine of {scenario} lasts until {until}", f"at most {LONGEST_DAYS} days", "until")
    return Entry(scenario, known_cells(table, names), issue, until, f"{table.file}:{table.line}")
