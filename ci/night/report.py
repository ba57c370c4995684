"""What is said of a night, as lines of text. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.units import format_duration
from night.verdicts import GRAVEST, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import timedelta

    from night.cell import Cell
    from night.outcome import CellRun

WORTH_A_LINE = (Verdict.FAILED, Verdict.FLAKY, Verdict.UNKNOWN, Verdict.QUARANTINED)


def beginning(cell: Cell, files: Sequence[str], limit: timedelta) -> str:
    """Return what is said before a cell is run."""
    return f"{cell.name}: {number(len(files), 'file')} of scenarios, at most {format_duration(limit)}"


def ending(ran: CellRun) -> Iterator[str]:
    """Yield what is said after a cell: why it was not run, or what did not pass and why, then numbers."""
    if ran.not_run:
        yield f"{ran.cell}: {ran.verdict}, {ran.not_run}"
        return
    for one in ran.outcomes:
        if one.verdict in WORTH_A_LINE:
            yield f"  {one.verdict.upper()} {one.scenario}: {one.because}"
            if one.evidence:
                yield f"    evidence: {one.evidence}"
    for one in ran.outcomes:
        if one.hits:
            yield f"  {one.scenario}: {one.hits.signature}, {one.hits.hits} of {one.hits.runs} runs"
    yield f"{ran.cell}: {ran.verdict} in {format_duration(ran.took)}: {counted(one.verdict for one in ran.outcomes)}"


def summary(ran: Sequence[CellRun], verdict: Verdict, took: timedelta) -> str:
    """Return the last line of a night."""
    return f"the night: {verdict} in {format_duration(took)}: cells {counted(one.verdict for one in ran) or 'none'}"


def number(count: int, what: str) -> str:
    """Return how many there are of something, as in ``1 run`` and ``2 runs``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def counted(verdicts: Iterable[Verdict]) -> str:
    """Return how many there are of each verdict, the gravest first."""
    count = Counter(verdicts)
    return ", ".join(f"{count[one]} {one}" for one in GRAVEST if count[one])
