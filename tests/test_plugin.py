"""The plugin in a pytest of its own: what it refuses, what it leaves alone, what it costs."""

from __future__ import annotations

import pytest

SCENARIO = """
import pytest
pytestmark = pytest.mark.lab("{topology}")
def test_it(lab): pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    (pytester.mkdir("topologies") / "broken.yaml").write_text("name: broken\nvlans: []\ncolour: red\n")
    return pytester


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


def test_a_lab_without_a_marker_says_what_to_write(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_it(lab): pass")
    result = suite.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*needs pytestmark = pytest.mark.lab("NAME")*'])


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


@pytest.mark.parametrize("option", ["--lab-accel=fast", "--lab-firmware=coreboot", "--lab-checkpoints=some"])
def test_options_take_only_what_they_know(suite: pytest.Pytester, option: str) -> None:
    result = suite.runpytest_subprocess(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*invalid choice*"])


@pytest.mark.parametrize(
    "start, asks, rung",
    [("", "cluster", "cluster"), ("", "request", "off"), (', start="installer"', "cluster", "installer")],
)
def test_who_asks_for_a_cluster_starts_from_one(suite: pytest.Pytester, start: str, asks: str, rung: str) -> None:
    suite.makepyfile(
        f"""
        import pytest
        from harness.plugin import _rung
        pytestmark = pytest.mark.lab("broken"{start})
        @pytest.fixture(scope="module")
        def cluster(): pass  # none is started here
        def test_first(request): assert _rung(request.node.getparent(pytest.Module)) == "{rung}"
        def test_second({asks}): pass
        """
    )
    suite.runpytest_subprocess().assert_outcomes(passed=2)
