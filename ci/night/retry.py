"""What failed is run again, where that is asked for: what passes then is flaky, which is as red as before. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from night.outcome import CELL
from night.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from night.outcome import Outcome


def again(outcomes: Iterable[Outcome]) -> list[str]:
    """Return the scenarios to run again: those that failed by themselves, not a cell that died."""
    return [one.scenario for one in outcomes if one.verdict is Verdict.FAILED and one.scenario != CELL]


def merge(first: Sequence[Outcome], second: Iterable[Outcome], *, attempt: int) -> list[Outcome]:
    """Return the outcomes with what another attempt showed: never better than flaky.

    Durations, evidence and reasons are those of the first failure; that is what has to be explained.
    """
    later = {one.scenario: one.verdict for one in second}
    return [
        replace(one, verdict=Verdict.FLAKY, because=f"failed, then passed in attempt {attempt + 1}: {one.because}")
        if one.verdict is Verdict.FAILED and later.get(one.scenario) is Verdict.PASSED
        else one
        for one in first
    ]
