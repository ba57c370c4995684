from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from harness.errors import HostError
from night import page
from night.matrix import Matrix
from night.outcome import CELL, Hits
from night.verdicts import Verdict
from tests import nights

NASTY = '<script>alert("1")</script> & more'


class Reader(HTMLParser):
    """Reads a page as a browser would: its text, its elements, what is not closed, and what it would load."""

    VOID = frozenset({"meta", "br", "line", "polyline", "circle", "rect"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [str(value) for name, value in attrs if name in ("src", "href", "srcset", "action")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        assert tag in self.VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    @property
    def said(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))


@pytest.fixture
def matrix(tmp_path: Path) -> Matrix:
    return nights.matrix(tmp_path)


def test_a_page_of_nothing_says_so(matrix: Matrix) -> None:
    assert "Nothing was run yet." in Reader(page.render([], matrix)).said


def test_new_failures_stand_before_others_and_all_before_the_cells(matrix: Matrix) -> None:
    old = nights.outcome(Verdict.FAILED, scenario="old.py::test")
    runs = [
        nights.run(nights.outcome(), old, night=0),
        nights.run(nights.outcome(Verdict.FAILED, because="no leader"), old, night=1, commit="def"),
    ]
    said = Reader(page.render(runs, matrix)).said
    order = [
        "New failures (1)",
        nights.SCENARIO,
        "no leader",
        "Other failures (1)",
        "old.py::test",
        "Cells",
    ]
    assert [said.index(words) for words in order] == sorted(said.index(words) for words in order)
    assert "passed in the last 1 run" in said


def test_unknown_and_quarantined_are_shown_apart_and_flaky_ones(matrix: Matrix) -> None:
    known = replace(nights.outcome(Verdict.QUARANTINED, scenario="known.py::test"), was=Verdict.FAILED)
    runs = [
        nights.run(nights.outcome(), night=0),
        nights.run(
            nights.outcome(Verdict.FAILED), nights.outcome(Verdict.UNKNOWN, scenario="u.py::test"), known, night=1
        ),
    ]
    said = Reader(page.render(runs, matrix)).said
    assert "Scenarios: 1 failed, 1 unknown, 1 quarantined." in said
    for title in ("Unknown (1)", "In quarantine (1)", "Flaky: passed and failed on one commit (1)"):
        assert title in said
    assert "passed 1 time, failed 1 time" in said


def test_phases_and_hit_rates_have_their_trends(matrix: Matrix) -> None:
    runs = [
        nights.run(nights.outcome(phases={"scenario": 2 + n, "x": 1}, hits=Hits("two leaders", n, 10)), night=n)
        for n in range(1, 6)
    ]
    read = Reader(page.render(runs, matrix))
    assert "scenario scenario, 5 runs 7.0 s 4.5 s 30.0 s" in read.said
    assert "1 more phase" in read.said
    assert "5 of 10" in read.said
    assert read.tags.count("svg") == 4


def test_what_comes_back_less_often_and_what_is_slower_is_told_before_the_cells(matrix: Matrix) -> None:
    runs = [
        nights.run(nights.outcome(phases={"x": seconds}, hits=Hits("two leaders", hits, 10)), night=night)
        for night, (seconds, hits) in enumerate([(2, 9), (2, 9), (2, 9), (9, 3)])
    ]
    said = Reader(page.render(runs, matrix)).said
    assert "Coming back less often (1)" in said
    assert "two leaders: 3 of 10 runs, usually 90%" in said
    assert "Slower than usual (1)" in said
    assert "x: 9.0 s, usually 2.0 s" in said


def test_a_cell_that_was_skipped_tells_why_and_one_that_died_too(matrix: Matrix) -> None:
    skipped = nights.not_run("KVM runs no guest here", cell="kvm-switch-uefi-virtual-reference")
    died = nights.outcome(Verdict.FAILED, scenario=CELL, because="killed by SIGKILL")
    runs = [skipped, nights.run(died), nights.run(cell="gone")]
    said = Reader(page.render(runs, matrix)).said
    assert "KVM runs no guest here" in said
    assert "killed by SIGKILL" in said
    assert "gone (no cell any more)" in said
    assert "1 cell never run tcg-switch-uefi-virtual-reference" in said


def test_what_was_seen_elsewhere_is_not_hidden_by_a_host_that_can_t_run_it(matrix: Matrix) -> None:
    failed = nights.run(nights.outcome(Verdict.FAILED, because="no leader"), night=0)
    said = Reader(page.render([failed, nights.not_run("no KVM there", night=1)], matrix)).said
    assert "New failures (1)" in said
    assert "not run since, on host2: no KVM there" in said
    later = nights.run(nights.outcome(), night=2)
    assert "no KVM there" not in Reader(page.render([nights.not_run("no KVM there", night=1), later], matrix)).said


def test_it_needs_nothing_besides_itself_and_shows_texts_as_they_are(matrix: Matrix) -> None:
    outcome = replace(
        nights.outcome(Verdict.FAILED, scenario=NASTY, because=NASTY, phases={NASTY: 1}, hits=Hits(NASTY, 1, 2)),
        properties={"evidence": NASTY},
    )
    text = page.render([nights.run(outcome, cell=NASTY, commit=NASTY)], matrix)
    read = Reader(text)
    assert not {"script", "link", "img", "iframe"} & set(read.tags)
    assert all(where.startswith("#") for where in read.loads)
    assert "url(" not in text
    assert "@import" not in text
    assert read.said.count('<script>alert("1")</script> & more') >= 5
    assert read.open == []


def test_it_fits_a_phone_and_the_dark(matrix: Matrix) -> None:
    text = page.render([], matrix)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1"/>' in text
    assert "prefers-color-scheme: dark" in text
    assert "color-scheme: light dark" in text


def test_it_is_written_whole(tmp_path: Path, matrix: Matrix) -> None:
    page.write(tmp_path / "deep/page.html", [], matrix)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["page.html"]
    assert (tmp_path / "deep/page.html").read_text().startswith("<!doctype html>\n<html")


def test_where_it_can_t_be_written_its_own_name_is_told_and_nothing_is_left(tmp_path: Path, matrix: Matrix) -> None:
    taken = tmp_path / "site/index.html"
    taken.mkdir(parents=True)
    with pytest.raises(HostError, match=r"can't be written to \S+/index.html \(Is a directory\): choose another"):
        page.write(taken, [], matrix)
    assert list(taken.parent.iterdir()) == [taken]
