"""One run of a cell: its scenarios under pytest, what failed run again where that is asked for, and the verdicts."""

from __future__ import annotations

import fcntl
import re
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.units import format_duration
from night import bounds, cut_off, junit, process, quarantine, retry
from night.outcome import CELL, CellRun, Outcome
from night.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from night.cell import Cell
    from night.matrix import Matrix
    from night.outcome import Conditions
    from night.process import Ended
    from night.quarantine import Quarantine

JUNIT, LOG, EVIDENCE = "junit.xml", "pytest.log", "evidence"
NOTHING_COLLECTED = 5
FAILED = 1
LAST_LINES = 8
LINE = 300


@dataclass(frozen=True)
class Plan:
    """How cells are run: by which Python, from which checkout, where results go, with which words to pytest besides."""

    matrix: Matrix
    quarantine: Quarantine
    conditions: Conditions
    python: Path
    root: Path
    results: Path
    words: tuple[str, ...] = ()
    retries: int = 0

    def folder(self, cell: Cell) -> Path:
        """Return where the results of a cell go."""
        return self.results / cell.name


@dataclass(frozen=True)
class Limit:
    """How long a run may take, and the verdict on one that was not done by then."""

    span: timedelta
    verdict: Verdict = Verdict.FAILED


def run(plan: Plan, cell: Cell, limit: Limit) -> CellRun:
    """Run a cell for so long at most, leave JUnit XML and evidence in its folder, and return how it ended."""
    folder, started = plan.folder(cell), time.time()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LOG).unlink(missing_ok=True)
    end = time.monotonic() + limit.span.total_seconds()
    outcomes = _attempt(plan, cell, plan.matrix.files(cell), limit, number=1)
    for attempt in range(1, plan.retries + 1):
        names, left = retry.again(outcomes), timedelta(seconds=end - time.monotonic())
        if not names or left <= timedelta():
            break
        second = _attempt(plan, cell, names, replace(limit, span=left), number=attempt + 1)
        outcomes = retry.merge(outcomes, second, attempt=attempt)
    took = timedelta(seconds=time.time() - started)
    return finish(plan, cell, CellRun(cell.name, plan.conditions, started, took, tuple(outcomes)))


def not_run(plan: Plan, cell: Cell, verdict: Verdict, because: str) -> CellRun:
    """Return what there is to say of a cell that was not run: that, and why."""
    plan.folder(cell).mkdir(parents=True, exist_ok=True)
    outcome = Outcome(CELL, verdict, because)
    return finish(plan, cell, CellRun(cell.name, plan.conditions, time.time(), timedelta(), (outcome,)))


@contextmanager
def alone(plan: Plan, cell: Cell) -> Iterator[bool]:
    """Hold a cell's folder while a block lasts, and say whether that was possible: another night may be there."""
    plan.results.mkdir(parents=True, exist_ok=True)
    with (plan.results / f".{cell.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def elsewhere(plan: Plan, cell: Cell) -> CellRun:
    """Return what there is to say of a cell whose folder another night holds; nothing is written there."""
    because = f"not run: another night runs it in {plan.folder(cell)}"
    return CellRun(cell.name, plan.conditions, time.time(), timedelta(), (Outcome(CELL, Verdict.UNKNOWN, because),))


def finish(plan: Plan, cell: Cell, ran: CellRun) -> CellRun:
    """Hold a run against bounds and quarantine, and leave it as JUnit XML."""
    judged = judge(plan.matrix, plan.quarantine, cell, ran.outcomes)
    ran = replace(ran, outcomes=tuple(judged))
    properties = {
        **cell.values,
        "cell": cell.name,
        "commit": ran.conditions.commit,
        "host": ran.conditions.host,
        "patience": f"{ran.patience:.2f}",
        "verdict": str(ran.verdict),
        "run": ran.id,
        "results": str(plan.folder(cell)),
    }
    junit.write(plan.folder(cell) / JUNIT, ran.outcomes, properties)
    return ran


def judge(matrix: Matrix, quarantined: Quarantine, cell: Cell, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes with broken bounds as failures, and with what is in quarantine marked."""
    broken: dict[str, list[str]] = {}
    for one in bounds.judge(matrix.bounds, cell, outcomes):
        broken.setdefault(one.scenario, []).append(str(one))
    return quarantine.apply(quarantined, cell, [_late(one, broken.get(one.scenario, ())) for one in outcomes])


def _late(outcome: Outcome, broken: Sequence[str]) -> Outcome:
    if not broken:
        return outcome
    because = "; ".join([*([outcome.because] if outcome.verdict.red else []), *broken])
    verdict = outcome.verdict if outcome.verdict.red else Verdict.FAILED
    return replace(outcome, verdict=verdict, because=because)


def _attempt(plan: Plan, cell: Cell, what: Sequence[str], limit: Limit, *, number: int) -> list[Outcome]:
    """Run some files or scenarios once, and return how each ended; what became of the run itself is among them."""
    folder = plan.folder(cell)
    results = folder / f"attempt-{number}.xml"
    results.unlink(missing_ok=True)
    command = [
        *(str(plan.python), "-m", "pytest", *what),
        *plan.matrix.options(cell),
        *("-v", "-o", "junit_family=xunit1", f"--junitxml={results}", f"--lab-evidence={folder / EVIDENCE}"),
        *plan.words,
    ]
    ended = process.run(command, folder=plan.root, log=folder / LOG, limit=limit.span)
    try:
        outcomes = junit.read(results)
    except junit.Unreadable as error:
        outcomes, unreadable = cut_off.read(folder / EVIDENCE), str(error)
    else:
        unreadable = ""
    if ended.stopped:
        trouble, verdict = f"not done within {format_duration(limit.span)}", limit.verdict
    else:
        trouble, verdict = _trouble(ended, outcomes, unreadable)
    if trouble:
        details = last_lines(folder / LOG)
        outcomes.append(Outcome(CELL, verdict, f"{trouble}: see {folder / LOG}", details=details))
    return outcomes


def _trouble(ended: Ended, outcomes: Sequence[Outcome], unreadable: str) -> tuple[str, Verdict]:
    """Return what went wrong with a run itself, nothing where its scenarios tell it all; and the verdict on that."""
    if ended.status == NOTHING_COLLECTED or (ended.status == 0 and not outcomes and not unreadable):
        return "no scenario was selected", Verdict.UNKNOWN
    if ended.status not in (0, FAILED):
        return f"pytest ended with {ended}" + (f", {unreadable}" if unreadable else ""), Verdict.FAILED
    told = ended.status == 0 or any(one.verdict in (Verdict.FAILED, Verdict.UNKNOWN) for one in outcomes)
    return unreadable or ("" if told else "pytest failed, and no scenario did"), Verdict.FAILED


def last_lines(log: Path) -> str:
    """Return the last lines of a log, without colours."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    lines = [line for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines() if line.strip()]
    return "\n".join(line[:LINE] for line in lines[-LAST_LINES:])


def clear(plan: Plan, cell: Cell) -> None:
    """Remove what an earlier night has left of a cell."""
    shutil.rmtree(plan.folder(cell), ignore_errors=True)
