"""From verdicts to the end of a scenario: a violation fails it, and what nobody knows makes it inconclusive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.linearizability import linearizable
from harness.checks.losses import no_stale_reads, nothing_lost
from harness.checks.operation import CAS, OK, Operation, shown
from harness.checks.verdict import Verdict
from harness.errors import Inconclusive, ScenarioFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.checks.operation import Json

SHOWN = 12
"""So many values of a witness are told: those that a person reads."""


def verdicts(history: Sequence[Operation], final: Mapping[str, Json]) -> list[Verdict]:
    """Return what any history of a cluster has to fulfil; `final` as for `harness.checks.losses.nothing_lost`.

    A history in which nothing was acknowledged says nothing.
    """
    if not any(one.outcome == OK for one in history):
        return [Verdict(None, "nothing was acknowledged at all", name="history")]
    return [linearizable(history), nothing_lost(history, final), no_stale_reads(history)]


def require(found: Iterable[Verdict]) -> None:
    """Raise `ScenarioFailure` where a verdict is a violation, else `Inconclusive` where one is unknown."""
    every = list(found)
    refute(every)
    if unknown := [one for one in every if one.valid is None]:
        raise Inconclusive(", ".join(one.name for one in unknown), [str(one) for one in unknown])


def refute(found: Iterable[Verdict]) -> None:
    """Raise `ScenarioFailure` where a verdict is a violation."""
    if violated := [one for one in found if one.valid is False]:
        raise ScenarioFailure(", ".join(one.name for one in violated), seen=Told(violated))


class Told:
    """Violations as they are told: each with its witness, a line for each of its values."""

    def __init__(self, violated: Sequence[Verdict]) -> None:
        self._violated = violated

    def __repr__(self) -> str:
        return "\n".join(line for verdict in self._violated for line in _lines(verdict))


def _told(value: object, start: int) -> str:
    """Return a value in words: of an operation who did what, when after the first of them, and what became of it."""
    if not isinstance(value, Operation):
        return str(value)
    over = "…" if value.returned is None else f"{(value.returned - start) / 1e6:.1f}"
    span = f"{(value.call - start) / 1e6:.1f} to {over} ms"
    swapped = f"{shown(value.expected)} to " if value.op == CAS else ""
    return f"process {value.process}: {value.op} {value.key} {swapped}{shown(value.value)}, {span}, {value.outcome}"


def _lines(verdict: Verdict) -> Iterable[str]:
    yield str(verdict)
    start = min((one.call for one in verdict.witness if isinstance(one, Operation)), default=0)
    yield from (f"  {_told(value, start)}" for value in verdict.witness[:SHOWN])
    if (more := len(verdict.witness) - SHOWN) > 0:
        yield f"  … and {more} more"
