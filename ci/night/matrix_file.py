"""``ci/nightly.toml`` as a matrix: every problem in it is told at once, each with its line."""

from __future__ import annotations

import re
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from harness.topology.wording import choice, nearest, show, suggestion
from night import toml_source
from night.bounds import Bound
from night.host import PROBES
from night.matrix import Exclusion, Matrix, Need, Suite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from night.toml_source import Source, Table

AXES = ("accelerator", "network", "firmware", "machines", "stack")
"""In the order in which a cell's name has them."""

VALUE = re.compile(r"[a-z0-9]+")
DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|min|h)")
UNITS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600}
GLOB = re.compile(r"[*?\[]")
CELLS = "globs of cells' names, as in 'tcg-*-virtual-*'"


def read(path: Path, root: Path) -> Matrix:
    """Return the matrix that a file describes; files of scenarios are looked for under `root`. Raises `SpecError`."""
    source = toml_source.read(path, arrays=("exclusions", "needs", "scenarios", "bounds"), tables=("axes",))
    axes = _axes(source)
    names = [cell.name for cell in Matrix(axes, (), (), (), ()).combinations()]
    matrix = Matrix(
        axes,
        tuple(_exclusion(table, names) for table in source.each("exclusions")),
        tuple(_need(table, names) for table in source.each("needs")),
        tuple(_suite(table, names, root) for table in source.each("scenarios")),
        tuple(_bound(table, names) for table in source.each("bounds")),
    )
    _check(matrix, source)
    source.finish()
    return matrix


def parse_duration(text: str) -> timedelta:
    """Return the duration that a text like ``90 s`` says. Raises `ValueError` for anything else."""
    found = DURATION.fullmatch(text.strip())
    if found is None or not float(found["number"]):
        raise ValueError(f"{show(text)} is no duration")
    return timedelta(seconds=float(found["number"]) * UNITS[found["unit"]])


def known_cells(table: Table, names: Sequence[str], *, default: str | None = None) -> tuple[str, ...]:
    """Return a table's globs of cells, each of which has to mean one."""
    patterns = table.texts("cells", CELLS, default=default)
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            near = nearest(pattern, names)
            table.wrong(
                f"no cell is called {pattern!r}" + (f" (did you mean {near!r}?)" if near else ""), CELLS, "cells"
            )
    return patterns


def _check(matrix: Matrix, source: Source) -> None:
    """Note cells that run nothing, and bounds on scenarios that are in no file."""
    for cell in matrix.cells() if not source.problems else ():
        if not any(cell.matches(suite.cells) for suite in matrix.suites):
            expected = "it among the cells of [[scenarios]], or an exclusion"
            source.top.wrong(f"the cell {cell.name} runs nothing", expected)
    files = sorted({file for suite in matrix.suites for file in suite.files})
    for table, bound in zip(source.each("bounds"), matrix.bounds, strict=True):
        for pattern in bound.scenarios:
            wanted = pattern.partition("::")[0]
            if not any(fnmatchcase(file, wanted) for file in files):
                meant = f"no file of scenarios is meant by {pattern!r}{suggestion(wanted, files)}"
                table.wrong(meant, "FILE::TEST, or a glob", "scenarios")


def _axes(source: Source) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the axes in the order of names, each value with its options; of a broken axis what holds."""
    (table,) = source.each("axes") or [source.top]
    if table is source.top:
        table.wrong("no [axes]", "a table of each axis: [axes.accelerator] and so on")
        return {axis: {"any": ()} for axis in AXES}
    table.only(AXES)
    axes = {}
    for axis in AXES:
        values = table.values.get(axis)
        if not isinstance(values, dict) or not values:
            table.wrong(
                f"no values of the axis {axis}", f'[axes.{axis}] with VALUE = "OPTION" or ["OPTION", ...]', axis
            )
            values = {"any": ""}
        axes[axis] = {value: _options(table, axis, value, options) for value, options in values.items()}
    return axes


def _options(table: Table, axis: str, value: str, options: object) -> tuple[str, ...]:
    words = [options] if isinstance(options, str) else options
    if not VALUE.fullmatch(value):
        table.wrong(
            f"{axis} has the value {value!r}", "lower-case letters and digits, since cells are named by it", axis
        )
    if not isinstance(words, list) or not all(isinstance(one, str) for one in words):
        table.wrong(f"{axis}.{value} is {show(options)}", "an option of pytest, or a list of them", axis)
        return ()
    return tuple(word for word in words if word)


def _exclusion(table: Table, names: Sequence[str]) -> Exclusion:
    table.only(("cells", "reason"))
    return Exclusion(known_cells(table, names), table.text("reason", "why these are no cells"))


def _need(table: Table, names: Sequence[str]) -> Need:
    table.only(("cells", "host", "environment", "reason"))
    wanted = choice(sorted(PROBES))
    able, variable = table.text("host", wanted, default="-"), table.text("environment", "a variable", default="-")
    if (able == "-") == (variable == "-"):
        table.wrong("it needs nothing, or two things", f'host = "{min(PROBES)}", or environment = "VARIABLE"')
    elif able not in {"-", *PROBES}:
        table.wrong(f"host is {show(able)}", wanted, "host")
    reason = table.text("reason", "what is told where it is not there")
    return Need(known_cells(table, names), able.strip("-"), variable.strip("-"), reason)


def _suite(table: Table, names: Sequence[str], root: Path) -> Suite:
    """Return the files that a table names. A glob may mean none yet; a file that is named has to be there."""
    table.only(("files", "cells"))
    found: list[str] = []
    for pattern in table.texts("files", "files of scenarios, as in scenarios/test_wan.py"):
        if pattern.startswith("/") or ".." in pattern.split("/"):
            table.wrong(f"{pattern!r} is outside", "a path in this checkout", "files")
            continue
        there = sorted(str(path.relative_to(root)) for path in root.glob(pattern))
        if not there and not GLOB.search(pattern):
            table.wrong(f"there is no {pattern}", "a file of scenarios", "files")
        found += there
    return Suite(tuple(found), known_cells(table, names))


def _bound(table: Table, names: Sequence[str]) -> Bound:
    table.only(("phase", "within", "cells", "scenarios", "stretched"))
    text = table.text("within", "how long it may take, as in '90 s'")
    within = timedelta(seconds=1)
    try:
        within = parse_duration(text) if text else within
    except ValueError as error:
        table.wrong(f"within: {error}", "a number and ms, s, min or h, as in '90 s'", "within")
    return Bound(
        table.text("phase", "the name of a phase, as in 'installed' (docs/nightly.md)"),
        within,
        known_cells(table, names, default="*"),
        table.texts("scenarios", "globs of scenarios, as in 'test_wan.py::*'", default="*"),
        table.flag("stretched", default=True),
    )
