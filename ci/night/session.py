"""A night: its cells one after another, what is told of each, and the verdict on all."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from night import bounds, cell_run, host, quarantine, report
from night.cell_run import Limit
from night.host import Abilities
from night.verdicts import Verdict, exit_status, together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from night.cell import Cell
    from night.history import History
    from night.matrix import Matrix
    from night.options import Options
    from night.outcome import CellRun
    from night.quarantine import Quarantine

ENVIRONMENT = Path(".venv/bin/python")


class Night:
    """One night of a matrix. What happens is said line by line, and each cell is in the history as soon as it ended."""

    def __init__(
        self, matrix: Matrix, known: Quarantine, history: History, chosen: Options, say: Callable[[str], None]
    ) -> None:
        self._matrix = matrix
        self._known = known
        self._history = history
        self._chosen = chosen
        self._say = say
        self._began = time.monotonic()
        self._ready = not chosen.setup
        self._python = chosen.root / ENVIRONMENT if chosen.setup else Path(sys.executable)
        self._here = Abilities(self._probe)

    def run(self, cells: Sequence[Cell]) -> int:
        """Run cells, and return the exit status of the night. Raises `HostError` where the set-up fails."""
        chosen = self._chosen
        plan = cell_run.Plan(
            matrix=self._matrix,
            quarantine=self._known,
            conditions=host.conditions(chosen.root),
            python=self._python,
            root=chosen.root,
            results=chosen.results,
            words=chosen.words,
            retries=chosen.retry,
        )
        self._say(f"commit {plan.conditions.commit} on {plan.conditions.host}, results in {plan.results}")
        ran: list[CellRun] = []
        for cell in self._in_turn(cells):
            ran.append(self._one(plan, cell))
            if ran[-1].verdict.red and not chosen.keep_going:
                break
        return self._finish(ran)

    def _in_turn(self, cells: Sequence[Cell]) -> Sequence[Cell]:
        """Return the cells in the order of the matrix; where time is short, who has waited longest is first."""
        if self._chosen.budget is None:
            return cells
        return sorted(cells, key=lambda cell: self._history.last_run(cell.name))

    def _one(self, plan: cell_run.Plan, cell: Cell) -> CellRun:
        """Run a cell, or say why not; then keep and tell what came of it."""
        with cell_run.alone(plan, cell) as alone:
            ended = self._run(plan, cell) if alone else cell_run.elsewhere(plan, cell)
        self._history.add(ended)
        for line in report.ending(ended):
            self._say(line)
        for bound in bounds.unmeasured(self._matrix.bounds, cell, ended.outcomes):
            self._say(f"  nothing was measured for the bound {bound}")
        for entry, outcome in quarantine.healed(self._known, cell, ended.outcomes):
            self._say(f"  {outcome.scenario} passed, and is in quarantine: {entry.where}")
        return ended

    def _run(self, plan: cell_run.Plan, cell: Cell) -> CellRun:
        cell_run.clear(plan, cell)
        if why := host.lacking(cell, self._matrix.needs, self._here, os.environ):
            return cell_run.not_run(plan, cell, Verdict.SKIPPED, why)
        limit = self._limit()
        if limit.span <= timedelta():
            return cell_run.not_run(plan, cell, Verdict.UNKNOWN, "not run: the night's budget was over")
        self._set_up()
        self._say(report.beginning(cell, self._matrix.files(cell), limit.span))
        return cell_run.run(plan, cell, limit)

    def _limit(self) -> Limit:
        """Return how long the next cell may take. That the night is short is no failure of the cell."""
        whole, budget = Limit(self._chosen.limit), self._chosen.budget
        if budget is None:
            return whole
        left = budget - timedelta(seconds=time.monotonic() - self._began)
        return whole if whole.span <= left else Limit(left, Verdict.UNKNOWN)

    def _finish(self, ran: Sequence[CellRun]) -> int:
        skipped = [one for one in ran if one.not_run and one.verdict is Verdict.SKIPPED]
        named = [Verdict.UNKNOWN for one in skipped if one.cell in self._chosen.cells]
        verdict = together([*(one.verdict for one in ran if one not in skipped), *named])
        for problem in self._known.problems:
            self._say(f"quarantine: {problem}")
        if self._known.problems:
            verdict = Verdict.FAILED
        took = timedelta(seconds=time.monotonic() - self._began)
        self._say(report.summary(ran, verdict, took))
        return exit_status(verdict)

    def _set_up(self) -> None:
        if self._ready:
            return
        done = subprocess.run([str(self._chosen.root / "ci/setup")], cwd=self._chosen.root, check=False)
        if done.returncode != 0:
            raise HostError(Missing(f"ci/setup ended with status {done.returncode}", "see what it says above"))
        self._ready = True

    def _probe(self, ability: str) -> str:
        self._set_up()
        return host.probe(ability, self._python, self._chosen.root)
