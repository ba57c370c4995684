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
