"""The matrix, as a person reads it, and as CI takes it. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from night.report import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from night.cell import Cell
    from night.matrix import Matrix


def text(matrix: Matrix, cells: Sequence[Cell], lacking: Mapping[str, str]) -> str:
    """Return the cells with what they run, or why they can't here, what is excluded and why, and the bounds."""
    width = max((len(cell.name) for cell in cells), default=0)
    lines = [f"{number(len(cells), 'cell')}:"]
    for cell in cells:
        runs = f"{number(len(matrix.files(cell)), 'file')} of scenarios"
        skipped = f", skipped here: {lacking[cell.name]}" if lacking.get(cell.name) else ""
        lines.append(f"  {cell.name:{width}}  {runs}{skipped}")
    by_reason: dict[str, list[str]] = {}
    for name, exclusion in matrix.excluded().items():
        by_reason.setdefault(exclusion.reason, []).append(name)
    lines += ["", f"{number(len(matrix.excluded()), 'combination')} excluded:"]
    for exclusion in matrix.exclusions:
        if names := by_reason.pop(exclusion.reason, None):
            lines.append(f"  {len(names):2} as {' '.join(exclusion.cells)}: {exclusion.reason}")
    lines += ["", "bounds, for a healthy KVM host, stretched by the patience that is measured:"]
    lines += [f"  {bound}" for bound in matrix.bounds]
    return "\n".join(lines)


def as_json(matrix: Matrix, cells: Sequence[Cell]) -> str:
    """Return the cells as one line of JSON that a workflow takes for its matrix as it is."""
    include = [
        {"cell": cell.name, **cell.values, "files": list(matrix.files(cell)), "options": list(matrix.options(cell))}
        for cell in cells
    ]
    return json.dumps({"include": include})
