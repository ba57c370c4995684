"""One cell as a card of a page: how its last run ended, its verdicts, and the trends of its phases and signatures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from harness.units import format_duration
from night import sparkline, trends
from night.cards import card, chip
from night.markup import Markup, join, tag
from night.report import counted, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from night.cell import Cell
    from night.matrix import Matrix
    from night.outcome import CellRun
    from night.trends import Rates, Series

PHASES = ("phase", "trend", "last", "usual", "bound")
SIGNATURES = ("signature", "trend", "came back")
WORDS = ("phase", "trend", "signature")
"""Columns that are no numbers."""


def draw(
    name: str, runs: Sequence[CellRun], cell: Cell | None, matrix: Matrix, *, left_out: CellRun | None = None
) -> Markup:
    """Return the card of a cell with its runs, the oldest first.

    `cell` is None where the matrix has it no more, `left_out` is when it was last not run though it was its turn.
    """
    last = runs[-1]
    told = last.not_run or counted(one.verdict for one in last.outcomes)
    words = f"{when(last)}, commit {last.conditions.commit}, host {last.conditions.host}, {format_duration(last.took)}"
    parts = [
        tag("h3", chip(last.verdict), name if cell is not None else f"{name} (no cell any more)"),
        tag("p", words, class_="soft"),
        tag("p", told),
        sparkline.strip([run.verdict for run in runs], label=f"verdicts of {number(len(runs), 'run')}"),
    ]
    if left_out is not None and left_out.started > last.started:
        parts.insert(2, tag("p", f"not run since, on {left_out.conditions.host}: {left_out.not_run}", class_="soft"))
    if series := trends.durations(runs):
        parts.append(_phases(series, _allowed(cell, last, matrix) if cell is not None else {}))
    if rates := trends.rates(runs):
        parts.append(_table(SIGNATURES, [_rates(one) for one in rates]))
    return card(last.verdict, *parts, name=name)


def when(run: CellRun) -> str:
    """Return when a run began, as a person reads it."""
    return datetime.fromtimestamp(run.started, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")


def seconds(value: float | None) -> str:
    """Return a duration as a person reads it, a dash where there is none."""
    return "-" if value is None else format_duration(timedelta(seconds=value))


def _phases(series: Sequence[Series], allowed: Mapping[str, float]) -> Markup:
    """Return the phases that have bounds, and below, folded, the others."""
    bounded = [one for one in series if one.phase in allowed]
    others = [one for one in series if one.phase not in allowed]
    parts = [_table(PHASES, [_phase(one, allowed) for one in bounded])] if bounded else []
    if others:
        slower = sum(one.slower for one in others)
        title = number(len(others), "more phase") + (f", {slower} slower than usual" if slower else "")
        parts.append(tag("details", tag("summary", title), _table(PHASES, [_phase(one, {}) for one in others])))
    return join(*parts)


def _phase(one: Series, allowed: Mapping[str, float]) -> Markup:
    bound = allowed.get(one.phase)
    drawn = sparkline.line(one.seconds, bound=bound, label=f"{one.phase}, {number(len(one.seconds), 'run')}")
    numbers = [tag("td", seconds(value), class_="number") for value in (one.seconds[-1], one.usual, bound)]
    return tag("tr", tag("td", one.phase), tag("td", drawn), *numbers, class_="slower" if one.slower else None)


def _rates(one: Rates) -> Markup:
    last = one.hits[-1]
    drawn = sparkline.line([hits.rate for hits in one.hits], label=f"hit rate, {number(len(one.hits), 'run')}")
    name = tag("td", last.signature or "a signature", tag("br"), tag("code", one.scenario))
    return tag("tr", name, tag("td", drawn), tag("td", f"{last.hits} of {last.runs}", class_="number"))


def _allowed(cell: Cell, last: CellRun, matrix: Matrix) -> dict[str, float]:
    """Return the tightest bound of each phase that the last run had, in seconds, stretched as it was then."""
    found: dict[str, float] = {}
    for bound in matrix.bounds:
        for outcome in last.outcomes:
            if bound.phase in outcome.phases and bound.concerns(cell, outcome):
                allowed = bound.on(outcome.patience).total_seconds()
                found[bound.phase] = min(allowed, found.get(bound.phase, allowed))
    return found


def _table(columns: Iterable[str], rows: Sequence[Markup]) -> Markup:
    head = tag("tr", *(tag("th", column, class_=None if column in WORDS else "number") for column in columns))
    return tag("div", tag("table", head, *rows), class_="scroll")
