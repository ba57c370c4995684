"""The history as one page of HTML: new failures first, then what else is not green, then every cell with its trends.

It is static, needs nothing besides itself, and is as readable on a phone, in light and in dark.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from night import cards, cell_card, trends
from night.cards import card
from night.markup import Markup, join, tag
from night.report import counted, number
from night.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from night.matrix import Matrix
    from night.outcome import CellRun

NIGHTS = 30
"""Runs of each cell that the page is about."""

STYLE = Path(__file__).with_name("page.css")
TITLE = "Nightly matrix"


def write(path: Path, runs: Sequence[CellRun], matrix: Matrix) -> None:
    """Write the page. It is there whole, or as it was before. Raises `HostError` where it can't be written."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(render(runs, matrix), encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        problem = f"the page can't be written to {path} ({error.strerror})"
        raise HostError(Missing(problem, "choose another file with --page")) from error


def render(runs: Sequence[CellRun], matrix: Matrix) -> str:
    """Return the page as text."""
    head = join(
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", TITLE),
        tag("style", Markup(STYLE.read_text(encoding="utf-8"))),
    )
    cells = {cell.name: cell for cell in matrix.cells()}
    left_out = {run.cell: run for run in runs if run.not_run}
    runs = trends.begun(runs)
    by_cell = trends.by_cell(runs, list(cells))
    body = join(
        tag("h1", TITLE),
        *_head(runs),
        *_sections(runs, by_cell),
        tag("h2", "Cells"),
        *(
            cell_card.draw(name, theirs, cells.get(name), matrix, left_out=left_out.get(name))
            for name, theirs in by_cell.items()
        ),
        *_never_run([name for name in cells if name not in by_cell]),
    )
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', body), lang='en')}\n"


def _head(runs: Sequence[CellRun]) -> Iterator[Markup]:
    newest = trends.last_runs(runs).values()
    if not newest:
        yield tag("p", "Nothing was run yet.")
        return
    verdicts = counted(run.verdict for run in newest)
    outcomes = counted(outcome.verdict for run in newest for outcome in run.outcomes)
    last = max(newest, key=lambda run: run.started)
    yield tag("p", f"Of {number(len(newest), 'cell')}, each as it was run last: {verdicts}. Scenarios: {outcomes}.")
    told = f"Newest run: {cell_card.when(last)}, commit {last.conditions.commit}, host {last.conditions.host}"
    yield tag("p", told, class_="soft")


def _sections(runs: Sequence[CellRun], by_cell: Mapping[str, Sequence[CellRun]]) -> Iterator[Markup]:
    """Yield what is not green, the newest trouble first. Of what there is none nothing is said, but of new failures."""
    seen = trends.seen_last(runs)
    new = cards.scenarios(one for one in seen if one.new)
    yield from _section("New failures", new or [tag("p", "None.", class_="soft")], len(new))
    yield from _section("Other failures", cards.scenarios(o for o in seen if o.outcome.verdict.red and not o.new))
    yield from _section("Unknown", cards.scenarios(o for o in seen if o.outcome.verdict is Verdict.UNKNOWN))
    yield from _section("In quarantine", cards.scenarios(o for o in seen if o.outcome.verdict is Verdict.QUARANTINED))
    yield from _section("Flaky: passed and failed on one commit", cards.flaky(trends.flaky(runs)))
    yield from _section("Coming back less often", [r for name, theirs in by_cell.items() for r in _rarer(name, theirs)])
    yield from _section("Slower than usual", [one for name, theirs in by_cell.items() for one in _slower(name, theirs)])


def _section(title: str, inner: Sequence[Markup], count: int | None = None) -> Iterator[Markup]:
    if inner:
        counts = len(inner) if count is None else count
        yield tag("h2", f"{title} ({counts})" if counts else title)
        yield from inner


def _slower(name: str, runs: Sequence[CellRun]) -> Iterator[Markup]:
    slow = [one for one in trends.durations(runs) if one.slower]
    told = [
        f"{one.phase}: {cell_card.seconds(one.seconds[-1])}, usually {cell_card.seconds(one.usual)}" for one in slow
    ]
    if told:
        yield card(
            Verdict.FLAKY, tag("p", tag("a", name, href=f"#{name}")), *(tag("p", one, class_="soft") for one in told)
        )


def _rarer(name: str, runs: Sequence[CellRun]) -> Iterator[Markup]:
    for one in trends.rates(runs):
        if one.rarer and one.usual is not None:
            last = one.hits[-1]
            told = f"{last.signature}: {last.hits} of {last.runs} runs, usually {one.usual:.0%}"
            where = tag("p", tag("a", name, href=f"#{name}"))
            yield card(Verdict.FLAKY, tag("p", tag("code", one.scenario)), where, tag("p", told, class_="soft"))


def _never_run(names: Sequence[str]) -> Iterator[Markup]:
    if names:
        title = tag("summary", f"{number(len(names), 'cell')} never run")
        yield tag("details", title, *(tag("p", name, class_="soft") for name in names))
