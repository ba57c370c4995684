from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from night import quarantine
from night.cell import Cell
from night.outcome import CELL
from night.quarantine import Quarantine
from night.verdicts import Verdict
from tests import nights

TODAY = date(2026, 3, 1)
ENTRY = """\
[[quarantine]]
scenario = "scenarios/test_tiny.py::*"
cells = "tcg-*"
issue = "https://forge.example/lab/issues/7"
until = 2026-03-01
"""
ROOT = Path(__file__).parents[3]


def read(folder: Path, text: str, *, today: date = TODAY) -> Quarantine:
    path = folder / "quarantine.toml"
    path.write_text(text)
    names = [cell.name for cell in nights.matrix(folder).combinations()]
    return quarantine.read(path, names, today=today)


@pytest.fixture
def cell(tmp_path: Path) -> Cell:
    (found,) = nights.matrix(tmp_path).select([nights.CELL])
    return found


def test_what_failed_is_marked_and_still_tells_why(tmp_path: Path, cell: Cell) -> None:
    known = read(tmp_path, ENTRY)
    failed, passed = nights.outcome(Verdict.FAILED, because="no leader"), nights.outcome(scenario="other.py::test")
    marked, same = quarantine.apply(known, cell, [failed, passed])
    assert (marked.verdict, marked.was) == (Verdict.QUARANTINED, Verdict.FAILED)
    assert marked.because == "no leader (in quarantine until 2026-03-01: https://forge.example/lab/issues/7)"
    assert same is passed


def test_only_what_is_meant_is_in_quarantine(tmp_path: Path, cell: Cell) -> None:
    known = read(tmp_path, ENTRY.replace("tcg-*", "kvm-*"))
    assert quarantine.apply(known, cell, [nights.outcome(Verdict.FAILED)])[0].verdict is Verdict.FAILED
    known = read(tmp_path, ENTRY.replace("test_tiny", "test_huge"))
    assert quarantine.apply(known, cell, [nights.outcome(Verdict.FAILED)])[0].verdict is Verdict.FAILED


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.SKIPPED, Verdict.PASSED])
def test_only_what_is_red_is_marked(verdict: Verdict, tmp_path: Path, cell: Cell) -> None:
    assert quarantine.apply(read(tmp_path, ENTRY), cell, [nights.outcome(verdict)])[0].verdict is verdict


def test_a_cell_that_died_is_never_in_quarantine(tmp_path: Path, cell: Cell) -> None:
    known = read(tmp_path, ENTRY.replace("scenarios/test_tiny.py::*", "*"))
    assert known.entries
    died = nights.outcome(Verdict.FAILED, scenario=CELL)
    assert quarantine.apply(known, cell, [died])[0].verdict is Verdict.FAILED


def test_what_passes_in_quarantine_is_told(tmp_path: Path, cell: Cell) -> None:
    known = read(tmp_path, ENTRY)
    ((entry, outcome),) = quarantine.healed(known, cell, [nights.outcome(), nights.outcome(Verdict.SKIPPED)])
    assert (entry.where.rpartition("/")[2], outcome.verdict) == ("quarantine.toml:1", Verdict.PASSED)


@pytest.mark.parametrize(
    "text,words",
    [
        (ENTRY.replace('issue = "https://forge.example/lab/issues/7"\n', ""), ":1: no issue, expected a link to its"),
        (ENTRY.replace("https://forge.example/lab/issues/7", "soon"), ":4: issue is 'soon', expected a link to its"),
        (ENTRY.replace("https://forge.example/lab/issues/7", "https://x"), ":4: issue is 'https://x', expected a link"),
        (ENTRY.replace("until = 2026-03-01\n", ""), ":1: no until, expected the day"),
        (ENTRY.replace("2026-03-01", '"2026-03-01"'), ":5: until is '2026-03-01', expected the day"),
        (ENTRY.replace("2026-03-01", "2026-03-01T00:00:00"), ":5: until is '2026-03-01 00:00:00', expected the day"),
        (
            ENTRY.replace("2026-03-01", "2026-02-28"),
            ":5: the quarantine of scenarios/test_tiny.py::* has expired on 2026",
        ),
        (
            ENTRY.replace("2026-03-01", "2026-07-01"),
            ":5: the quarantine of scenarios/test_tiny.py::* lasts until 2026-07",
        ),
        (ENTRY.replace("tcg-*", "tgc-*"), ":3: no cell is called 'tgc-*'"),
        (ENTRY + "reason = 'x'\n", ":6: unknown key 'reason', expected cells, issue, scenario or until"),
        ("[[quarantine]\n", ":1: "),
        ("[[quarentine]]\n", ":1: unknown key 'quarentine' (did you mean 'quarantine'?), expected quarantine"),
    ],
)
def test_an_entry_that_can_t_hold_is_a_problem_and_quarantines_nothing(text: str, words: str, tmp_path: Path) -> None:
    known = read(tmp_path, text)
    assert not known.entries
    assert any(words in str(problem) for problem in known.problems), known.problems


def test_an_entry_holds_on_its_last_day_and_no_longer(tmp_path: Path) -> None:
    assert read(tmp_path, ENTRY, today=TODAY).entries
    assert read(tmp_path, ENTRY, today=date(2026, 3, 2)).problems


def test_a_broken_entry_leaves_the_others_in_force(tmp_path: Path) -> None:
    known = read(tmp_path, ENTRY + ENTRY.replace("2026-03-01", "2020-01-01"))
    assert (len(known.entries), len(known.problems)) == (1, 1)


def test_nothing_is_in_quarantine_where_there_is_no_file(tmp_path: Path) -> None:
    assert quarantine.read(tmp_path / "none.toml", [], today=TODAY) == Quarantine()


def test_the_quarantine_of_this_checkout_can_be_read() -> None:
    known = quarantine.read(ROOT / "ci/quarantine.toml", [], today=date(2026, 1, 1))
    assert [str(one) for one in known.problems if "expired" not in str(one)] == []
