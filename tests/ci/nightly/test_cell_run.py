"""Cells that are run by a pytest of scenarios without labs; one with a lab is in `test_cli.py`."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from night import cell_run, junit, quarantine
from night.cell_run import Limit, Plan
from night.outcome import CELL, CellRun, Conditions
from night.quarantine import Quarantine
from night.verdicts import Verdict
from tests import nights

LIMIT = Limit(timedelta(minutes=2))
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def plan(folder: Path, scenarios: str, *, retries: int = 0, known: Quarantine | None = None) -> Plan:
    matrix = nights.matrix(folder)
    (folder / "scenarios/test_tiny.py").write_text(scenarios)
    (folder / "pytest.ini").touch()
    conditions = Conditions("abc", "host1")
    python, results = Path(sys.executable), folder / "results"
    return Plan(matrix, known or Quarantine(), conditions, python, folder, results, retries=retries)


def run(made: Plan, *, limit: Limit = LIMIT) -> CellRun:
    (cell,) = made.matrix.select([nights.CELL])
    return cell_run.run(made, cell, limit)


def told(ran: CellRun) -> list[tuple[str, Verdict]]:
    return [(one.scenario.rpartition("::")[2], one.verdict) for one in ran.outcomes]


def test_a_cell_is_run_with_the_options_of_its_axes(tmp_path: Path) -> None:
    scenario = """
def test_it(request):
    wanted = ("--lab-accel", "--lab-network", "--lab-firmware", "--lab-machines", "--lab-stack")
    got = [request.config.getoption(one) for one in wanted]
    assert got == ["tcg", "switch", "uefi", "namespace", "reference"]
    assert request.config.getoption("--lab-evidence").endswith("/results/tcg-switch-uefi-namespace-reference/evidence")
"""
    ran = run(plan(tmp_path, scenario))
    assert told(ran) == [("test_it", Verdict.PASSED)], ran.outcomes[0].details
    assert ran.conditions == Conditions("abc", "host1")
    assert [one.verdict for one in junit.read(tmp_path / "results" / nights.CELL / "junit.xml")] == [Verdict.PASSED]


def test_a_pytest_that_is_killed_is_a_failure_with_its_last_lines(tmp_path: Path) -> None:
    scenario = "import os\ndef test_it():\n    os.write(2, b'about to die\\n')\n    os.kill(os.getpid(), 9)\n"
    ran = run(plan(tmp_path, scenario))
    (died,) = ran.outcomes
    assert (died.scenario, died.verdict) == (CELL, Verdict.FAILED)
    assert died.because.startswith(
        "pytest ended with killed by SIGKILL, pytest ended before it wrote any result: see /"
    )
    assert "test_it" in died.details


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.UNKNOWN])
def test_a_cell_that_is_not_done_at_its_limit_has_the_limit_s_verdict(verdict: Verdict, tmp_path: Path) -> None:
    scenario = "import time\ndef test_slow(): time.sleep(100)\n"
    ran = run(plan(tmp_path, scenario), limit=Limit(timedelta(seconds=2), verdict))
    (ended,) = ran.outcomes
    assert (ended.scenario, ended.verdict) == (CELL, verdict)
    assert ended.because.startswith("not done within 2.0 s")


def test_what_can_t_be_collected_is_a_failure(tmp_path: Path) -> None:
    ran = run(plan(tmp_path, "import nothing_of_that_name"))
    assert ran.verdict is Verdict.FAILED
    assert "collection failure" in ran.outcomes[0].because


def test_where_nothing_is_selected_nobody_knows(tmp_path: Path) -> None:
    ran = run(plan(tmp_path, ""))
    assert (ran.verdict, ran.outcomes[0].because.partition(":")[0]) == (Verdict.UNKNOWN, "no scenario was selected")


def test_a_retry_shows_what_is_flaky_and_never_turns_it_green(tmp_path: Path) -> None:
    scenario = """
from pathlib import Path
def test_flaky():
    ran = Path("ran")
    assert ran.exists() or ran.touch()
def test_broken(): assert False
def test_good(): assert not Path("ran").exists() or True
"""
    ran = run(plan(tmp_path, scenario, retries=2))
    assert told(ran) == [("test_flaky", Verdict.FLAKY), ("test_broken", Verdict.FAILED), ("test_good", Verdict.PASSED)]
    assert ran.outcomes[0].because.startswith("failed, then passed in attempt 2: ")
    assert {path.name for path in (tmp_path / "results" / nights.CELL).glob("*.xml")} == {
        *("attempt-1.xml", "attempt-2.xml", "attempt-3.xml", "junit.xml")
    }


def test_a_quarantined_failure_is_shown_and_not_red(tmp_path: Path) -> None:
    path = tmp_path / "quarantine.toml"
    path.write_text(
        '[[quarantine]]\nscenario = "*::test_broken"\ncells = "*"\n'
        'issue = "https://forge.example/7"\nuntil = 2026-03-01\n'
    )
    known = quarantine.read(path, [nights.CELL], today=date(2026, 3, 1))
    ran = run(plan(tmp_path, "def test_broken(): assert False\ndef test_good(): pass\n", known=known))
    assert told(ran) == [("test_broken", Verdict.QUARANTINED), ("test_good", Verdict.PASSED)]
    assert ran.verdict is Verdict.QUARANTINED


def test_a_broken_bound_is_a_failure_beside_any_other(tmp_path: Path) -> None:
    matrix, known = nights.matrix(tmp_path), Quarantine()
    (cell,) = matrix.select([nights.CELL])
    late = nights.outcome(phases={"scenario": 31})
    wrong = nights.outcome(Verdict.FAILED, scenario="a.py::test", because="no leader", phases={"scenario": 31})
    one, two = cell_run.judge(matrix, known, cell, [late, wrong])
    assert (one.verdict, one.because) == (Verdict.FAILED, "scenario took 31.0 s, allowed are 30.0 s")
    assert (two.verdict, two.because) == (Verdict.FAILED, "no leader; scenario took 31.0 s, allowed are 30.0 s")


def test_the_last_lines_of_a_log_are_short_and_without_colours(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert cell_run.last_lines(log) == ""
    log.write_bytes(b"\x1b[31mred\x1b[0m\n\n" + b"x" * 1000 + b"\n\xff\n")
    assert cell_run.last_lines(log) == f"red\n{'x' * 300}\n\ufffd"
