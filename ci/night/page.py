"""The history as one page of HTML: new failures first, then what else is not green, then every cell with its trends.

It is static, needs nothing besides itself, and is as readable on a phone, in light and in dark.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from harness.units import format_duration
from night import sparkline, trends
from night.markup import Markup, join, tag
from night.report import counted, number
from night.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from night.matrix import Cell, Matrix
    from night.outcome import CellRun
    from night.trends import Flaky, Seen, Series

NIGHTS = 30
"""Runs of each cell that the page is about."""

STYLE = Path(__file__).with_name("page.css")
TITLE = "Nightly matrix"


def write(path: Path, runs: Sequence[CellRun], matrix: Matrix) -> None:
    """Write the page. It is there whole, or as it was before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(render(runs, matrix), encoding="utf-8")
    unfinished.replace(path)


def render(runs: Sequence[CellRun], matrix: Matrix) -> str:
    """Return the page as text."""
    cells = {cell.name: cell for cell in matrix.cells()}
    seen = trends.seen_last(runs)
    head = join(
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", TITLE),
        tag("style", Markup(STYLE.read_text(encoding="utf-8"))),
    )
    body = join(
        _head(runs, list(cells)),
        _section("New failures", [_card(one) for one in seen if one.new], empty="None."),
        _section("Other failures", [_card(one) for one in seen if one.outcome.verdict.red and not one.new]),
        _section("Unknown", [_card(one) for one in seen if one.outcome.verdict is Verdict.UNKNOWN]),
        _section("In quarantine", [_card(one) for one in seen if one.outcome.verdict is Verdict.QUARANTINED]),
        _section("Flaky: passed and failed on one commit", [_flaky(one) for one in trends.flaky(runs)]),
        tag("h2", "Cells"),
        *(_cell(name, theirs, cells.get(name), matrix) for name, theirs in trends.by_cell(runs, list(cells)).items()),
    )
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', body), lang='en')}\n"


def _head(runs: Sequence[CellRun], cells: Sequence[str]) -> Markup:
    by_cell = trends.last_runs(runs)
    newest = by_cell.values()
    if not newest:
        return join(tag("h1", TITLE), tag("p", "Nothing was run yet."))
    never = [cell for cell in cells if cell not in by_cell]
    verdicts = counted(run.verdict for run in newest)
    outcomes = counted(outcome.verdict for run in newest for outcome in run.outcomes)
    last = max(newest, key=lambda run: run.started)
    told = f"Newest run: {_when(last)}, commit {last.conditions.commit}, host {last.conditions.host}"
    return join(
        tag("h1", TITLE),
        tag("p", f"Of {number(len(newest), 'cell')}, each as it was run last: {verdicts}. Scenarios: {outcomes}."),
        tag("p", told, class_="soft"),
        *([tag("p", f"Never run: {', '.join(never)}.", class_="soft")] if never else []),
    )


def _section(title: str, cards: Sequence[Markup], *, empty: str = "") -> Markup:
    """Return a section; one that has nothing to show is left out where nothing is said of that."""
    if not cards and not empty:
        return Markup()
    heading = tag("h2", f"{title} ({len(cards)})" if cards else title)
    return join(heading, *(cards or [tag("p", empty, class_="soft")]))


def _card(seen: Seen) -> Markup:
    one = seen.outcome
    before = f", passed in the last {number(seen.passed_before, 'run')}" if seen.passed_before else ""
    before = before if seen.before else ", never seen before"
    parts = [
        tag("p", _chip(one.verdict), tag("code", one.scenario)),
        tag("p", f"{seen.cell}, commit {seen.commit}{before}", class_="soft"),
        tag("p", one.because, class_="because"),
    ]
    if one.evidence:
        parts.append(tag("p", "evidence: ", tag("code", one.evidence), class_="soft"))
    return tag("div", *parts, class_=f"card {one.verdict}")


