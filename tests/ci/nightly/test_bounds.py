from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from night import bounds
from night.bounds import Bound
from night.cell import Cell
from night.verdicts import Verdict
from tests import nights

SECOND = timedelta(seconds=1)


@pytest.fixture
def cell(tmp_path: Path) -> Cell:
    (found,) = nights.matrix(tmp_path).select([nights.CELL])
    return found


def test_a_phase_within_its_bound_breaks_nothing(cell: Cell) -> None:
    assert not list(bounds.judge([Bound("boot", 10 * SECOND)], cell, [nights.outcome(phases={"boot": 10})]))


def test_a_phase_beyond_its_bound_is_told_with_both(cell: Cell) -> None:
    (broken,) = bounds.judge([Bound("boot", 10 * SECOND)], cell, [nights.outcome(phases={"boot": 10.5, "x": 99})])
    assert str(broken) == "boot took 10.5 s, allowed are 10.0 s"


def test_a_slower_host_has_more_time_by_what_was_measured_there(cell: Cell) -> None:
    bound = Bound("boot", 10 * SECOND)
    assert not list(bounds.judge([bound], cell, [nights.outcome(phases={"boot": 29}, patience=3)]))
    (broken,) = bounds.judge([bound], cell, [nights.outcome(phases={"boot": 31}, patience=3)])
    assert str(broken) == "boot took 31.0 s, allowed are 30.0 s, 10.0 s stretched by patience 3.0"
    firm = Bound("boot", 10 * SECOND, stretched=False)
    (broken,) = bounds.judge([firm], cell, [nights.outcome(phases={"boot": 11}, patience=3)])
    assert str(broken) == "boot took 11.0 s, allowed are 10.0 s"


def test_of_several_bounds_on_a_phase_the_tightest_is_told(cell: Cell) -> None:
    both = [Bound("boot", 5 * SECOND), Bound("boot", 3 * SECOND, stretched=False), Bound("boot", 90 * SECOND)]
    (broken,) = bounds.judge(both, cell, [nights.outcome(phases={"boot": 60})])
    assert broken.allowed == 3 * SECOND


def test_a_bound_is_about_its_cells_and_scenarios_only(cell: Cell) -> None:
    late = nights.outcome(phases={"boot": 60})
    elsewhere = Bound("boot", SECOND, cells=("kvm-*",))
    another = Bound("boot", SECOND, scenarios=("scenarios/test_wan.py::*",))
    assert not list(bounds.judge([elsewhere, another], cell, [late]))
    assert list(bounds.judge([Bound("boot", SECOND, ("tcg-*",), ("*test_tiny*",))], cell, [late]))


def test_a_bound_for_which_nothing_is_measured_any_more_is_told(cell: Cell) -> None:
    renamed, measured = Bound("bot", SECOND), Bound("boot", SECOND)
    ran = [nights.outcome(phases={"boot": 1}), nights.outcome(Verdict.SKIPPED)]
    assert bounds.unmeasured([renamed, measured], cell, ran) == [renamed]
    assert bounds.unmeasured([renamed], cell, [nights.outcome(Verdict.SKIPPED)]) == []


def test_a_bound_in_words() -> None:
    assert str(Bound("boot", 90 * SECOND)) == "boot within 90.0 s"
    bound = Bound("boot", 90 * SECOND, ("tcg-*",), ("a.py::*",), stretched=False)
    assert str(bound) == "boot within 90.0 s, however slow the host of a.py::* in tcg-*"
