"""What is refused before the first test, and what is left alone."""

from __future__ import annotations

import pytest

SCENARIO = """
import pytest
pytestmark = pytest.mark.lab("{topology}")
def test_it(lab): pass
"""


def test_nothing_starts_from_a_topology_with_a_problem(suite: pytest.Pytester) -> None:
    suite.makepyfile(SCENARIO.format(topology="broken"))
    result = suite.runpytest_subprocess()
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*no lab can start:*", "*broken.yaml:3: *colour*"])
    result.stdout.no_fnmatch_line("*passed*")


def test_a_topology_that_is_not_there_is_named(suite: pytest.Pytester) -> None:
    suite.makepyfile(SCENARIO.format(topology="nowhere"))
    result = suite.runpytest_subprocess()
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*topologies/nowhere.yaml*"])


@pytest.mark.parametrize(
    "option, workers, told",
    [
        ("--lab-evidence=/proc/none", "0", "no folder for evidence at /proc/none *: *--lab-evidence*"),
        ("--lab-evidence=/proc/none", "1", "no folder for evidence at /proc/none *: *--lab-evidence*"),
        ("--lab-stack=none", "0", "no stack 'none' is installed: *reference*"),
    ],
)
def test_what_can_t_be_had_is_told_once_for_all_scenarios(
    suite: pytest.Pytester, option: str, workers: str, told: str
) -> None:
    suite.makepyfile(SCENARIO.replace('topology}"', 'topology}", machines="any"').format(topology="three-sites"))
    result = suite.runpytest_subprocess("-n", workers, option, f"--lab-dir={suite.path}/l")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*no lab can start:*", told])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_run_without_labs_stays_where_it_is(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import os, sys
        from pathlib import Path
        def test_it():
            assert Path("/proc/self/ns/net").readlink() == Path(f"/proc/{os.getppid()}/ns/net").readlink()
            assert "harness.workbench" not in sys.modules
        """
    )
    suite.runpytest_subprocess().assert_outcomes(passed=1)


def test_collecting_only_needs_no_host(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.makepyfile(SCENARIO.format(topology="broken"))
    monkeypatch.setenv("HOME", "/nonexistent")
    assert suite.runpytest_subprocess("--collect-only").ret == 0