def _flaky(one: Flaky) -> Markup:
    words = f"{one.cell}, commit {one.commit}: passed {number(one.passed, 'time')}, failed {number(one.failed, 'time')}"
    return tag("div", tag("p", tag("code", one.scenario)), tag("p", words, class_="soft"), class_="card flaky")


def _cell(name: str, runs: Sequence[CellRun], cell: Cell | None, matrix: Matrix) -> Markup:
    last = runs[-1]
    skipped = last.verdict is Verdict.SKIPPED and len(last.outcomes) == 1
    told = last.outcomes[0].because if skipped else counted(one.verdict for one in last.outcomes)
    words = f"{_when(last)}, commit {last.conditions.commit}, host {last.conditions.host}, {format_duration(last.took)}"
    gone = "" if cell is not None else " (no cell any more)"
    parts = [
        tag("h3", _chip(last.verdict), f"{name}{gone}"),
        tag("p", words, class_="soft"),
        tag("p", told),
        sparkline.strip([run.verdict for run in runs], label=f"verdicts of {number(len(runs), 'run')}"),
    ]
    if series := trends.durations(runs):
        allowed = _allowed(cell, last, matrix) if cell is not None else {}
        parts.append(_phases(series, allowed))
    if rates := trends.rates(runs):
        rows = [_rates(one) for one in rates]
        parts.append(_table(("signature", "came back", "rate"), rows))
    return tag("div", *parts, class_=f"card {last.verdict}", id=name)


def _phases(series: Sequence[Series], allowed: Mapping[str, float]) -> Markup:
    slower = sum(one.slower for one in series)
    bounded = [one for one in series if one.phase in allowed]
    others = [one for one in series if one.phase not in allowed]
    title = number(len(others), "more phase") + (f", {slower} of all slower than usual" if slower else "")
    columns = ("phase", "last", "usual", "bound", "trend")
    parts = [_table(columns, [_phase(one, allowed) for one in bounded])] if bounded else []
    if others:
        table = _table(columns, [_phase(one, allowed) for one in others])
        parts.append(tag("details", tag("summary", title), table))
    return join(*parts)


def _phase(one: Series, allowed: Mapping[str, float]) -> Markup:
    bound = allowed.get(one.phase)
    cells = [one.phase, _seconds(one.seconds[-1]), _seconds(one.usual), _seconds(bound)]
    drawn = sparkline.line(one.seconds, bound=bound, label=f"{one.phase}, {number(len(one.seconds), 'run')}")
    numbers = [tag("td", text, class_="number" if at else None) for at, text in enumerate(cells)]
    return tag("tr", *numbers, tag("td", drawn), class_="slower" if one.slower else None)


def _rates(one: trends.Rates) -> Markup:
    last = one.hits[-1]
    drawn = sparkline.line([hits.rate for hits in one.hits], label=f"hit rate, {number(len(one.hits), 'run')}")
    name = tag("td", last.signature or "a signature", tag("br"), tag("code", one.scenario))
    return tag("tr", name, tag("td", f"{last.hits} of {last.runs}", class_="number"), tag("td", drawn))


def _allowed(cell: Cell, last: CellRun, matrix: Matrix) -> dict[str, float]:
    """Return the tightest bound of each phase that the last run had, stretched as it was then."""
    found: dict[str, float] = {}
    for bound in matrix.bounds:
        for outcome in last.outcomes:
            if bound.phase in outcome.phases and bound.concerns(cell, outcome):
                seconds = bound.on(outcome.patience).total_seconds()
                found[bound.phase] = min(seconds, found.get(bound.phase, seconds))
    return found


def _table(columns: Iterable[str], rows: Sequence[Markup]) -> Markup:
    head = tag("tr", *(tag("th", column) for column in columns))
    return tag("div", tag("table", head, *rows), class_="scroll")


def _chip(verdict: Verdict) -> Markup:
    return tag("span", str(verdict), class_=f"verdict {verdict}")


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else format_duration(timedelta(seconds=seconds))


def _when(run: CellRun) -> str:
    return datetime.fromtimestamp(run.started, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
