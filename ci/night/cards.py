"""What is not green, as cards of a page: a scenario in one card, however many cells it is told of. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from night.markup import Markup, tag
from night.report import number
from night.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from night.trends import Flaky, Seen


def scenarios(found: Iterable[Seen]) -> list[Markup]:
    """Return a card for each scenario: its verdict, and every cell with the reason there."""
    by_scenario: dict[str, list[Seen]] = {}
    for seen in found:
        by_scenario.setdefault(seen.outcome.scenario, []).append(seen)
    return [_scenario(scenario, theirs) for scenario, theirs in by_scenario.items()]


def flaky(found: Iterable[Flaky]) -> list[Markup]:
    """Return a card for each flaky scenario: on which commits it was, in which cells, how often it did what."""
    by_scenario: dict[str, list[Flaky]] = {}
    for one in found:
        by_scenario.setdefault(one.scenario, []).append(one)
    return [
        card(Verdict.FLAKY, tag("p", tag("code", scenario)), *(_soft(_both(one)) for one in theirs))
        for scenario, theirs in by_scenario.items()
    ]


def card(verdict: Verdict, *inner: Markup, name: str | None = None) -> Markup:
    """Return a card whose edge has a verdict's colour."""
    return tag("div", *inner, class_=f"card {verdict}", id=name)


def chip(verdict: Verdict) -> Markup:
    """Return a verdict's word in its colour."""
    return tag("span", str(verdict), class_=f"verdict {verdict}")


def _scenario(scenario: str, theirs: Sequence[Seen]) -> Markup:
    verdict = theirs[0].outcome.verdict
    return card(verdict, tag("p", chip(verdict), tag("code", scenario)), *map(_in_a_cell, theirs))


def _in_a_cell(seen: Seen) -> Markup:
    one = seen.outcome
    before = f", passed in the last {number(seen.passed_before, 'run')}" if seen.passed_before else ""
    before = before if seen.before else ", never seen before"
    before = ", not run since" if seen.stale else before
    parts = [_soft(f"{seen.cell}, commit {seen.commit}{before}"), tag("p", one.because, class_="because")]
    if one.evidence:
        parts.append(tag("p", "evidence: ", tag("code", one.evidence), class_="soft"))
    return tag("div", *parts, class_="inner")


def _both(one: Flaky) -> str:
    times = f"passed {number(one.passed, 'time')}, failed {number(one.failed, 'time')}"
    return f"{one.cell}, commit {one.commit}: {times}"


def _soft(words: str) -> Markup:
    return tag("p", words, class_="soft")
